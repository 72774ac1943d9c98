"""Conversions that wait for a part: what operators see of them, and what they can do about it."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.contracts.conversion import ConversionState, FailConversion, LeadConversionResult
from leadline_workflows.contracts.operators import OperatorOrder
from tests.support.waiting import eventually
from tests.workflows.conversion_rules import FORWARD, UNDOING, ConversionRules
from tests.workflows.conversion_run import CONVERTED, Handle, converting
from tests.workflows.operators_view import attributes, current_details

LONG_AGO = 1000
SAYS = OperatorOrder("Olga", "the CRM is back")


async def attention(handle: Handle) -> str | None:
    """What the run is filtered by."""
    return (await attributes(handle))[search_attributes.ATTENTION]


async def waiting(handle: Handle, services: ConversionRules, step: str, mark: str = "waiting") -> None:
    """Until the step waits between two attempts."""

    async def attempts() -> int:
        return services.attempts[step]

    await eventually(attempts, lambda count: count >= 2)
    await eventually(lambda: attention(handle), lambda found: found == mark)


async def update(handle: Handle, name: str, order: OperatorOrder = SAYS) -> Any:
    return await handle.execute_update(name, order)


async def test_operators_see_what_is_waited_for_and_since_when(live: Client) -> None:
    services = ConversionRules()
    services.outages[names.ENSURE_CONTACT] = LONG_AGO
    async with converting(live, services) as handle:
        await waiting(handle, services, names.ENSURE_CONTACT)
        details = await current_details(handle)
        assert "**Waiting** since 20" in details
        assert "**ensure contact**. PART\\_UNAVAILABLE: A part of Leadline does not answer." in details
        assert "- account linked: account-id" in details
        services.outages[names.ENSURE_CONTACT] = 0
        await update(handle, names.RETRY_NOW)
        assert await handle.result() == CONVERTED
        await eventually(lambda: attention(handle), lambda found: found is None)


async def test_what_waits_is_tried_again_now(live: Client) -> None:
    services = ConversionRules(try_again_after=None)
    services.outages[names.ENSURE_OPPORTUNITY] = LONG_AGO
    async with converting(live, services) as handle:

        async def attempts() -> int:
            return services.attempts[names.ENSURE_OPPORTUNITY]

        # By now the next attempt is seconds away.
        before = await eventually(attempts, lambda count: count >= 5)
        assert await update(handle, names.RETRY_NOW) == "ensure opportunity"
        assert await asyncio.wait_for(eventually(attempts, lambda count: count > before), 3)
        services.outages[names.ENSURE_OPPORTUNITY] = 0
        await update(handle, names.RETRY_NOW)
        assert await handle.result() == CONVERTED
    assert services.ended == [names.READ_PLAN, *FORWARD]


@pytest.mark.parametrize("step", [names.ENSURE_ACCOUNT, names.COPY_DOCUMENTS])
async def test_what_an_operator_gives_up_is_undone_with_who_and_why(live: Client, step: str) -> None:
    services = ConversionRules()
    services.outages[step] = LONG_AGO
    async with converting(live, services) as handle:
        await waiting(handle, services, step)
        await update(handle, names.GIVE_UP, OperatorOrder("Olga", "the CRM is being replaced"))
        assert await handle.result() == LeadConversionResult(ConversionState.FAILED, reason="CONVERSION_FAILED")
    assert services.ended == [names.READ_PLAN, *FORWARD[: FORWARD.index(step)], *UNDOING]
    assert services.orders[names.FAIL_CONVERSION] == FailConversion(
        "conversion-1", "CONVERSION_FAILED", "Given up by Olga: the CRM is being replaced"
    )


async def test_a_compensation_that_does_not_come_to_its_end_is_marked(live: Client) -> None:
    services = ConversionRules(refusals={names.COPY_NOTES: "CONVERSION_CLOSED"})
    services.outages[names.RELEASE_CONTACT] = LONG_AGO
    async with converting(live, services) as handle:
        await waiting(handle, services, names.RELEASE_CONTACT, "compensation failing")
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await update(handle, names.GIVE_UP)
        assert str(refused.value.cause) == (
            "REFUSED: It cannot be left half done: undo: contact is tried until it is done."
        )
        services.outages[names.RELEASE_CONTACT] = 0
        await update(handle, names.RETRY_NOW)
        assert await handle.result() == LeadConversionResult(ConversionState.FAILED, reason="CONVERSION_CLOSED")
        await eventually(lambda: attention(handle), lambda found: found is None)
    assert services.ended == [names.READ_PLAN, *FORWARD[:3], *UNDOING]


@pytest.mark.parametrize("name", [names.RETRY_NOW, names.GIVE_UP])
@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (OperatorOrder("", "why"), "Say by"),
        (OperatorOrder("Olga", "  "), "Say reason"),
        (OperatorOrder("O" * 201, "why"), "Say by in at most 200 characters."),
        (OperatorOrder("Olga", "y" * 1001), "Say reason in at most 1,000 characters."),
    ],
)
async def test_an_operator_says_who_and_why(live: Client, name: str, order: OperatorOrder, sentence: str) -> None:
    services = ConversionRules()
    services.outages[names.ENSURE_ACCOUNT] = LONG_AGO
    async with converting(live, services) as handle:
        await waiting(handle, services, names.ENSURE_ACCOUNT)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await update(handle, name, order)
        assert sentence in str(refused.value.cause)
        await handle.terminate()


async def test_what_is_under_way_has_no_give_up(live: Client) -> None:
    services = ConversionRules()
    gate = services.hold(names.COMPLETE_CONVERSION, after_outages=1)
    async with converting(live, services) as handle:
        await gate.reached.wait()
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await update(handle, names.GIVE_UP)
        assert "mark the lead converted is tried until it is done" in str(refused.value.cause)
        gate.opened.set()
        assert await handle.result() == CONVERTED
