"""The lead-import workflow with skipped time: batches until the end, outages, refusals, an operator's cancel."""

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.lead_import import EndImport, ImportProgress, ImportRef
from leadline_workflows.runtime.worker import Limits, import_worker
from tests.support.waiting import eventually
from tests.workflows.import_rules import USER, ImportRules, make_import
from tests.workflows.import_run import ImportHandle, importing, make_worker
from tests.workflows.operators_view import attributes, current_details, summaries

# What tears a batch runs on the real server: the one that skips time would wait for the torn attempt for ever.
CANCELED = EndImport("import-1", "canceled", "", "Stopped by an operator. wrong file")


async def is_cancelled(handle: ImportHandle) -> bool:
    """Whether the run ends as one that an operator has cancelled."""
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    return isinstance(failure.value.cause, CancelledError)


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_batches_follow_each_other_until_no_row_is_left(skipping: WorkflowEnvironment, cached: int) -> None:
    leads = ImportRules(rows=1100)
    async with importing(skipping.client, leads, cached=cached) as handle:
        assert await handle.result() == leads.progress()
    assert (leads.state, leads.ended) == ("completed", [names.IMPORT_BATCH] * 6)
    assert leads.orders[names.IMPORT_BATCH] == ImportRef("import-1")


async def test_an_outage_of_hours_delays_an_import_and_loses_no_row(skipping: WorkflowEnvironment) -> None:
    leads = ImportRules(rows=400)
    leads.outages[names.IMPORT_BATCH] = 200
    async with importing(skipping.client, leads) as handle:
        assert (await handle.result()).processed == 400
    assert leads.times[-2][1] - leads.times[-3][1] <= timedelta(seconds=15)
    assert leads.ended == [names.IMPORT_BATCH] * 2


async def test_a_refusal_that_is_final_ends_the_import_with_its_reason(skipping: WorkflowEnvironment) -> None:
    leads = ImportRules(refusals={names.IMPORT_BATCH: "VALIDATION_FAILED"})
    leads.outages[names.END_IMPORT] = 3
    async with importing(skipping.client, leads) as handle:
        result = await handle.result()
        details = await current_details(handle)
    assert leads.orders[names.END_IMPORT] == EndImport(
        "import-1", "failed", "VALIDATION_FAILED", "Refused: VALIDATION_FAILED."
    )
    assert (result.state, result.reason) == ("failed", "VALIDATION_FAILED")
    assert r"Failed: **VALIDATION\_FAILED**. Refused: VALIDATION\_FAILED." in details
    assert "Failed. 0 rows · 0 % of leads.csv." in details


async def test_an_import_that_its_user_has_cancelled_ends_the_run(skipping: WorkflowEnvironment) -> None:
    leads = ImportRules(rows=1000)
    gate = leads.hold(names.IMPORT_BATCH)
    async with importing(skipping.client, leads) as handle:
        await gate.reached.wait()
        leads.state = "canceled"
        gate.opened.set()
        assert (await handle.result()).state == "canceled"
    assert leads.ended == [names.IMPORT_BATCH]


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_an_operators_cancel_ends_the_import(live: Client, cached: int) -> None:
    leads = ImportRules(rows=1000)
    gate = leads.hold(names.IMPORT_BATCH)
    async with importing(live, leads, cached=cached) as handle:
        await gate.reached.wait()
        await handle.cancel(reason="wrong file")
        assert await is_cancelled(handle)
        gate.opened.set()
    assert (leads.state, leads.orders[names.END_IMPORT]) == ("canceled", CANCELED)


async def test_a_cancel_does_not_tear_the_end_of_an_import_that_failed(skipping: WorkflowEnvironment) -> None:
    leads = ImportRules(refusals={names.IMPORT_BATCH: "VALIDATION_FAILED"})
    gate = leads.hold(names.END_IMPORT)
    async with importing(skipping.client, leads) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        result = await handle.result()
    assert (result.state, result.reason) == ("failed", "VALIDATION_FAILED")


async def test_a_cancel_that_comes_too_late_leaves_the_import_completed(live: Client) -> None:
    leads = ImportRules()
    gate, end = leads.hold(names.IMPORT_BATCH), leads.hold(names.END_IMPORT)
    async with importing(live, leads) as handle:
        await gate.reached.wait()
        await handle.cancel()
        await end.reached.wait()
        # The batch that was torn had its rows committed all the same.
        leads.processed, leads.state = leads.rows, "completed"
        end.opened.set()
        assert (await handle.result()).state == "completed"
        gate.opened.set()


async def test_a_cancel_that_is_heard_together_with_the_end_of_a_batch_ends_the_import(live: Client) -> None:
    leads, queue = ImportRules(rows=1000), names.lead_import_id(new_id())
    gate = leads.hold(names.IMPORT_BATCH)

    async def has_ended() -> bool:
        events = (await handle.fetch_history()).events
        return any(event.HasField("activity_task_completed_event_attributes") for event in events)

    def workflows() -> Worker:
        return import_worker(live, [], Limits(shutdown_timeout=timedelta(0)), queue=queue)

    async with Worker(live, task_queue=queue, activities=leads.activities()):
        async with workflows():
            handle = await live.start_workflow(names.LEAD_IMPORT, make_import(), id=queue, task_queue=queue)
            await gate.reached.wait()
        gate.opened.set()
        await eventually(has_ended, bool)
        await handle.cancel(reason="wrong file")
        async with workflows():
            assert await is_cancelled(handle)
    assert (leads.state, leads.processed, leads.orders[names.END_IMPORT]) == ("canceled", 200, CANCELED)


async def test_a_cancel_before_any_worker_came_ends_the_import(live: Client) -> None:
    leads, queue = ImportRules(rows=1000), names.lead_import_id(new_id())
    handle = await live.start_workflow(names.LEAD_IMPORT, make_import(), id=queue, task_queue=queue)
    await handle.cancel(reason="wrong file")
    async with make_worker(live, leads, queue):
        assert await is_cancelled(handle)
    assert (leads.state, leads.processed) == ("canceled", 0)


async def test_whoever_looks_sees_how_far_the_import_is(skipping: WorkflowEnvironment) -> None:
    leads = ImportRules(rows=3500, batch=1200)
    first = leads.hold(names.IMPORT_BATCH)
    async with importing(skipping.client, leads) as handle:
        await first.reached.wait()
        assert await handle.query(names.PROGRESS, result_type=ImportProgress) == ImportProgress()
        second = leads.hold(names.IMPORT_BATCH)
        first.opened.set()
        await second.reached.wait()
        assert await handle.query(names.PROGRESS, result_type=ImportProgress) == leads.progress()
        during = await current_details(handle)
        second.opened.set()
        await handle.result()
        after = await current_details(handle)
        assert await summaries(handle) == ["import the next rows"] * 3
        assert (await attributes(handle))["Owner"] == USER
    assert f"**leads.csv** · import import-1 · ordered by {USER}" in during
    so_far = "1,200 rows: 1,080 created, 48 skipped, 72 refused · 34 % of leads.csv."
    assert f"Now: **import the next rows**. {so_far}" in during
    assert "Completed. 3,500 rows: 3,150 created, 140 skipped, 210 refused · 100 % of leads.csv." in after


async def test_a_file_name_cannot_put_markup_into_the_details(skipping: WorkflowEnvironment) -> None:
    named = replace(make_import(), file_name="[win](https://example.org) *now*.csv")
    async with importing(skipping.client, ImportRules(), named) as handle:
        await handle.result()
        details = await current_details(handle)
    assert r"**\[win\]\(https://example.org\) \*now\*.csv**" in details
    assert r"100 % of \[win\]\(https://example.org\) \*now\*.csv." in details


async def test_a_long_import_goes_on_as_a_new_run_that_forgets_nothing(live: Client) -> None:
    leads = ImportRules(rows=3000, batch=100)
    async with importing(live, leads) as handle:
        assert await handle.result() == leads.progress()
        newest = await live.get_workflow_handle(handle.id).describe()
        assert newest.run_id != handle.first_execution_run_id
        assert (await attributes(live.get_workflow_handle(handle.id)))["Owner"] == USER
    assert leads.ended == [names.IMPORT_BATCH] * 30


async def test_another_worker_goes_on_where_the_last_one_died(live: Client) -> None:
    leads = ImportRules(rows=600)
    gate = leads.hold(names.IMPORT_BATCH)
    async with importing(live, leads) as handle:
        await gate.reached.wait()
    # The first worker is gone together with its attempt, which never ended.
    async with make_worker(live, leads, handle.id):
        assert (await handle.result()).processed == 600
    assert leads.ended == [names.IMPORT_BATCH] * 3
