"""The lead-sla workflow whose lead is closed or deleted and comes back before the run has ended."""

from dataclasses import replace

import pytest
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts.sla import Clock, LeadSlaResult
from tests.workflows.clock_run import running_clock, start_clock
from tests.workflows.leads_rules import HOUR, make_clock
from tests.workflows.operators_view import attributes


def closed(clock: Clock, by: str) -> Clock:
    """The same clock, closed."""
    return replace(clock, version=clock.version + 1, closed_by=by)


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_a_lead_that_is_reopened_before_its_clock_could_end_has_the_new_promise_kept(
    skipping: WorkflowEnvironment, cached: int
) -> None:
    run = await start_clock(skipping)
    await run.tell(closed(run.leads.clock, "disqualified"))
    await run.change(make_clock(run.created, version=3, at_risk=20, deadline=40))
    async with run.worker(cached=cached):
        await run.pass_time(100)
        assert await run.is_open()
        assert [(name, round((at - run.created) / HOUR)) for name, at in run.leads.asked] == [
            ("at_risk", 20),
            ("breached", 40),
        ]
        await run.answer()
        assert await run.handle.result() == LeadSlaResult("answered", ["at_risk", "breached"])


async def test_what_was_recorded_of_the_old_promise_is_no_record_of_the_new_one(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(3)
        # The run stays as long as it has something to ask.
        run.leads.outages = 10
        await run.pass_time(1.01)
        await run.change(closed(run.leads.clock, "disqualified"))
        await run.change(make_clock(run.created, version=3, at_risk=20, deadline=40))
        await run.pass_time(1)
        assert (await attributes(run.handle))["SlaStatus"] == "on_track"
        await run.pass_time(50)
        assert run.leads.recorded == ["at_risk", "at_risk", "breached"]
        assert await run.is_open()


async def test_a_restored_leads_passed_deadline_is_recorded_and_what_was_recorded_before_is_not_again(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(3)
        run.leads.outages = 10
        await run.pass_time(1.01)
        await run.change(closed(run.leads.clock, "deleted"))
        await run.change(replace(run.leads.clock, version=3, closed_by=""))
        await run.pass_time(5)
        assert run.leads.recorded == ["at_risk", "breached"]
        assert await run.is_open()


async def test_a_clock_that_was_started_by_an_order_come_too_late_asks_and_ends(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(closed(run.leads.clock, "disqualified"), told=False)
        run.leads.answered_at = run.created
        await run.pass_time(3)
        assert await run.handle.result() == LeadSlaResult("disqualified", [])
