"""Getting one record of any kind, alone or with what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic
from uuid import UUID

from crm_service.domain.lines import OpportunityLine
from crm_service.domain.records import Kind, RecordDocument, RecordMember, RecordNote
from crm_service.domain.refusals import missing
from crm_service.store.copies import DOCUMENTS, NOTES, TEAM
from crm_service.store.lines import lines_of
from crm_service.store.records import Hold, R, Records
from kit.db.database import Reading


@dataclass(frozen=True, slots=True)
class Whole(Generic[R]):
    """A record with its newest 100 notes and documents, its team, each user once, and what is sold with it."""

    record: R
    notes: Sequence[RecordNote]
    documents: Sequence[RecordDocument]
    team: Sequence[RecordMember]
    lines: Sequence[OpportunityLine]


async def get_record(connection: Reading, records: Records[R], record_id: UUID, hold: Hold | None = None) -> R:
    """The record of this id; to hold it takes a transaction.

    Raises:
        LeadlineError: the kind's not-found reason.
    """
    record = await records.find(connection, record_id, hold)
    if record is None:
        raise missing(records.noun, record_id)
    return record


async def get_whole(connection: Reading, records: Records[R], kind: Kind, record_id: UUID) -> Whole[R]:
    """The record of this id with all that belongs to it.

    Raises:
        LeadlineError: the kind's not-found reason.
    """
    return Whole(
        await get_record(connection, records, record_id),
        notes=await NOTES.newest(connection, kind, record_id),
        documents=await DOCUMENTS.newest(connection, kind, record_id),
        team=_each_once(await TEAM.newest(connection, kind, record_id)),
        lines=await lines_of(connection, record_id) if kind is Kind.OPPORTUNITY else (),
    )


def _each_once(newest_first: Sequence[RecordMember]) -> Sequence[RecordMember]:
    """Whoever came with several conversions counts as they came first."""
    members: dict[UUID, RecordMember] = {}
    for member in reversed(newest_first):
        members.setdefault(member.user_id, member)
    return [*members.values()]
