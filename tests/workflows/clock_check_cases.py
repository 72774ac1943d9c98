"""The cases of checks of all clocks whose histories are recorded."""

from temporalio.client import Client

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import CheckClocksInput, CheckStep, ClockCheckProgress, Missed
from tests.workflows.clock_check_rules import ClockCheckRules
from tests.workflows.clock_check_run import checking, make_worker, next_of, scheduled
from tests.workflows.settings_cases import Case, Handle


async def asked_for(client: Client) -> Handle:
    """Everything, in batches, one of them at its second attempt."""
    rules = ClockCheckRules(leads=2500, runs=1500, missed=[Missed(5000, 4000, 3000, 2000, 5000), Missed(is_all=True)])
    rules.outages[names.COMPARE_LEADS] = 1
    async with checking(client, rules) as handle:
        await handle.result()
    return handle


async def scheduled_slice(client: Client) -> Handle:
    """A slice that goes on where the one before it stopped."""
    rules, queue = ClockCheckRules(leads=5000, runs=2500), f"check-{new_id()}"
    async with make_worker(client, rules, queue), scheduled(client, queue, 2000) as schedule:
        await next_of(client, schedule)
        return await next_of(client, schedule)


async def check_gone_on_as_a_new_run(client: Client) -> Handle:
    """A check of which an earlier run did half."""
    progress = ClockCheckProgress(CheckStep.RUNS, leads=2500, without_run=25, runs=1000, repaired=35, next_run="1000")
    start = CheckClocksInput("check-1", progress=progress)
    async with checking(client, ClockCheckRules(leads=2500, runs=1500), start) as handle:
        await handle.result()
    return handle


CLOCK_CHECK_CASES: dict[str, list[Case]] = {
    names.CHECK_SLA_CLOCKS: [asked_for, scheduled_slice, check_gone_on_as_a_new_run],
}
