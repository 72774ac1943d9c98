"""What came over from leads to records: notes, links to documents, and teams."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm_service.domain.records import Kind, RecordDocument, RecordMember, RecordNote
from crm_service.store.tables import RECORD_DOCUMENTS, RECORD_MEMBERS, RECORD_NOTES
from kit.db.database import Reading, Writing

C = TypeVar("C", bound=RecordNote | RecordDocument | RecordMember)

_MOST_SHOWN = 100


@dataclass(frozen=True)
class Copies(Generic[C]):
    """One kind of them: its table, and the step that copies it."""

    table: sa.Table
    copy: type[C]
    step: Kind

    @property
    def key(self) -> Sequence[sa.Column[Any]]:
        """In what equal ones are equal."""
        return [*self.table.primary_key.columns]

    async def newest(self, connection: Reading, kind: Kind, record_id: UUID) -> Sequence[C]:
        """The newest 100 of a record."""
        table = self.table.c
        query = sa.select(*(table[each.name] for each in fields(self.copy))).where(table[f"{kind}_id"] == record_id)
        query = query.order_by(table.created_at.desc(), self.key[-1].desc()).limit(_MOST_SHOWN)
        return [self.copy(**row._mapping) for row in await connection.execute(query)]

    async def insert(self, tx: Writing, conversion_id: UUID, kind: Kind, record_id: UUID, copied: Sequence[C]) -> None:
        """Put them on a record. One that is there already stays as it is."""
        owner = {"conversion_id": conversion_id, f"{kind}_id": record_id}
        rows = [{**asdict(each), **owner} for each in copied]
        if rows:
            await tx.execute(insert(self.table).values(rows).on_conflict_do_nothing(index_elements=self.key))

    async def delete(self, tx: Writing, conversion_id: UUID) -> None:
        """Remove those that a conversion put on its records."""
        await tx.execute(sa.delete(self.table).where(self.table.c.conversion_id == conversion_id))


NOTES = Copies(RECORD_NOTES, RecordNote, Kind.NOTES)
DOCUMENTS = Copies(RECORD_DOCUMENTS, RecordDocument, Kind.DOCUMENTS)
TEAM = Copies(RECORD_MEMBERS, RecordMember, Kind.TEAM)
