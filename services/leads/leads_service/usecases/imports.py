"""Imports of leads from CSV files: ordering them, looking at them, ending them before their time."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kit.db.database import Database, Reading, Writing
from kit.errors import LeadlineError
from kit.ids import new_id
from kit.logs import get_logger
from kit.paging import Page, Span
from leadline_workflows.contracts.outbox import LEAD_IMPORT
from leads_service.domain import imports as rules
from leads_service.domain.csv_cells import safe_cell
from leads_service.domain.csv_parts import csv_parts
from leads_service.domain.import_files import ImportFile
from leads_service.domain.import_mapping import columns_of
from leads_service.domain.import_rows import Refusal, told
from leads_service.domain.imports import Import, ImportOptions, ImportState, import_not_found
from leads_service.domain.settling import Situation
from leads_service.store import import_matches, imports, leads, unused_objects

log = get_logger(__name__)

# The file of an import that has ended is there for so long, should somebody want to look into it.
KEPT_AFTER_END = timedelta(days=7)
_REFUSALS_AT_ONCE = 100
_MATCHES_AT_ONCE = 5_000


def checked_columns(file: ImportFile, options: ImportOptions, situation: Situation) -> list[rules.ImportColumn]:
    """The file's columns with the fields that they go to.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each option at fault.
    """
    return columns_of(file.head.columns, options, situation.configuration)


async def start(
    tx: Writing,
    file_name: str,
    file: ImportFile,
    object_key: str,
    options: ImportOptions,
    *,
    created_by: UUID,
    situation: Situation,
) -> Import:
    """A new import of a file that is kept under this key; its workflow is ordered.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each option at fault; PART_UNAVAILABLE where the file is gone.
    """
    new = Import(
        id=new_id(),
        file_name=file_name,
        size_bytes=file.size_bytes,
        object_key=object_key,
        delimiter=file.head.delimiter,
        options=options,
        columns=checked_columns(file, options, situation),
        processed_bytes=file.head.size,
        created_by=created_by,
        by_admin=situation.actor.is_admin,
        created_at=situation.now,
    )
    await unused_objects.used(tx, object_key)
    await imports.add(tx, new)
    payload: dict[str, Any] = {"import_id": str(new.id), "file_name": file_name, "by": str(created_by)}
    await leads.outbox.add(tx, key=new.id, kind=LEAD_IMPORT, payload=payload)
    return new


async def get_import(connection: Reading, import_id: UUID) -> Import:
    """The import as it is.

    Raises:
        LeadlineError: IMPORT_NOT_FOUND.
    """
    return found(await imports.get(connection, import_id), import_id)


async def list_imports(connection: Reading, span: Span) -> Page[Import]:
    """A page of imports, newest first."""
    return await imports.list_imports(connection, span)


async def cancel(tx: Writing, import_id: UUID, now: datetime) -> Import:
    """Stop an import where it is. A batch that is under way ends first.

    Raises:
        LeadlineError: IMPORT_NOT_FOUND, IMPORT_CLOSED.
    """
    current = found(await imports.lock(tx, import_id), import_id)
    return await write_ended(tx, rules.canceled(current, now), now)


async def end(tx: Writing, import_id: UUID, state: ImportState, why: tuple[str, str], now: datetime) -> Import:
    """End an import before its time, ``why`` by reason and message; one that has ended stays as it is.

    Raises:
        LeadlineError: IMPORT_NOT_FOUND.
    """
    current = found(await imports.lock(tx, import_id), import_id)
    if not current.is_running:
        return current
    return await write_ended(tx, rules.ended(current, state, why, now), now)


async def write_ended(tx: Writing, ended: Import, now: datetime) -> Import:
    """Write that a locked import has ended, and let its file go in a while."""
    await imports.write(tx, ended)
    await unused_objects.unused(tx, [ended.object_key], now + KEPT_AFTER_END)
    return ended


async def forget_matches(database: Database) -> None:
    """Forget in small steps what dry runs that have ended would have done. What is left over, a later end forgets."""
    forgotten = _MATCHES_AT_ONCE
    try:
        while forgotten == _MATCHES_AT_ONCE:
            async with database.transaction() as tx:
                forgotten = await import_matches.forget_ended(tx, _MATCHES_AT_ONCE)
    except LeadlineError as error:
        log.warning("cannot forget what a dry run would have done", cause=repr(error))


async def refused_rows(database: Database, current: Import) -> AsyncGenerator[bytes]:
    """The refused rows as CSV, each as it was in the file behind its number and the reasons, in parts of whole rows."""
    header: list[Sequence[str]] = [["row", "reasons", *(safe_cell(column.name) for column in current.columns)]]
    last = 0
    while header or last:
        async with database.reading() as connection:
            refusals = await imports.next_refusals(connection, current.id, last, _REFUSALS_AT_ONCE)
        for part in csv_parts([*header, *map(_line, refusals)]):
            yield part
        header.clear()
        last = refusals[-1].row_number if refusals else 0


def found(current: Import | None, import_id: UUID) -> Import:
    """The import.

    Raises:
        LeadlineError: IMPORT_NOT_FOUND.
    """
    if current is None:
        raise import_not_found(import_id)
    return current


def _line(refusal: Refusal) -> Sequence[str]:
    return [str(refusal.row_number), *map(safe_cell, (told(refusal.reasons), *refusal.cells))]
