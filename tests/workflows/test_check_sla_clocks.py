"""The check-sla-clocks workflow: all of it where it was asked for, a slice at a time where it is scheduled."""

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import (
    CheckClocksInput,
    CheckStep,
    ClockCheckProgress,
    EndClockCheck,
    Missed,
)
from tests.support.waiting import eventually
from tests.workflows.clock_check_rules import ClockCheckRules
from tests.workflows.clock_check_run import checking, make_worker, next_of, scheduled
from tests.workflows.operators_view import current_details, summaries

OVER = CheckStep.OVER


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_a_check_that_was_asked_for_goes_through_everything(skipping: WorkflowEnvironment, cached: int) -> None:
    rules = ClockCheckRules(leads=4500, runs=3000, missed=[Missed(5000, 4000, 3000, 2000, 5000), Missed(is_all=True)])
    async with checking(skipping.client, rules, cached=cached) as handle:
        assert await handle.result() == ClockCheckProgress(
            OVER, 5000, 4000, 3000, 2000, leads=4500, without_run=45, runs=3000, different=30, repaired=5075
        )
    assert rules.ended == [
        *[names.RECORD_MISSED] * 2,
        *[names.COMPARE_LEADS] * 5,
        *[names.COMPARE_RUNS] * 3,
        names.END_CLOCK_CHECK,
    ]
    assert rules.orders[names.END_CLOCK_CHECK] == EndClockCheck("check-1", 5075)


async def test_nothing_is_given_up_while_a_part_is_away(skipping: WorkflowEnvironment) -> None:
    rules = ClockCheckRules(leads=10, runs=10)
    steps = [names.RECORD_MISSED, names.COMPARE_LEADS, names.COMPARE_RUNS, names.END_CLOCK_CHECK]
    for step in steps:
        rules.outages[step] = 60
    async with checking(skipping.client, rules) as handle:
        assert (await handle.result()).step is OVER
    assert rules.ended == steps


async def test_scheduled_checks_go_on_where_the_one_before_stopped_and_then_begin_again(live: Client) -> None:
    rules, queue = ClockCheckRules(leads=4500, runs=2500), f"check-{new_id()}"
    async with make_worker(live, rules, queue), scheduled(live, queue, 2000) as schedule:
        runs = [await next_of(live, schedule) for _ in range(4)]
        found = [await each.result() for each in runs]
    assert [(each.leads, each.runs, each.next_lead, each.next_run) for each in found] == [
        (2000, 2000, "2000", "2000"),
        (2000, 500, "4000", ""),
        (500, 2000, "", "2000"),
        (2000, 500, "2000", ""),
    ]
    # Two batches of leads, and never more than what is left of a slice.
    assert rules.slices[:4] == [
        ("leads", "", 2000),
        ("leads", "1000", 1000),
        ("runs", "", 2000),
        ("runs", "1000", 1000),
    ]
    assert names.END_CLOCK_CHECK not in rules.ended


async def test_a_long_check_goes_on_as_a_new_run_that_forgets_nothing(live: Client) -> None:
    rules = ClockCheckRules(leads=15_000, runs=5000)
    async with checking(live, rules) as handle:
        assert await handle.result() == ClockCheckProgress(
            OVER, leads=15_000, without_run=150, runs=5000, different=50, repaired=200
        )
        assert (await live.get_workflow_handle(handle.id).describe()).run_id != handle.first_execution_run_id
    assert [(what, begin) for what, begin, _ in rules.slices if not begin] == [("leads", ""), ("runs", "")]
    assert rules.ended.count(names.RECORD_MISSED) == 1


async def test_another_worker_goes_on_where_the_last_one_died(live: Client) -> None:
    rules = ClockCheckRules(leads=3000, runs=10)
    gate = rules.hold(names.COMPARE_LEADS)
    async with checking(live, rules) as handle:
        await gate.reached.wait()
    async with make_worker(live, rules, handle.id):
        assert (await handle.result()).leads == 3000


async def test_operators_see_what_is_done_and_what_was_found(live: Client) -> None:
    rules = ClockCheckRules(leads=1500, runs=300, missed=[Missed(3, 2, 1, 0, 3, is_all=True)])
    gate = rules.hold(names.COMPARE_RUNS)
    async with checking(live, rules) as handle:
        await gate.reached.wait()
        progress: ClockCheckProgress = await handle.query(names.PROGRESS, result_type=ClockCheckProgress)
        assert (progress.step, progress.leads) == (CheckStep.RUNS, 1500)

        async def details() -> str:
            return await current_details(handle)

        doing = "Looking for clocks other than their lead's"
        await eventually(details, lambda shown: shown.startswith(f"**{doing}**"))
        gate.opened.set()
        await handle.result()
        assert await details() == (
            "**Over**\n\n"
            "Recorded: 2 at risk, 1 breached on 3 leads.\n\n"
            "Compared: 1,500 leads, 300 clocks: 15 leads without a clock, 3 clocks other than their lead's. "
            "Ordered anew: 21."
        )
        assert set(await summaries(handle)) >= {"record what clocks missed", "find leads without a clock"}


async def test_operators_see_where_the_next_check_goes_on(live: Client) -> None:
    rules = ClockCheckRules(leads=3000, runs=10)
    async with checking(live, rules, CheckClocksInput(most=2000)) as handle:
        await handle.result()
        shown = await current_details(handle)
    assert shown.endswith("The next check goes on with leads behind 2000 and clocks from the newest one.")
    assert "Recorded: nothing was missed." in shown
