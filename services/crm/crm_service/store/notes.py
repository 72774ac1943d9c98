"""The notes of records."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm_service.domain.records import Kind, RecordNote
from crm_service.store.tables import RECORD_NOTES
from kit.db.database import Reading, Writing

_NOTE = (RECORD_NOTES.c.id, RECORD_NOTES.c.content, RECORD_NOTES.c.created_by, RECORD_NOTES.c.created_at)
_MOST_SHOWN = 100


async def newest_notes(connection: Reading, kind: Kind, record_id: UUID) -> Sequence[RecordNote]:
    """The newest 100 notes of a record."""
    owner, newest = RECORD_NOTES.c[f"{kind}_id"], (RECORD_NOTES.c.created_at.desc(), RECORD_NOTES.c.id.desc())
    query = sa.select(*_NOTE).where(owner == record_id).order_by(*newest).limit(_MOST_SHOWN)
    return [RecordNote(**row._mapping) for row in await connection.execute(query)]


async def insert_notes(
    tx: Writing, conversion_id: UUID, kind: Kind, record_id: UUID, notes: Sequence[RecordNote]
) -> None:
    """Put notes on a record. One that is there already, by its id, stays as it is."""
    owner = {"conversion_id": conversion_id, f"{kind}_id": record_id}
    rows = [asdict(note) | owner for note in notes]
    if rows:
        await tx.execute(insert(RECORD_NOTES).values(rows).on_conflict_do_nothing(index_elements=["id"]))


async def delete_notes(tx: Writing, conversion_id: UUID) -> None:
    """Remove the notes that a conversion put on its records."""
    await tx.execute(sa.delete(RECORD_NOTES).where(RECORD_NOTES.c.conversion_id == conversion_id))
