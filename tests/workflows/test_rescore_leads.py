"""The rescore-leads workflow with skipped time: when a pass begins, and when nothing is left that was asked for."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreProgress
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.settings_run import RescoreHandle, ask_for_rescore, rescoring

SCORED = RescoreProgress("completed", 1000, 1000, 100)


async def began(leads: RescoreRules, handle: RescoreHandle) -> float:
    """After how many seconds the first batch began."""
    return (leads.times[0][1] - (await handle.describe()).start_time).total_seconds()


async def ask_again(
    environment: WorkflowEnvironment, leads: RescoreRules, handle: RescoreHandle, pauses: Sequence[float]
) -> None:
    """Change rules after each of these pauses."""
    for seconds in pauses:
        await environment.sleep(seconds)
        leads.request()
        await handle.signal(names.RESCORE_REQUESTED)


async def test_a_pass_begins_two_seconds_after_a_change(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules()
    async with rescoring(skipping.client, leads) as handle:
        assert await handle.result() == SCORED
        assert 2 <= await began(leads, handle) < 4
    assert leads.ended == [names.RESCORE_BATCH]


async def test_several_changes_in_a_row_end_in_one_pass(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules()
    async with rescoring(skipping.client, leads) as handle:
        await ask_again(skipping, leads, handle, [1] * 5)
        assert await handle.result() == SCORED
        assert 7 <= await began(leads, handle) < 9
    assert (leads.begun, leads.ended) == (1, [names.RESCORE_BATCH])


async def test_changes_that_do_not_stop_coming_delay_a_pass_by_ten_seconds(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules()
    gate = leads.hold(names.RESCORE_BATCH)
    async with rescoring(skipping.client, leads) as handle:
        for _ in range(20):
            if gate.reached.is_set():
                break
            await ask_again(skipping, leads, handle, [1])
        assert 10 <= await began(leads, handle) < 12
        gate.opened.set()
        assert await handle.result() == SCORED


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_batches_follow_each_other_until_all_leads_are_scored(skipping: WorkflowEnvironment, cached: int) -> None:
    leads = RescoreRules(total=5500)
    async with rescoring(skipping.client, leads, cached=cached) as handle:
        assert await handle.result() == RescoreProgress("completed", 5500, 5500, 550)
    assert (leads.begun, leads.ended) == (1, [names.RESCORE_BATCH] * 6)


async def test_whoever_looks_sees_how_far_the_pass_is(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules(total=3000)
    async with rescoring(skipping.client, leads) as handle:
        assert await handle.query(names.PROGRESS, result_type=RescoreProgress) == RescoreProgress()
        await skipping.sleep(1)
        gate = leads.hold(names.RESCORE_BATCH)
        await skipping.sleep(2)
        await gate.reached.wait()
        second = leads.hold(names.RESCORE_BATCH)
        gate.opened.set()
        await second.reached.wait()
        halfway = await handle.query(names.PROGRESS, result_type=RescoreProgress)
        second.opened.set()
        assert halfway == RescoreProgress("running", 1000, 3000, 100)
        await handle.result()
    assert leads.processed == 3000


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_a_change_during_the_last_batch_is_asked_about(skipping: WorkflowEnvironment, cached: int) -> None:
    leads = RescoreRules()
    gate = leads.hold(names.RESCORE_BATCH)
    async with rescoring(skipping.client, leads, cached=cached) as handle:
        await skipping.sleep(3)
        await gate.reached.wait()
        # The batch answers by what it read before the change.
        leads.last_moment = leads.request
        await handle.signal(names.RESCORE_REQUESTED)
        gate.opened.set()
        await skipping.sleep(1)
        leads.last_moment = lambda: None
        assert await handle.result() == SCORED
    assert (leads.begun, leads.completed) == (2, 2)
    again = leads.times[1][1] - leads.times[0][1]
    assert timedelta(seconds=2) <= again < timedelta(seconds=5)


async def test_a_change_during_an_earlier_batch_takes_no_pass_more_than_the_leads_service_begins(
    skipping: WorkflowEnvironment,
) -> None:
    leads = RescoreRules(total=3000)
    gate = leads.hold(names.RESCORE_BATCH)
    async with rescoring(skipping.client, leads) as handle:
        await skipping.sleep(3)
        await gate.reached.wait()
        await handle.signal(names.RESCORE_REQUESTED)
        gate.opened.set()
        assert await handle.result() == RescoreProgress("completed", 3000, 3000, 300)
    assert (leads.begun, leads.ended) == (1, [names.RESCORE_BATCH] * 3)


async def test_an_outage_of_hours_delays_a_pass_and_loses_nothing(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules(total=2000)
    leads.outages[names.RESCORE_BATCH] = 200
    async with rescoring(skipping.client, leads) as handle:
        assert (await handle.result()).processed == 2000
    pauses = leads.times[-2][1] - leads.times[-3][1]
    assert pauses <= timedelta(minutes=1.5)
    assert leads.ended == [names.RESCORE_BATCH] * 2


async def test_a_run_that_nobody_asked_the_leads_service_for_ends_at_once(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules(state="none", total=0)
    async with rescoring(skipping.client, leads) as handle:
        assert await handle.result() == RescoreProgress("none")
    assert leads.ended == [names.RESCORE_BATCH]


async def test_a_cancelled_run_is_taken_up_by_whoever_asks_next(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules(total=4000)
    async with rescoring(skipping.client, leads) as handle:
        await skipping.sleep(1)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as failure:
            await handle.result()
        assert isinstance(failure.value.cause, CancelledError)
        assert leads.ended == []
        again = await ask_for_rescore(skipping.client, handle.id)
        assert (await again.result()).processed == 4000


@pytest.mark.parametrize("time_based", [True, False])
async def test_a_days_request_is_made_as_soon_as_the_leads_service_is_there(
    skipping: WorkflowEnvironment, time_based: bool
) -> None:
    leads = RescoreRules(time_based=time_based)
    leads.outages[names.REQUEST_DAILY_RESCORE] = 200
    async with rescoring(skipping.client, leads) as handle:
        answer = await skipping.client.execute_workflow(
            names.DAILY_RESCORE, id=f"daily/{handle.id}", task_queue=handle.id, result_type=bool
        )
    assert answer is time_based
    assert leads.attempts[names.REQUEST_DAILY_RESCORE] == 201
