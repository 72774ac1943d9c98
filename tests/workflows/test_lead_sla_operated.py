"""The lead-sla workflow under an operator's hands: what is done, what is refused, and what the run then waits for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import (
    Clock,
    ClockOperation,
    ExtendDeadline,
    LeadSlaResult,
    OperateClock,
)
from tests.workflows.clock_run import ClockRun, running_clock
from tests.workflows.leads_rules import HOUR, answered, make_clock, standing_still
from tests.workflows.operators_view import attributes, current_details, summaries

ORDER = OperatorOrder("ana@example.org", "Back on Thursday")
UPDATES = [names.EXTEND_DEADLINE, names.PAUSE, names.RESUME, names.REFRESH]


def until(run: ClockRun, hours: float, **said: str) -> ExtendDeadline:
    instant = (run.created + hours * HOUR).isoformat().replace("+00:00", "Z")
    return ExtendDeadline(**{"by": ORDER.by, "reason": ORDER.reason, "until": instant} | said)


def asked_at(run: ClockRun) -> list[tuple[str, float]]:
    return [(name, round((at - run.created) / HOUR, 1)) for name, at in run.leads.asked]


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_an_extended_deadline_is_what_the_run_waits_for_from_then_on(
    skipping: WorkflowEnvironment, cached: int
) -> None:
    async with running_clock(skipping, cached=cached, escalations=[5]) as run:
        await run.pass_time(1)
        clock = await run.operate(names.EXTEND_DEADLINE, until(run, 14), id="extend-1")
        assert clock == replace(
            make_clock(run.created, version=2, at_risk=12, deadline=14, escalations=[15]), stage="New"
        )
        key = f"{run.handle.first_execution_run_id}/extend-1"
        order = OperateClock(
            run.handle.id.partition("/")[2], ClockOperation.EXTEND, ORDER.by, ORDER.reason, key, until(run, 14).until
        )
        assert run.leads.operated == {key: order}
        await run.pass_time(100)
        assert asked_at(run) == [("at_risk", 12), ("breached", 14), ("escalation 1", 15)]


async def test_an_overdue_lead_that_is_extended_is_waited_for_again(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(5)
        await run.operate(names.EXTEND_DEADLINE, until(run, 10))
        assert (await attributes(run.handle))["SlaStatus"] == "on_track"
        await run.pass_time(100)
        assert run.leads.recorded == ["at_risk", "breached"] * 2


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_nothing_comes_while_an_operator_has_the_clock_stand_still(
    skipping: WorkflowEnvironment, cached: int
) -> None:
    async with running_clock(skipping, cached=cached) as run:
        await run.pass_time(1)
        clock = await run.operate(names.PAUSE, ORDER)
        assert (clock.paused, clock.held, clock.deadline) == (True, True, "")
        await run.pass_time(1000)
        assert run.leads.asked == []
        clock = await run.operate(names.RESUME, replace(ORDER, reason="They are back"))
        assert (clock.version, clock.paused, clock.held) == (3, False, False)
        await run.pass_time(10)
        assert [round(hours) for _, hours in asked_at(run)] == [1002, 1004]


async def test_operators_see_who_has_the_clock_stand_still(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        await run.operate(names.PAUSE, ORDER)
        assert (await current_details(run.handle)).startswith("**Paused** by ana@example.org: Back on Thursday · Wait")
        assert (await attributes(run.handle))["SlaStatus"] == "paused"
        # The relay tells of it, too, and of another stage meanwhile.
        await run.tell(run.leads.clock)
        await run.change(replace(run.leads.clock, version=3, stage="Contacted"))
        assert (await current_details(run.handle)).startswith("**Paused** by ana@example.org: Back on Thursday · Wait")
        await run.operate(names.RESUME, ORDER)
        await run.pass_time(0.1)
        assert await summaries(run.handle) == ["SLA: at risk", "operator: pause", "operator: resume", "SLA: at risk"]


async def test_a_run_that_does_not_know_who_paused_says_an_operator(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(replace(standing_still(run.leads.clock), held=True))
        assert (await current_details(run.handle)).startswith("**Paused** by an operator · ")
        run.leads.clock = replace(run.leads.clock, version=3)
        assert (await run.operate(names.RESUME, ORDER)).held is False


async def test_an_operator_has_a_lost_signal_healed_at_once(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        later = make_clock(run.created, version=2, at_risk=10, deadline=12)
        await run.change(later, told=False)
        assert await run.operate(names.REFRESH, ORDER) == later
        await run.pass_time(100)
        assert asked_at(run) == [("at_risk", 10), ("breached", 12)]


async def test_a_clock_whose_lead_was_answered_ends_when_an_operator_has_it_read(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        await run.answer(told=False)
        assert (await run.operate(names.REFRESH, ORDER)).closed_by == "answered"
        assert await run.handle.result() == LeadSlaResult("answered", [])


async def test_an_update_that_is_sent_twice_is_carried_out_once(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        first = await run.operate(names.EXTEND_DEADLINE, until(run, 14), id="once")
        assert await run.operate(names.EXTEND_DEADLINE, until(run, 14), id="once") == first
        assert len(run.leads.operated) == 1


async def test_an_operation_that_the_leads_service_refuses_fails_with_its_sentence_and_changes_nothing(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        sentence = "The clock is over: the lead is answered."
        run.leads.refusals[ClockOperation.PAUSE] = ("CLOCK_CLOSED", sentence)
        refused = await run.refusal(names.PAUSE, ORDER)
        assert (refused.message, refused.type) == (sentence, "CLOCK_CLOSED")
        assert await run.known() == run.leads.clock
        await run.pass_time(3)
        assert run.leads.recorded == ["at_risk"]


async def test_an_operator_hears_that_the_leads_service_does_not_answer(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        run.leads.outages = 1000
        asked = await run.handle.start_update(names.PAUSE, ORDER, wait_for_stage=WorkflowUpdateStage.ACCEPTED)
        await run.pass_time(0.1)
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await asked.result()
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.message.startswith("The leads service did not answer in time.")
        run.leads.outages = 0
        await run.pass_time(3)
        assert run.leads.recorded == ["at_risk"]


async def test_milestones_come_while_an_operator_waits_for_the_leads_service(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping, at_risk=0.002) as run:
        # The operator's attempts: at once, and after 1, 3, 7 and 15 seconds. At risk comes after 7.2.
        run.leads.takes_operators = False
        asked = await run.handle.start_update(names.PAUSE, ORDER, wait_for_stage=WorkflowUpdateStage.ACCEPTED)
        await run.pass_time(0.0025)
        assert run.leads.recorded == ["at_risk"]
        assert run.leads.operated == {}
        run.leads.takes_operators = True
        await run.pass_time(0.01)
        assert (await asked.result()) is not None
        assert len(run.leads.operated) == 1


async def test_a_run_ends_only_when_its_operator_has_an_answer(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        run.leads.outages = 3
        asked = await run.handle.start_update(
            names.REFRESH, ORDER, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=Clock
        )
        await run.answer()
        await run.pass_time(0.1)
        assert (await asked.result()).closed_by == "answered"
        assert await run.handle.result() == LeadSlaResult("answered", [])


@pytest.mark.parametrize("update", UPDATES)
async def test_who_and_why_must_be_said(skipping: WorkflowEnvironment, update: str) -> None:
    async with running_clock(skipping) as run:
        for by, reason, start in ((" ", "why", "Say by: "), ("who", "", "Say reason: "), ("w" * 201, "w", "Say by in")):
            order = until(run, 9, by=by, reason=reason) if update == UPDATES[0] else OperatorOrder(by, reason)
            assert (await run.refusal(update, order)).message.startswith(start)
        assert run.leads.operated == {}


async def test_a_refresh_that_says_nothing_is_refused(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        assert (await run.refusal(names.REFRESH)).message.startswith("Say by: ")
        assert run.leads.asked == []


@pytest.mark.parametrize(
    ("hours", "message"),
    [
        (4, "The new deadline must be later than now and than the one that there is, "),
        (0, "The new deadline must be later"),
        (9000, "The new deadline must be at most a year ahead."),
    ],
)
async def test_a_deadline_is_only_moved_later_and_at_most_by_a_year(
    skipping: WorkflowEnvironment, hours: float, message: str
) -> None:
    async with running_clock(skipping) as run:
        assert (await run.refusal(names.EXTEND_DEADLINE, until(run, hours))).message.startswith(message)
        assert run.leads.operated == {}


@pytest.mark.parametrize("text", ["", "tomorrow", "2999-01-01T10:00:00", "9999-12-31T23:59:59-14:00"])
async def test_what_is_no_instant_is_refused(skipping: WorkflowEnvironment, text: str) -> None:
    async with running_clock(skipping) as run:
        refused = await run.refusal(names.EXTEND_DEADLINE, until(run, 9, until=text))
        assert refused.message.startswith("Say until when, an instant with its offset: ")


async def test_what_is_overdue_is_not_paused(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(5)
        assert (await run.refusal(names.PAUSE, ORDER)).message.startswith("The deadline has passed")


async def test_what_stands_still_is_neither_paused_nor_extended(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(standing_still(run.leads.clock))
        assert (await run.known()).paused
        assert (await run.refusal(names.PAUSE, ORDER)).message == "The clock stands still already."
        assert (await run.refusal(names.EXTEND_DEADLINE, until(run, 9))).message.startswith("The clock stands still")
        assert (await run.refusal(names.RESUME, ORDER)).message == "No operator has this clock stand still."


async def test_what_no_operator_paused_is_not_let_go(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        assert (await run.refusal(names.RESUME, ORDER)).message == "No operator has this clock stand still."


@pytest.mark.parametrize("update", UPDATES)
async def test_a_clock_that_is_over_takes_no_operation(skipping: WorkflowEnvironment, update: str) -> None:
    async with running_clock(skipping) as run:
        # A milestone that is still to be recorded keeps the run open.
        await run.pass_time(3)
        run.leads.outages = 1000
        await run.pass_time(2)
        await run.tell(answered(run.leads.clock))
        order = until(run, 9) if update == names.EXTEND_DEADLINE else ORDER
        assert (await run.refusal(update, order)).message == "The clock is over: the lead is answered."
        assert run.leads.operated == {}


async def test_an_update_under_an_id_that_is_too_long_for_a_key_is_refused(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await run.operate(names.PAUSE, ORDER, id=f"{new_id()}" * 6)
        assert "at most 200 characters" in str(refused.value.cause)


async def test_an_order_of_the_wrong_form_is_refused_and_the_run_goes_on(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        for wrong in ("please", {"by": 7, "reason": []}, 12):
            with pytest.raises(WorkflowUpdateFailedError):
                await run.handle.execute_update(names.PAUSE, wrong, rpc_timeout=timedelta(seconds=10))
        await run.pass_time(3)
        assert run.leads.recorded == ["at_risk"]
