"""A full stop: worker and server are away for as long as a day, and clocks come to everything that they have missed."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import Clock, LeadSlaResult
from leadline_workflows.runtime.worker import Limits, sla_worker
from tests.support.waiting import eventually
from tests.workflows.clock_run import start_clock
from tests.workflows.leads_rules import LeadsRules, make_clock, start_of
from tests.workflows.servers import free_port, start_temporal

EVERYTHING = ["at_risk", "breached", "escalation 1", "escalation 2"]
SECOND_IN_HOURS = 1 / 3600


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_after_a_day_without_a_worker_everything_that_fell_due_is_recorded_once_and_in_order(
    skipping: WorkflowEnvironment, cached: int
) -> None:
    run = await start_clock(skipping, ago=30, escalations=[5, 20])
    async with run.worker(cached=cached):
        await run.pass_time(100)
        assert run.leads.recorded == EVERYTHING
        assert [name for name, _ in run.leads.asked] == EVERYTHING
        assert await run.is_open()
        await run.answer()
        assert await run.handle.result() == LeadSlaResult("answered", EVERYTHING)


async def test_what_was_still_to_come_when_the_worker_was_back_comes_in_its_time(skipping: WorkflowEnvironment) -> None:
    run = await start_clock(skipping, ago=30, escalations=[5, 40])
    async with run.worker():
        await run.pass_time(1)
        assert run.leads.recorded == EVERYTHING[:3]
        await run.pass_time(20)
        assert run.leads.recorded == EVERYTHING
        assert run.leads.asked[-1][1] - run.created >= timedelta(hours=40)
        await run.answer()
        assert (await run.handle.result()).closed_by == "answered"


async def test_a_lead_answered_late_in_a_day_without_a_worker_is_overdue_but_not_escalated(
    skipping: WorkflowEnvironment,
) -> None:
    run = await start_clock(skipping, ago=30, escalations=[5, 20])
    await run.answer(after=10)
    async with run.worker():
        assert await run.handle.result() == LeadSlaResult("answered", ["at_risk", "breached"])
    assert run.leads.recorded == ["at_risk", "breached"]


async def test_worker_and_server_stopped_over_all_milestones_come_to_each_once_on_their_return(tmp_path: Path) -> None:
    port, database = free_port(), tmp_path / "temporal.db"
    never, late = (LeadsRules(_in_seconds()) for _ in range(2))
    async with await start_temporal(port=port, database=database) as environment:
        client = await environment.connect_client()
        for lead_id, leads in (("never", never), ("late", late)):
            await _start(client, lead_id, leads)
    last = datetime.fromisoformat(never.clock.escalations[-1])
    await asyncio.sleep((last - datetime.now(UTC)).total_seconds())  # until everything is overdue
    async with await start_temporal(port=port, database=database) as environment:
        client = await environment.connect_client()
        # The answer comes while no worker is back yet.
        told = late.answer(datetime.fromisoformat(late.clock.escalations[0]))
        answered = client.get_workflow_handle(names.lead_sla_id("late"), result_type=LeadSlaResult)
        await answered.signal(names.CLOCK_CHANGED, told)
        async with (
            sla_worker(client, never.activities, Limits(), queue="never"),
            sla_worker(client, late.activities, Limits(), queue="late"),
        ):
            assert await answered.result() == LeadSlaResult("answered", ["at_risk", "breached"])
            await eventually(lambda: _recorded(never), lambda recorded: recorded == EVERYTHING, within=30)
            clock = client.get_workflow_handle(names.lead_sla_id("never"))
            await clock.query(names.CLOCK)
            assert ([name for name, _ in never.asked], late.recorded) == (EVERYTHING, ["at_risk", "breached"])
            await clock.terminate()


def _in_seconds() -> Clock:
    at_risk, deadline, *escalations = (seconds * SECOND_IN_HOURS for seconds in (2, 2.2, 2.4, 2.6))
    return make_clock(datetime.now(UTC), at_risk=at_risk, deadline=deadline, escalations=escalations)


async def _start(client: Client, lead_id: str, leads: LeadsRules) -> None:
    """Start a clock, and have a worker begin with it before it goes away."""
    async with sla_worker(client, leads.activities, Limits(), queue=lead_id):
        clock = await client.start_workflow(
            names.LEAD_SLA,
            start_of(lead_id, leads.clock, has_deadline=True),
            id=names.lead_sla_id(lead_id),
            task_queue=lead_id,
        )
        await clock.query(names.CLOCK)


async def _recorded(leads: LeadsRules) -> list[str]:
    return leads.recorded
