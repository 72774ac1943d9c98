"""The cases of the settings queue's workflows whose histories are recorded."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreInput, RescoreProgress
from leadline_workflows.contracts.retirement import RetirementInput, RetirementProgress
from tests.support.waiting import eventually
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.retirement_rules import RetirementRules, make_retirement
from tests.workflows.settings_run import make_worker, rescoring, retiring

Handle = WorkflowHandle[Any, Any]
Case = Callable[[Client], Awaitable[Handle]]


async def _rescore(
    client: Client, leads: RescoreRules, live: Callable[[Handle], Awaitable[None]] | None = None
) -> Handle:
    async with rescoring(client, leads) as handle:
        if live is not None:
            await live(handle)
        await handle.result()
    return handle


async def scored_in_batches(client: Client) -> Handle:
    """Two changes in a row, one pass over three batches, one of them at its second attempt."""
    leads = RescoreRules(total=3000)
    leads.outages[names.RESCORE_BATCH] = 1

    async def live(handle: Handle) -> None:
        await handle.signal(names.RESCORE_REQUESTED)

    return await _rescore(client, leads, live)


async def asked_again_at_the_end(client: Client) -> Handle:
    """A change while the last batch is under way."""
    leads = RescoreRules()
    gate = leads.hold(names.RESCORE_BATCH)

    async def live(handle: Handle) -> None:
        await gate.reached.wait()
        await handle.signal(names.RESCORE_REQUESTED)
        gate.opened.set()

    return await _rescore(client, leads, live)


async def gone_on_as_a_new_run(client: Client) -> Handle:
    """A pass that an earlier run began."""
    leads, queue = RescoreRules(total=2000, state="running", processed=1000), str(new_id())
    start = RescoreInput(RescoreProgress("running", 1000, 2000, 100))
    async with make_worker(client, leads, queue):
        handle = await client.start_workflow(names.RESCORE_LEADS, start, id=queue, task_queue=queue)
        await handle.result()
    return handle


async def asked_for_a_day(client: Client) -> Handle:
    """A day's request, made at the second attempt."""
    leads, queue = RescoreRules(), str(new_id())
    leads.outages[names.REQUEST_DAILY_RESCORE] = 1
    async with make_worker(client, leads, queue):
        handle = await client.start_workflow(names.DAILY_RESCORE, id=queue, task_queue=queue)
        await handle.result()
    return handle


async def _retirement(
    client: Client,
    services: RetirementRules,
    live: Callable[[Handle], Awaitable[None]] | None = None,
    start: RetirementInput | None = None,
) -> Handle:
    async with retiring(client, services, start) as handle:
        if live is not None:
            await live(handle)
        with suppress(WorkflowFailureError):  # a cancelled run is a case like any other
            await handle.result()
    return handle


async def deleted_unused(client: Client) -> Handle:
    """An entry that nothing used, one step at its second attempt."""
    services = RetirementRules()
    services.outages[names.COUNT_RETIRING] = 1
    return await _retirement(client, services, start=make_retirement(has_target=False))


async def moved_and_deleted(client: Client) -> Handle:
    """Records that were moved in batches, and a conversion that was waited for."""
    services = RetirementRules(records=150, conversions=1)

    async def live(_handle: Handle) -> None:
        async def attempts() -> int:
            return services.attempts[names.MOVE_RETIRING]

        await eventually(attempts, lambda count: count >= 4)
        services.records, services.conversions = 151, 0

    return await _retirement(client, services, live)


async def in_use(client: Client) -> Handle:
    """Records, and nothing to move them to."""
    return await _retirement(client, RetirementRules(records=12), start=make_retirement(has_target=False))


async def moved_back(client: Client) -> Handle:
    """Everything moved, the deletion refused, everything moved back, after some of it could not be at first."""
    services = RetirementRules(records=250, locked=50, refusals={names.COMPLETE_RETIREMENT: "LAST_PIPELINE"})

    async def live(_handle: Handle) -> None:
        async def attempts() -> int:
            return services.attempts[names.RESTORE_RETIRING]

        await eventually(attempts, lambda count: count >= 4)
        services.locked = 0

    return await _retirement(client, services, live)


async def cancelled_while_moving(client: Client) -> Handle:
    """An operator's cancel, and a second one while the first is carried out."""
    services = RetirementRules(records=250)
    step, undo = services.hold(names.MOVE_RETIRING), services.hold(names.RESTORE_RETIRING)

    async def live(handle: Handle) -> None:
        for gate in (step, undo):
            await gate.reached.wait()
            await handle.cancel(reason="wrong target")
            gate.opened.set()

    return await _retirement(client, services, live)


async def cancelled_while_deleting(client: Client) -> Handle:
    """A cancel while the entry is being deleted."""
    services = RetirementRules(records=50)
    gate = services.hold(names.COMPLETE_RETIREMENT)

    async def live(handle: Handle) -> None:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()

    return await _retirement(client, services, live)


async def moving_gone_on_as_a_new_run(client: Client) -> Handle:
    """Records of which an earlier run moved some."""
    start = replace(make_retirement(), progress=RetirementProgress(250, 100))
    return await _retirement(client, RetirementRules(records=250, moved=100), start=start)


SETTINGS_CASES: dict[str, list[Case]] = {
    names.RESCORE_LEADS: [scored_in_batches, asked_again_at_the_end, gone_on_as_a_new_run],
    names.DAILY_RESCORE: [asked_for_a_day],
    names.RETIREMENT: [
        deleted_unused,
        moved_and_deleted,
        in_use,
        moved_back,
        cancelled_while_moving,
        cancelled_while_deleting,
        moving_gone_on_as_a_new_run,
    ],
}
