"""The lead-sla workflow while its lead's clock stands still."""

import pytest
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts.sla import LeadSlaResult
from tests.workflows.clock_run import running_clock
from tests.workflows.leads_rules import make_clock, standing_still
from tests.workflows.operators_view import attributes, current_details


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_nothing_comes_while_the_clock_stands_still_and_all_of_it_afterwards(
    skipping: WorkflowEnvironment, cached: int
) -> None:
    async with running_clock(skipping, cached=cached) as run:
        await run.pass_time(1)
        await run.change(standing_still(run.leads.clock))
        await run.pass_time(1000)
        assert run.leads.asked == []
        await run.change(make_clock(run.created, version=3, at_risk=1002, deadline=1004))
        await run.pass_time(10)
        assert run.leads.recorded == ["at_risk", "breached"]
        assert [round((at - run.created).total_seconds() / 3600) for _, at in run.leads.asked] == [1002, 1004]


async def test_an_answer_ends_a_clock_that_stands_still(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(standing_still(run.leads.clock))
        await run.pass_time(100)
        await run.answer()
        assert await run.handle.result() == LeadSlaResult("answered", [])


async def test_operators_see_that_it_stands_still(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.change(standing_still(run.leads.clock))
        await run.pass_time(1)
        details = await current_details(run.handle)
        assert details.startswith("**Paused** while the lead is at the stage New · Waiting for the first response to")
        assert (await attributes(run.handle))["SlaStatus"] == "paused"
        await run.change(make_clock(run.created, version=3, at_risk=50, deadline=60))
        await run.pass_time(1)
        assert (await current_details(run.handle)).startswith("Waiting for the first response to **Alice")
        assert (await attributes(run.handle))["SlaStatus"] == "on_track"
