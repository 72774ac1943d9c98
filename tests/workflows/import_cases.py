"""The cases of imports whose histories are recorded."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from leadline_workflows.contracts import names
from leadline_workflows.contracts.lead_import import LeadImportInput
from tests.workflows.import_rules import ImportRules, make_import
from tests.workflows.import_run import importing

Handle = WorkflowHandle[Any, Any]
Case = Callable[[Client], Awaitable[Handle]]


async def _import(
    client: Client,
    leads: ImportRules,
    live: Callable[[Handle], Awaitable[None]] | None = None,
    start: LeadImportInput | None = None,
) -> Handle:
    async with importing(client, leads, start) as handle:
        if live is not None:
            await live(handle)
        with suppress(WorkflowFailureError):  # a cancelled run is a case like any other
            await handle.result()
    return handle


async def imported_in_batches(client: Client) -> Handle:
    """Three batches, one of them at its second attempt."""
    leads = ImportRules(rows=600)
    leads.outages[names.IMPORT_BATCH] = 1
    return await _import(client, leads)


async def cannot_go_on(client: Client) -> Handle:
    """A refusal that is final, and the end of the import."""
    return await _import(client, ImportRules(refusals={names.IMPORT_BATCH: "IMPORT_NOT_FOUND"}))


async def cancelled_while_importing(client: Client) -> Handle:
    """An operator's cancel, and a second one while the first is carried out."""
    leads = ImportRules(rows=600)
    step, end = leads.hold(names.IMPORT_BATCH), leads.hold(names.END_IMPORT)

    async def live(handle: Handle) -> None:
        for gate in (step, end):
            await gate.reached.wait()
            await handle.cancel(reason="wrong file")
            gate.opened.set()

    return await _import(client, leads, live)


async def cancelled_too_late(client: Client) -> Handle:
    """A cancel while the last rows are taken."""
    leads = ImportRules()
    gate, end = leads.hold(names.IMPORT_BATCH), leads.hold(names.END_IMPORT)

    async def live(handle: Handle) -> None:
        await gate.reached.wait()
        await handle.cancel()
        await end.reached.wait()
        leads.processed, leads.state = leads.rows, "completed"
        end.opened.set()

    return await _import(client, leads, live)


async def import_gone_on_as_a_new_run(client: Client) -> Handle:
    """An import of which an earlier run has done some."""
    leads = ImportRules(rows=600, processed=200)
    return await _import(client, leads, start=replace(make_import(), progress=leads.progress()))


IMPORT_CASES: dict[str, list[Case]] = {
    names.LEAD_IMPORT: [
        imported_in_batches,
        cannot_go_on,
        cancelled_while_importing,
        cancelled_too_late,
        import_gone_on_as_a_new_run,
    ]
}
