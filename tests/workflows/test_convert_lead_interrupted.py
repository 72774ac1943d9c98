"""The convert-lead saga cancelled and torn at every point, on the real server: all or nothing, always."""

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import CancelledError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionState, FailConversion, LeadConversionResult
from tests.support.waiting import eventually
from tests.workflows.conversion_rules import FORWARD, UNDO, UNDOING, ConversionRules
from tests.workflows.conversion_run import CONVERTED, Handle, converting, make_worker
from tests.workflows.step_rules import Gate


def held(services: ConversionRules, step: str) -> Gate:
    """The step waits, as an activity of its own: at its first attempt it finds its part away."""
    return services.hold(step, after_outages=1)


async def assert_cancelled(handle: Handle) -> None:
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    assert isinstance(failure.value.cause, CancelledError)


@pytest.mark.parametrize("step", FORWARD[:-1])
async def test_a_cancel_during_a_step_undoes_what_began(live: Client, step: str) -> None:
    services = ConversionRules()
    gate = held(services, step)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel(reason="wrong lead")
        gate.opened.set()
        await assert_cancelled(handle)
    done = FORWARD[: FORWARD.index(step) + 1]
    assert services.ended == [names.READ_PLAN, *done, *UNDOING]
    assert services.orders[names.FAIL_CONVERSION] == FailConversion(
        "conversion-1", "CONVERSION_FAILED", "Stopped by an operator. wrong lead"
    )


async def test_undoing_begins_when_the_cancelled_step_is_surely_over(live: Client) -> None:
    services = ConversionRules()
    gate = held(services, names.ENSURE_ACCOUNT)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()

        async def events() -> list[HistoryEvent]:
            return list((await handle.fetch_history()).events)

        cancelling = await eventually(events, _is_cancel_requested)
        scheduled = [event for event in cancelling if event.HasField("activity_task_scheduled_event_attributes")]
        assert [event.activity_task_scheduled_event_attributes.activity_type.name for event in scheduled] == [
            names.ENSURE_ACCOUNT
        ]
        gate.opened.set()
        await assert_cancelled(handle)


def _is_cancel_requested(events: list[HistoryEvent]) -> bool:
    return any(event.HasField("activity_task_cancel_requested_event_attributes") for event in events)


async def test_a_cancel_while_a_step_waits_for_its_next_attempt_undoes_what_began(
    live: Client,
) -> None:
    services = ConversionRules()
    services.outages[names.ENSURE_CONTACT] = 100

    async def attempts() -> int:
        return services.attempts[names.ENSURE_CONTACT]

    async with converting(live, services) as handle:
        await eventually(attempts, lambda count: count >= 2)
        await handle.cancel()
        await assert_cancelled(handle)
    assert services.ended == [names.READ_PLAN, names.ENSURE_ACCOUNT, *UNDOING]


async def test_a_cancel_before_the_plan_is_known_frees_the_lead(live: Client) -> None:
    services = ConversionRules()
    gate = held(services, names.READ_PLAN)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        await assert_cancelled(handle)
    assert services.ended == [names.READ_PLAN, *UNDOING]


async def test_a_cancel_while_the_lead_is_being_marked_converted_comes_too_late(
    live: Client,
) -> None:
    services = ConversionRules()
    gate = held(services, names.COMPLETE_CONVERSION)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        assert await handle.result() == CONVERTED
    assert services.ended == [names.READ_PLAN, *FORWARD]


@pytest.mark.parametrize("undo", [*reversed(UNDO.values()), names.FAIL_CONVERSION])
async def test_a_cancel_while_undoing_loses_nothing(live: Client, undo: str) -> None:
    services = ConversionRules(refusals={names.COMPLETE_CONVERSION: "LEAD_NOT_FOUND"})
    gate = held(services, undo)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        result = await handle.result()
    assert result == LeadConversionResult(ConversionState.FAILED, reason="LEAD_NOT_FOUND")
    assert services.ended == [names.READ_PLAN, *FORWARD[:-1], *UNDOING]


@pytest.mark.parametrize("undo", [*reversed(UNDO.values()), names.FAIL_CONVERSION])
async def test_a_second_cancel_while_the_first_one_is_undone_loses_nothing(live: Client, undo: str) -> None:
    services = ConversionRules()
    step, undoing = held(services, names.COPY_TEAM), held(services, undo)
    async with converting(live, services) as handle:
        await step.reached.wait()
        await handle.cancel()
        step.opened.set()
        await undoing.reached.wait()
        await handle.cancel()
        undoing.opened.set()
        await assert_cancelled(handle)
    assert services.ended == [names.READ_PLAN, *FORWARD[:-1], *UNDOING]


@pytest.mark.parametrize("step", [*FORWARD, *UNDO.values(), names.FAIL_CONVERSION])
async def test_another_worker_goes_on_where_the_last_one_died(live: Client, step: str) -> None:
    services = ConversionRules()
    if step not in FORWARD:
        services.refusals[names.COMPLETE_CONVERSION] = "LEAD_NOT_FOUND"
    gate = held(services, step)
    async with converting(live, services) as handle:
        await gate.reached.wait()
    # The first worker is gone together with its attempt, which never ended.
    async with make_worker(live, services, handle.id):
        result = await handle.result()
    assert services.ended == [names.READ_PLAN, *(FORWARD if step in FORWARD else [*FORWARD[:-1], *UNDOING])]
    assert result.state is (ConversionState.COMPLETED if step in FORWARD else ConversionState.FAILED)


@pytest.mark.parametrize("step", [names.ENSURE_ACCOUNT, names.COPY_TEAM, names.COMPLETE_CONVERSION])
async def test_a_cancel_while_everything_goes_through_at_once_leaves_nothing_by_halves(live: Client, step: str) -> None:
    services = ConversionRules()
    gate = services.hold(step)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        # The cancel is heard when the task is over, and by then the lead is marked converted.
        assert await handle.result() == CONVERTED
    assert services.ended in ([names.READ_PLAN, *FORWARD], [names.READ_PLAN, *FORWARD, names.START_UNDOING])
