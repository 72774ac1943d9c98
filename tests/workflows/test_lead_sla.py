"""The lead-sla workflow with skipped time: what is recorded, when, and when the run ends."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts.sla import Clock, LeadSlaResult
from tests.workflows.clock_run import ClockRun, running_clock, start_clock
from tests.workflows.leads_rules import HOUR, answered, make_clock

SECOND = timedelta(seconds=1)


def asked_at(run: ClockRun) -> list[tuple[str, float]]:
    """What the leads service was asked, and after how many hours, to a tenth."""
    return [(name, round((at - run.created) / HOUR, 1)) for name, at in run.leads.asked]


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_everything_that_comes_is_recorded_once_and_in_order(skipping: WorkflowEnvironment, cached: int) -> None:
    async with running_clock(skipping, cached=cached, escalations=[5, 6]) as run:
        await run.pass_time(100)
        assert run.leads.recorded == ["at_risk", "breached", "escalation 1", "escalation 2"]
        assert asked_at(run) == [("at_risk", 2), ("breached", 4), ("escalation 1", 5), ("escalation 2", 6)]


async def test_an_overdue_lead_is_an_open_run_until_it_is_answered(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1000)
        assert await run.is_open()
        await run.answer()
        assert await run.handle.result() == LeadSlaResult("answered", ["at_risk", "breached"])


async def test_a_lead_answered_in_time_ends_its_clock_and_records_nothing(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        await run.answer()
        assert await run.handle.result() == LeadSlaResult("answered", [])
        assert run.leads.asked == []


async def test_a_clock_that_is_closed_from_the_start_ends_at_once(skipping: WorkflowEnvironment) -> None:
    run = await start_clock(skipping)
    await run.tell(answered(run.leads.clock))
    async with run.worker():
        assert await run.handle.result() == LeadSlaResult("answered", [])
    assert run.leads.asked == []


async def test_a_later_deadline_moves_everything_that_is_to_come(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        await run.change(make_clock(run.created, version=2, at_risk=10, deadline=12))
        await run.pass_time(100)
        assert asked_at(run) == [("at_risk", 10), ("breached", 12)]


async def test_a_later_deadline_after_a_breach_lets_the_clock_run_again(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(5)
        await run.change(make_clock(run.created, version=2, at_risk=10, deadline=12))
        await run.pass_time(100)
        assert asked_at(run) == [("at_risk", 2), ("breached", 4), ("at_risk", 10), ("breached", 12)]


async def test_an_earlier_deadline_comes_earlier(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping, at_risk=20, deadline=40) as run:
        await run.pass_time(1)
        await run.change(make_clock(run.created, version=2, at_risk=2, deadline=3))
        await run.pass_time(4)
        assert asked_at(run) == [("at_risk", 2), ("breached", 3)]


async def test_a_deadline_that_is_past_when_it_is_told_is_recorded_at_once(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping, at_risk=20, deadline=40) as run:
        await run.pass_time(10)
        await run.change(make_clock(run.created, version=2, at_risk=2, deadline=3))
        await run.pass_time(1)
        assert asked_at(run) == [("at_risk", 10), ("breached", 10)]


async def test_old_and_repeated_signals_change_nothing(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(0.5)
        first, second = run.leads.clock, make_clock(run.created, version=2, at_risk=10, deadline=12)
        await run.change(second)
        for clock in (second, first, answered(first), replace(second, deadline=first.deadline)):
            await run.tell(clock)
        await run.pass_time(1)
        assert await run.known() == second
        assert await run.timers() == 2
        await run.pass_time(100)
        assert run.leads.recorded == ["at_risk", "breached"]


async def test_another_owner_or_stage_does_not_touch_the_timer(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        await run.change(replace(run.leads.clock, version=2, owner="", stage="Contacted"))
        await run.pass_time(0.5)
        assert (await run.known()).stage == "Contacted"
        assert await run.timers() == 1


async def test_an_outage_of_the_leads_service_delays_a_milestone_and_loses_none(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        run.leads.outages = 8
        await run.pass_time(3)
        assert run.leads.recorded == ["at_risk"]
        assert [name for name, _ in run.leads.asked] == ["at_risk"] * 9


async def test_a_lost_signal_of_a_later_deadline_is_healed_by_the_answer(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(make_clock(run.created, version=2, at_risk=10, deadline=12), told=False)
        await run.pass_time(100)
        assert asked_at(run) == [("at_risk", 2), ("at_risk", 10), ("breached", 12)]
        assert run.leads.recorded == ["at_risk", "breached"]
        assert (await run.known()).version == 2


async def test_a_lost_signal_of_an_earlier_deadline_has_each_milestone_asked_for_once(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        await run.change(make_clock(run.created, version=2, at_risk=1, deadline=3), told=False)
        await run.pass_time(100)
        assert asked_at(run) == [("at_risk", 2), ("breached", 3)]


async def test_a_lost_signal_of_the_first_response_is_healed_by_the_answer(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        await run.answer(told=False)
        assert await run.handle.result() == LeadSlaResult("answered", [])
        assert asked_at(run) == [("at_risk", 2)]


async def test_an_escalation_that_there_is_no_more_does_not_end_the_clock(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping, escalations=[5, 6]) as run:
        await run.pass_time(4.5)
        await run.change(make_clock(run.created, version=2), told=False)
        await run.pass_time(100)
        assert run.leads.recorded == ["at_risk", "breached"]
        assert asked_at(run)[2:] == [("escalation 1", 5)]
        assert await run.is_open()


async def test_labels_that_come_after_the_answer_that_healed_the_clock_are_still_shown(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        moved = replace(make_clock(run.created, version=2, at_risk=10, deadline=12), stage="Contacted")
        await run.change(moved, told=False)
        await run.pass_time(3)
        assert (await run.known()).stage == "New"
        await run.tell(moved)
        await run.pass_time(0.1)
        assert await run.known() == moved


async def test_a_service_whose_time_runs_behind_is_asked_again_at_growing_intervals(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        run.leads.behind = 20 * SECOND
        await run.pass_time(3)
        moments = [at for _, at in run.leads.asked]
        pauses = [later - earlier for earlier, later in pairwise(moments)]
        assert run.leads.recorded == ["at_risk"]
        assert 4 <= len(pauses) <= 6
        assert all(pause >= SECOND for pause in pauses)


async def test_a_service_that_fell_back_to_an_older_clock_is_not_asked_without_end(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        await run.tell(make_clock(run.created, version=5, at_risk=3, deadline=200))
        await run.pass_time(4)
        assert 60 <= len(run.leads.asked) <= 75
        assert run.leads.recorded == ["at_risk"]


async def test_a_lead_answered_late_while_no_worker_ran_has_its_breach_recorded(
    skipping: WorkflowEnvironment,
) -> None:
    run = await start_clock(skipping, ago=6)
    await run.answer(after=5)
    async with run.worker():
        assert await run.handle.result() == LeadSlaResult("answered", ["at_risk", "breached"])
    assert run.leads.recorded == ["at_risk", "breached"]


async def test_a_lead_answered_in_time_while_no_worker_ran_has_no_breach(skipping: WorkflowEnvironment) -> None:
    run = await start_clock(skipping, ago=6)
    await run.answer(after=3)
    async with run.worker():
        assert await run.handle.result() == LeadSlaResult("answered", ["at_risk"])
    assert run.leads.recorded == ["at_risk"]


async def test_a_clock_without_instants_waits_for_one_with_instants(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(Clock(version=2, at_risk_at="", deadline=""))
        await run.pass_time(100)
        assert run.leads.asked == []
        await run.change(make_clock(run.created, version=3, at_risk=110, deadline=120))
        await run.pass_time(15)
        assert asked_at(run) == [("at_risk", 110)]


def test_the_test_clock_has_the_instants_it_is_asked_for() -> None:
    created = datetime.fromisoformat("2025-01-20T10:00:00Z")
    clock = make_clock(created, at_risk=2.4, deadline=4)
    assert (clock.at_risk_at, clock.deadline) == ("2025-01-20T12:24:00+00:00", "2025-01-20T14:00:00+00:00")
