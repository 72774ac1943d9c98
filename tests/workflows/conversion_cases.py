"""Cases of convert-lead and unconvert-lead whose histories are recorded."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from temporalio.client import Client, WorkflowFailureError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionState, Obstacle, PlanOutline, RecordsUndone
from leadline_workflows.contracts.operators import OperatorOrder
from tests.support.waiting import eventually
from tests.workflows.conversion_rules import ConversionRules
from tests.workflows.conversion_run import converting
from tests.workflows.settings_cases import Case, Handle
from tests.workflows.unconversion_run import ASKED_FOR, unconverting

_SAYS = OperatorOrder("Olga", "the CRM is away")


async def _conversion(
    client: Client, services: ConversionRules, live: Callable[[Handle], Awaitable[None]] | None = None
) -> Handle:
    async with converting(client, services) as handle:
        if live is not None:
            await live(handle)
        with suppress(WorkflowFailureError):  # a cancelled run is a case like any other
            await handle.result()
    return handle


async def _unconversion(client: Client, services: ConversionRules) -> Handle:
    async with unconverting(client, services) as handle:
        await handle.result()
    return handle


async def _waiting(services: ConversionRules, step: str) -> None:
    async def attempts() -> int:
        return services.attempts[step]

    await eventually(attempts, lambda count: count >= 2)


async def converted_at_once(client: Client) -> Handle:
    """Everything planned, made, copied and completed."""
    return await _conversion(client, ConversionRules())


async def only_a_contact(client: Client) -> Handle:
    """A plan with one record, and nothing to copy."""
    return await _conversion(client, ConversionRules(plan=PlanOutline(ConversionState.RUNNING, contact=True)))


async def not_running(client: Client) -> Handle:
    """A conversion that was over before its run began."""
    return await _conversion(client, ConversionRules(plan=PlanOutline(ConversionState.COMPLETED)))


async def waited_for_a_part(client: Client) -> Handle:
    """A step that finds its part away, and that an operator has tried again."""
    services = ConversionRules()
    services.outages[names.ENSURE_ACCOUNT] = 1000

    async def live(handle: Handle) -> None:
        await _waiting(services, names.ENSURE_ACCOUNT)
        services.outages[names.ENSURE_ACCOUNT] = 0
        await handle.execute_update(names.RETRY_NOW, _SAYS)

    return await _conversion(client, services, live)


async def given_up(client: Client) -> Handle:
    """A step that an operator gives up, and a compensation that is waited for."""
    services = ConversionRules()
    services.outages[names.ENSURE_OPPORTUNITY] = 1000
    services.outages[names.RELEASE_ACCOUNT] = 2

    async def live(handle: Handle) -> None:
        await _waiting(services, names.ENSURE_OPPORTUNITY)
        await handle.execute_update(names.GIVE_UP, _SAYS)

    return await _conversion(client, services, live)


async def completion_refused(client: Client) -> Handle:
    """Everything made and then undone."""
    return await _conversion(client, ConversionRules(refusals={names.COMPLETE_CONVERSION: "LEAD_NOT_FOUND"}))


async def cancelled_in_a_step(client: Client) -> Handle:
    """An operator's cancel, and a second one while the first is carried out."""
    services = ConversionRules()
    step = services.hold(names.ENSURE_OPPORTUNITY, after_outages=1)
    undo = services.hold(names.RELEASE_CONTACT, after_outages=1)

    async def live(handle: Handle) -> None:
        for gate in (step, undo):
            await gate.reached.wait()
            await handle.cancel(reason="wrong lead")
            gate.opened.set()

    return await _conversion(client, services, live)


async def cancelled_too_late(client: Client) -> Handle:
    """A cancel while the lead is being marked converted."""
    services = ConversionRules()
    gate = services.hold(names.COMPLETE_CONVERSION)

    async def live(handle: Handle) -> None:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()

    return await _conversion(client, services, live)


async def unconverted(client: Client) -> Handle:
    """The records gone and the lead open, the first at its second attempt."""
    services = ConversionRules(plan=ASKED_FOR)
    services.outages[names.UNDO_RECORDS] = 1
    return await _unconversion(client, services)


async def records_changed(client: Client) -> Handle:
    """Something in the way: the lead stays converted."""
    obstacles = [Obstacle("accountId", "CHANGED")]
    undone = RecordsUndone("RECORDS_CHANGED", "The account has changed since.", obstacles)
    return await _unconversion(client, ConversionRules(plan=ASKED_FOR, undone=undone))


CONVERSION_CASES: dict[str, list[Case]] = {
    names.CONVERT_LEAD: [
        converted_at_once,
        only_a_contact,
        not_running,
        waited_for_a_part,
        given_up,
        completion_refused,
        cancelled_in_a_step,
        cancelled_too_late,
    ],
    names.UNCONVERT_LEAD: [unconverted, records_changed],
}
