"""Getting one record of any kind."""

from uuid import UUID

from crm_service.domain.refusals import missing
from crm_service.store.records import Hold, R, Records
from kit.db.database import Reading


async def get_record(connection: Reading, records: Records[R], record_id: UUID, hold: Hold | None = None) -> R:
    """The record of this id; to hold it takes a transaction.

    Raises:
        LeadlineError: the kind's not-found reason.
    """
    record = await records.find(connection, record_id, hold)
    if record is None:
        raise missing(records.noun, record_id)
    return record
