"""Activities, notes and history of a lead: newest first."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.paging import Page, Place, Span
from leads_service.domain.lead import Activity, HistoryEntry, Note
from leads_service.domain.timeline import NOTE_ADDED, OUTBOUND
from leads_service.store.tables import ACTIVITIES, HISTORY, NOTES

Record = TypeVar("Record")


async def list_activities(
    connection: Reading, lead_id: UUID, span: Span, *, without: Collection[str] = ()
) -> Page[Activity]:
    """A page of the lead's activities, ``without`` those of these types."""
    shown = [ACTIVITIES.c.type.not_in(without)] if without else []
    return await page_of_lead(connection, ACTIVITIES, ACTIVITIES.c.created_at, Activity, (lead_id, span), shown=shown)


async def list_notes(connection: Reading, lead_id: UUID, span: Span) -> Page[Note]:
    """A page of the lead's notes."""
    return await page_of_lead(connection, NOTES, NOTES.c.created_at, Note, (lead_id, span))


async def list_history(
    connection: Reading, lead_id: UUID, span: Span, *, hidden: Collection[str] = ()
) -> Page[HistoryEntry]:
    """A page of the lead's history, without what is told of hidden fields and of the keys of hidden objects."""
    names = (HISTORY.c.field, sa.func.split_part(HISTORY.c.field, ".", 1))
    shown = [name.not_in(hidden) for name in names] if hidden else []
    return await page_of_lead(connection, HISTORY, HISTORY.c.changed_at, HistoryEntry, (lead_id, span), shown=shown)


async def add_note(tx: Writing, note: Note) -> None:
    """Keep a note."""
    await tx.execute(sa.insert(NOTES), asdict(note))


async def first_answer(connection: Reading, lead_id: UUID, since: datetime, by: Collection[str]) -> datetime | None:
    """When a person first answered a lead after an instant: by an outbound ``activity``, by a ``note``."""
    kinds = {"activity": ACTIVITIES.c.direction == OUTBOUND, "note": ACTIVITIES.c.type == NOTE_ADDED}
    counted = sa.or_(sa.false(), *(condition for name, condition in kinds.items() if name in by))
    of_lead = (
        ACTIVITIES.c.lead_id == lead_id,
        ACTIVITIES.c.occurred_at > since,
        ACTIVITIES.c.performed_by.is_not(None),
    )
    query = sa.select(sa.func.min(ACTIVITIES.c.occurred_at)).where(*of_lead, counted)
    found: datetime | None = (await connection.execute(query)).scalar_one()
    return found


async def page_of_lead(
    connection: Reading,
    table: sa.Table,
    time: sa.Column[Any],
    record: type[Record],
    where: tuple[UUID, Span],
    *,
    shown: Sequence[sa.ColumnElement[bool]] = (),
) -> Page[Record]:
    """A page of what belongs to a lead, the newest by ``time`` first."""
    lead_id, span = where
    return await page_of_records(connection, table, time, record, span, which=[table.c.lead_id == lead_id, *shown])


async def page_of_records(
    connection: Reading,
    table: sa.Table,
    time: sa.Column[Any],
    record: Callable[..., Record],
    span: Span,
    *,
    which: Sequence[sa.ColumnElement[bool]] = (),
) -> Page[Record]:
    """A page of the rows of a table, the newest by ``time`` first; ``record`` has the table's columns."""
    query = sa.select(table).where(*which).order_by(time.desc(), table.c.id.desc()).limit(span.limit + 1)
    if span.after is None:
        query = query.offset(span.offset)
    else:
        query = query.where(sa.tuple_(time, table.c.id) < (span.after.key, span.after.id))
    rows = (await connection.execute(query)).mappings().all()
    total = (await connection.execute(sa.select(sa.func.count()).select_from(table).where(*which))).scalar_one()
    page = rows[: span.limit]
    end = Place(page[-1][time.name], page[-1]["id"]) if len(rows) > span.limit else None
    return Page([record(**row) for row in page], total, end)
