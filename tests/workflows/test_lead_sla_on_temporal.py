"""The lead-sla workflow on the real server: filters, long clocks, runs that go on as new ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import Clock, LeadSlaResult
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.support.waiting import eventually
from tests.workflows.leads_rules import HOUR, LeadsRules, answered, make_clock, start_of
from tests.workflows.operators_view import attributes

SECOND_IN_HOURS = timedelta(seconds=1) / HOUR


async def start(client: Client, clock: Clock) -> WorkflowHandle[Any, LeadSlaResult]:
    lead_id = str(new_id())
    workflow_id = names.lead_sla_id(lead_id)
    return await client.start_workflow(
        names.LEAD_SLA,
        start_of(lead_id, clock),
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
