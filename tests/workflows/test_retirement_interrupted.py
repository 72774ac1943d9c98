"""The deletion of a setting cancelled and torn at every point, on the real server: all or nothing, always."""

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import CancelledError

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.outbox import RETIREMENT_ID
from leadline_workflows.contracts.retirement import FailRetirement, RetirementResult
from tests.support.waiting import eventually
from tests.workflows.retirement_rules import RetirementRules, make_retirement
from tests.workflows.settings_run import RetirementHandle, make_worker, retiring, start_retirement

COUNT, MOVE, RESTORE = names.COUNT_RETIRING, names.MOVE_RETIRING, names.RESTORE_RETIRING
COMPLETE, FAIL, END = names.COMPLETE_RETIREMENT, names.FAIL_RETIREMENT, names.END_RETIREMENT

MOVED = RetirementResult(completed=True, moved=250)


async def assert_cancelled(handle: RetirementHandle) -> None:
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    assert isinstance(failure.value.cause, CancelledError)


@pytest.mark.parametrize("records", [250, 50], ids=["of several", "of the last"])
@pytest.mark.parametrize("step", [COUNT, MOVE])
async def test_a_cancel_during_a_step_leaves_everything_as_it_was(live: Client, step: str, records: int) -> None:
    services = RetirementRules(records=records)
    gate = services.hold(step)
    async with retiring(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel(reason="wrong target")
        gate.opened.set()
        await assert_cancelled(handle)
    services.assert_untouched()
    assert services.orders[FAIL] == FailRetirement(
        "retirement-1", "RETIREMENT_FAILED", "Stopped by an operator. wrong target"
    )


async def test_moving_back_begins_when_the_cancelled_step_is_surely_over(live: Client) -> None:
    services = RetirementRules(records=250)
    gate = services.hold(MOVE)
    async with retiring(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()

        async def events() -> list[HistoryEvent]:
            return list((await handle.fetch_history()).events)

        cancelling = await eventually(events, _is_cancel_requested)
        scheduled = [event for event in cancelling if event.HasField("activity_task_scheduled_event_attributes")]
        assert [event.activity_task_scheduled_event_attributes.activity_type.name for event in scheduled] == [
            COUNT,
            MOVE,
        ]
        gate.opened.set()
        await assert_cancelled(handle)
    assert services.ended == [COUNT, MOVE, RESTORE, FAIL, END]


def _is_cancel_requested(events: list[HistoryEvent]) -> bool:
    return any(event.HasField("activity_task_cancel_requested_event_attributes") for event in events)


@pytest.mark.parametrize("step", [COUNT, MOVE])
async def test_a_cancel_while_a_step_waits_for_its_next_attempt_leaves_everything_as_it_was(
    live: Client, step: str
) -> None:
    services = RetirementRules(records=250)
    services.outages[step] = 100

    async def attempts() -> int:
        return services.attempts[step]

    async with retiring(live, services) as handle:
        await eventually(attempts, lambda count: count >= 2)
        await handle.cancel()
        await assert_cancelled(handle)
    services.assert_untouched()


async def test_a_cancel_while_conversions_are_waited_for_moves_everything_back(live: Client) -> None:
    services = RetirementRules(records=50, conversions=1)

    async def attempts() -> int:
        return services.attempts[MOVE]

    async with retiring(live, services) as handle:
        await eventually(attempts, lambda count: count >= 2)
        await handle.cancel()
        await assert_cancelled(handle)
    services.assert_untouched()
    assert services.ended[-3:] == [RESTORE, FAIL, END]


async def test_a_cancel_before_any_worker_came_opens_the_entry_again(live: Client) -> None:
    services, queue = RetirementRules(records=250), names.retirement_id("stage", new_id())
    handle = await start_retirement(live, queue, make_retirement())
    await handle.cancel()
    async with make_worker(live, services, queue):
        await assert_cancelled(handle)
    services.assert_untouched()


@pytest.mark.parametrize("step", [COMPLETE, END])
async def test_a_cancel_while_the_entry_is_being_deleted_comes_too_late(live: Client, step: str) -> None:
    services = RetirementRules(records=250)
    gate = services.hold(step)
    async with retiring(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        assert await handle.result() == MOVED
    services.assert_gone()


@pytest.mark.parametrize("undo", [RESTORE, FAIL, END])
async def test_a_cancel_while_undoing_loses_nothing(live: Client, undo: str) -> None:
    services = RetirementRules(records=250, refusals={COMPLETE: "LAST_PIPELINE"})
    gate = services.hold(undo)
    async with retiring(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        assert await handle.result() == RetirementResult(completed=False, reason="LAST_PIPELINE")
    services.assert_untouched()
    assert services.ended == [COUNT, *[MOVE] * 3, *[RESTORE] * 3, FAIL, END]


@pytest.mark.parametrize("undo", [RESTORE, FAIL, END])
async def test_a_second_cancel_while_the_first_one_is_undone_loses_nothing(live: Client, undo: str) -> None:
    services = RetirementRules(records=250)
    step, undoing = services.hold(MOVE), services.hold(undo)
    async with retiring(live, services) as handle:
        await step.reached.wait()
        await handle.cancel()
        step.opened.set()
        await undoing.reached.wait()
        await handle.cancel()
        undoing.opened.set()
        await assert_cancelled(handle)
    services.assert_untouched()
    assert services.ended == [COUNT, MOVE, RESTORE, FAIL, END]


@pytest.mark.parametrize("step", [COUNT, MOVE, COMPLETE, END, RESTORE, FAIL])
async def test_another_worker_goes_on_where_the_last_one_died(live: Client, step: str) -> None:
    fails = step in {RESTORE, FAIL}
    services = RetirementRules(records=250, refusals={COMPLETE: "LAST_PIPELINE"} if fails else {})
    gate = services.hold(step)
    async with retiring(live, services) as handle:
        await gate.reached.wait()
    # The first worker is gone together with its attempt, which never ended.
    async with make_worker(live, services, handle.id):
        result = await handle.result()
    if fails:
        services.assert_untouched()
    else:
        services.assert_gone()
    assert result.completed is not fails


async def test_a_long_deletion_goes_on_as_a_new_run_that_is_known_for_the_same(live: Client) -> None:
    services = RetirementRules(records=3000)
    async with retiring(live, services) as handle:
        assert await handle.result() == RetirementResult(completed=True, moved=3000)
        newest = await live.get_workflow_handle(handle.id).describe()
        assert newest.run_id != handle.first_execution_run_id
        assert await newest.memo_value(RETIREMENT_ID) == "retirement-1"
    services.assert_gone()
    assert services.ended == [COUNT, *[MOVE] * 30, COMPLETE, END]


async def test_a_cancel_of_a_later_run_moves_back_what_the_first_one_moved(live: Client) -> None:
    services = RetirementRules(records=5000)
    async with retiring(live, services) as handle:
        newest = live.get_workflow_handle(handle.id, result_type=RetirementResult)

        async def is_new_run() -> bool:
            return (await newest.describe()).run_id != handle.first_execution_run_id

        await eventually(is_new_run, every=0.01)
        gate = services.hold(MOVE)
        await gate.reached.wait()
        await newest.cancel()
        gate.opened.set()
        await assert_cancelled(newest)
    services.assert_untouched()
    assert services.attempts[RESTORE] > 5


@pytest.mark.parametrize("step", [MOVE, COMPLETE])
@pytest.mark.parametrize("cancelled", [False, True], ids=["goes on", "is undone"])
async def test_what_an_operator_terminated_can_be_reset(live: Client, cancelled: bool, step: str) -> None:
    services = RetirementRules(records=250)
    gate = services.hold(step)
    async with retiring(live, services) as handle:
        await gate.reached.wait()
        await handle.terminate()
        # What was under way is done, but nobody hears of it.
        gate.opened.set()
        counting = services.hold(COUNT)
        again = await _reset(live, handle.id)
        await counting.reached.wait()
        if cancelled:
            await again.cancel()
        counting.opened.set()
        if cancelled:
            await assert_cancelled(again)
        else:
            assert (await again.result()).completed
    if cancelled and step == MOVE:
        services.assert_untouched()
    else:
        services.assert_gone()


async def test_a_deletion_that_turns_out_to_have_happened_is_none_that_failed(live: Client) -> None:
    services = RetirementRules(records=50, moved=50, deleted=True, refusals={COUNT: "RETIREMENT_CLOSED"})
    async with retiring(live, services) as handle:
        assert (await handle.result()).completed
    services.assert_gone()


async def _reset(client: Client, workflow_id: str) -> RetirementHandle:
    """Reset a run to its first task, as the UI does."""
    request = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        reason="terminated by mistake",
        workflow_task_finish_event_id=4,
        request_id=str(new_id()),
    )
    await client.workflow_service.reset_workflow_execution(request)
    return client.get_workflow_handle(workflow_id, result_type=RetirementResult)
