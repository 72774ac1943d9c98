"""Imports: what was asked for, how far each is, and the rows that were refused."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.paging import Page, Span
from leads_service.domain.import_rows import Refusal
from leads_service.domain.imports import DuplicatePolicy, Import, ImportColumn, ImportOptions, ImportState
from leads_service.store.tables import IMPORT_REFUSALS, IMPORTS
from leads_service.store.timeline import page_of_records

# What changes while an import runs.
_MOVING = (
    *("state", "processed", "created", "updated", "skipped", "refused", "processed_bytes"),
    *("ended_at", "failure_reason", "failure_message"),
)


async def add(tx: Writing, new: Import) -> None:
    """Keep a new import."""
    await tx.execute(sa.insert(IMPORTS), asdict(new))


async def get(connection: Reading, import_id: UUID) -> Import | None:
    """The import as it is."""
    return _first(await connection.execute(_by_id(import_id)))


async def lock(tx: Writing, import_id: UUID) -> Import | None:
    """The import as it is, and nobody else goes on with it or ends it until this transaction ends."""
    return _first(await tx.execute(_by_id(import_id).with_for_update()))


async def write(tx: Writing, current: Import) -> None:
    """Write how far a locked import is."""
    values = {name: getattr(current, name) for name in _MOVING}
    await tx.execute(sa.update(IMPORTS).where(IMPORTS.c.id == current.id).values(values))


async def list_imports(connection: Reading, span: Span) -> Page[Import]:
    """A page of imports, newest first."""
    return await page_of_records(connection, IMPORTS, IMPORTS.c.created_at, _import, span)


async def add_refusals(tx: Writing, import_id: UUID, refusals: Sequence[Refusal]) -> None:
    """Keep rows that were refused."""
    if refusals:
        await tx.execute(sa.insert(IMPORT_REFUSALS), [{"import_id": import_id, **asdict(each)} for each in refusals])


async def next_refusals(connection: Reading, import_id: UUID, after: int, limit: int) -> list[Refusal]:
    """The next refused rows behind one of this number."""
    columns = IMPORT_REFUSALS.c
    query = sa.select(columns.row_number, columns.cells, columns.reasons)
    query = query.where(columns.import_id == import_id, columns.row_number > after)
    return [Refusal(*row) for row in await connection.execute(query.order_by(columns.row_number).limit(limit))]


def _by_id(import_id: UUID) -> sa.Select[Any]:
    return sa.select(IMPORTS).where(IMPORTS.c.id == import_id)


def _first(result: sa.CursorResult[Any]) -> Import | None:
    row = result.mappings().one_or_none()
    return _import(**row) if row is not None else None


def _import(*, state: str, options: Mapping[str, Any], columns: Sequence[Mapping[str, str]], **more: Any) -> Import:
    return Import(
        state=ImportState(state),
        options=ImportOptions(**{**options, "duplicates": DuplicatePolicy(options["duplicates"])}),
        columns=[ImportColumn(**each) for each in columns],
        **more,
    )
