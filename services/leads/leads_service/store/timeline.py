"""Activities, notes and history of a lead: newest first."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.domain.lead import Activity, HistoryEntry, Note
from leads_service.store.tables import ACTIVITIES, HISTORY, NOTES

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Page(Generic[Record]):
    """A page of records, and how many there are in all."""

    records: Sequence[Record]
    total: int


async def list_activities(
    connection: Reading, lead_id: UUID, limit: int, offset: int, *, without: Collection[str] = ()
) -> Page[Activity]:
    """A page of the lead's activities, ``without`` those of these types."""
    shown = [ACTIVITIES.c.type.not_in(without)] if without else []
    return await page_of_lead(
        connection, ACTIVITIES, ACTIVITIES.c.created_at, Activity, (lead_id, limit, offset), shown=shown
    )


async def list_notes(connection: Reading, lead_id: UUID, limit: int, offset: int) -> Page[Note]:
    """A page of the lead's notes."""
    return await page_of_lead(connection, NOTES, NOTES.c.created_at, Note, (lead_id, limit, offset))


async def list_history(
    connection: Reading, lead_id: UUID, limit: int, offset: int, *, hidden: Collection[str] = ()
) -> Page[HistoryEntry]:
    """A page of the lead's history, without what is told of hidden fields and of the keys of hidden objects."""
    names = (HISTORY.c.field, sa.func.split_part(HISTORY.c.field, ".", 1))
    shown = [name.not_in(hidden) for name in names] if hidden else []
    return await page_of_lead(
        connection, HISTORY, HISTORY.c.changed_at, HistoryEntry, (lead_id, limit, offset), shown=shown
    )


async def add_note(tx: Writing, note: Note) -> None:
    """Keep a note."""
    await tx.execute(sa.insert(NOTES), asdict(note))


async def page_of_lead(
    connection: Reading,
    table: sa.Table,
    time: sa.Column[Any],
    record: type[Record],
    where: tuple[UUID, int, int],
    *,
    shown: Sequence[sa.ColumnElement[bool]] = (),
) -> Page[Record]:
    """A page of what belongs to a lead, the newest by ``time`` first."""
    lead_id, limit, offset = where
    of_lead = sa.and_(table.c.lead_id == lead_id, *shown)
    query = sa.select(table).where(of_lead).order_by(time.desc(), table.c.id.desc()).limit(limit).offset(offset)
    rows = (await connection.execute(query)).mappings().all()
    total = (await connection.execute(sa.select(sa.func.count()).where(of_lead))).scalar_one()
    return Page([record(**row) for row in rows], total)
