"""The lead-sla workflow on the real server: filters, long clocks, runs that go on as new ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.testing import WorkflowEnvironment

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import Clock, ExtendDeadline, LeadSlaResult
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.support.waiting import eventually
from tests.workflows.leads_rules import HOUR, LeadsRules, answered, make_clock, start_of
from tests.workflows.operators_view import attributes, current_details, deadline

SECOND_IN_HOURS = timedelta(seconds=1) / HOUR


async def start(client: Client, clock: Clock, *, has_deadline: bool = False) -> WorkflowHandle[Any, LeadSlaResult]:
    lead_id = str(new_id())
    workflow_id = names.lead_sla_id(lead_id)
    return await client.start_workflow(
        names.LEAD_SLA,
        start_of(lead_id, clock, has_deadline=has_deadline),
        id=workflow_id,
        task_queue=workflow_id,
        result_type=LeadSlaResult,
    )


async def test_an_overdue_lead_is_found_by_its_status_within_seconds(live: Client) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC), at_risk=SECOND_IN_HOURS / 2, deadline=SECOND_IN_HOURS))
    handle = await start(live, leads.clock)
    query = f"LeadId = '{handle.id.partition('/')[2]}' AND SlaStatus = 'breached' AND ExecutionStatus = 'Running'"

    async def found() -> list[str]:
        return [run.id async for run in live.list_workflows(query)]

    async with sla_worker(live, [leads.record_milestone], Limits(), queue=handle.id):
        assert await eventually(found) == [handle.id]
        await handle.signal(names.CLOCK_CHANGED, answered(leads.clock))
        assert (await handle.result()).closed_by == "answered"


async def test_a_milestone_is_recorded_within_a_second_of_its_instant(live: Client) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC), at_risk=SECOND_IN_HOURS, deadline=2 * SECOND_IN_HOURS))
    handle = await start(live, leads.clock)

    async def asked() -> list[tuple[str, datetime]]:
        return leads.asked

    async with sla_worker(live, [leads.record_milestone], Limits(), queue=handle.id):
        asked_twice = await eventually(asked, lambda found: len(found) == 2)
        await handle.terminate()
    for (_, at), instant in zip(asked_twice, [leads.clock.at_risk_at, leads.clock.deadline], strict=True):
        assert timedelta(0) <= at - datetime.fromisoformat(instant) < timedelta(seconds=1)


async def test_a_clock_of_a_month_runs_on_the_real_server(temporal: WorkflowEnvironment) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC), at_risk=500, deadline=720))
    handle = await start(temporal.client, leads.clock)
    async with sla_worker(temporal.client, [leads.record_milestone], Limits(), queue=handle.id):
        assert await temporal.fast_forward(handle, timedelta(days=31))
        assert leads.recorded == ["at_risk", "breached"]
        await handle.signal(names.CLOCK_CHANGED, answered(leads.clock))
        assert await handle.result() == LeadSlaResult("answered", ["at_risk", "breached"])


async def test_a_long_history_goes_on_as_a_new_run_that_forgets_nothing(live: Client) -> None:
    created = datetime.now(UTC)
    leads = LeadsRules(make_clock(created, at_risk=-1, deadline=100))
    handle = await start(live, leads.clock)
    successor = live.get_workflow_handle(handle.id, result_type=LeadSlaResult)

    async def is_new_run() -> bool:
        return (await successor.describe()).run_id != handle.first_execution_run_id

    async with sla_worker(live, [leads.record_milestone], Limits(), queue=handle.id):
        for version in range(2, 200):
            leads.clock = make_clock(created, version=version, at_risk=-1, deadline=100 + version)
            await successor.signal(names.CLOCK_CHANGED, leads.clock)
            await successor.query(names.CLOCK)
            if await is_new_run():
                break
        assert await eventually(is_new_run)
        assert await successor.query(names.CLOCK, result_type=Clock) == leads.clock
        assert (await attributes(successor))["SlaStatus"] == "at_risk"
        await successor.signal(names.CLOCK_CHANGED, answered(leads.clock))
        assert await successor.result() == LeadSlaResult("answered", ["at_risk"])
    assert leads.recorded == ["at_risk"]


async def test_a_run_goes_on_as_a_new_one_when_its_operator_has_an_answer_and_knows_who_paused(live: Client) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC), at_risk=50, deadline=100))
    handle = await start(live, leads.clock, has_deadline=True)
    newest = live.get_workflow_handle(handle.id, result_type=LeadSlaResult)

    async def is_new_run() -> bool:
        return (await newest.describe()).run_id != handle.first_execution_run_id

    async with sla_worker(live, leads.activities, Limits(), queue=handle.id):
        await handle.execute_update(names.PAUSE, OperatorOrder("ana", "On leave"), id="pause")
        # The second attempt comes after a second.
        leads.outages = 1
        asked = await handle.start_update(
            names.REFRESH,
            OperatorOrder("ben", "Why?"),
            id="look",
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=Clock,
        )
        for version in range(3, 20):
            leads.clock = replace(leads.clock, version=version)
            await handle.signal(names.CLOCK_CHANGED, leads.clock)
            await handle.query(names.CLOCK)
        assert not await is_new_run()
        assert (await asked.result()).version == 19
        assert await eventually(is_new_run)
        assert (await current_details(newest)).startswith("**Paused** by ana: On leave · ")
        resumed = await newest.execute_update(names.RESUME, OperatorOrder("ana", "Back"), id="resume")
        assert (resumed["version"], resumed["held"]) == (20, False)
        first = handle.first_execution_run_id
        assert [key for key in leads.operated if not key.endswith("/look")] == [f"{first}/pause", f"{first}/resume"]
        await newest.signal(names.CLOCK_CHANGED, answered(leads.clock))
        assert await newest.result() == LeadSlaResult("answered", [])


async def test_a_refused_update_leaves_nothing_in_the_history(live: Client) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC)))
    handle = await start(live, leads.clock, has_deadline=True)
    async with sla_worker(live, leads.activities, Limits(), queue=handle.id):
        await handle.query(names.CLOCK)
        before = (await handle.fetch_history()).events
        for update, order in (
            (names.PAUSE, OperatorOrder("ana", " ")),
            (names.RESUME, OperatorOrder("ana", "Back")),
            (names.EXTEND_DEADLINE, ExtendDeadline("ana", "They asked", leads.clock.at_risk_at)),
            (names.REFRESH, None),
            (names.PAUSE, "please"),
        ):
            with pytest.raises(WorkflowUpdateFailedError):
                await handle.execute_update(update, order)
        assert (await handle.fetch_history()).events == before
        await handle.terminate()


async def test_a_clock_of_which_operators_ask_much_goes_on_as_a_new_run_while_it_waits(live: Client) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC), at_risk=50, deadline=100))
    handle = await start(live, leads.clock, has_deadline=True)
    newest = live.get_workflow_handle(handle.id, result_type=LeadSlaResult)

    async def is_new_run() -> bool:
        return (await newest.describe()).run_id != handle.first_execution_run_id

    async with sla_worker(live, leads.activities, Limits(), queue=handle.id):
        for number in range(10):
            await newest.execute_update(names.REFRESH, OperatorOrder("ana", f"Look {number}"))
            if await is_new_run():
                break
        assert await eventually(is_new_run)
        assert await newest.query(names.CLOCK, result_type=Clock) == leads.clock
        assert await deadline(newest) == datetime.fromisoformat(leads.clock.deadline)
        await newest.terminate()
    assert leads.recorded == []


async def test_a_late_signal_brings_labels_but_does_not_pause_what_goes_on_since(live: Client) -> None:
    leads = LeadsRules(make_clock(datetime.now(UTC)))
    handle = await start(live, leads.clock, has_deadline=True)
    async with sla_worker(live, leads.activities, Limits(), queue=handle.id):
        await handle.execute_update(names.PAUSE, OperatorOrder("ana", "On leave"))
        held = replace(leads.clock, stage="Contacted")
        await handle.execute_update(names.RESUME, OperatorOrder("ana", "Back"))
        await handle.signal(names.CLOCK_CHANGED, held)
        known = await handle.query(names.CLOCK, result_type=Clock)
        assert (known.version, known.stage, known.paused, known.held) == (3, "Contacted", False, False)
        await handle.terminate()
