"""What became of a deletion: its workflow reports, completes or fails it."""

from uuid import UUID

from kit.db.database import Reading, Writing
from kit.errors import LeadlineError, refused
from settings_service.domain.document.mentions import without_mentions
from settings_service.domain.fields import name, whole
from settings_service.domain.retirements import LONGEST_MESSAGE, Retirement
from settings_service.store import retirements
from settings_service.store.singles import advance_revision, lock_configuration, read_document, save_document
from settings_service.usecases.lists import get_entry, take_out
from settings_service.usecases.missing import missing
from settings_service.usecases.retirable import RETIRABLE

_COUNT = whole(0, 2**63 - 1)


async def get_retirement(connection: Reading, retirement_id: UUID) -> Retirement:
    """The deletion of this id.

    Raises:
        LeadlineError: RETIREMENT_NOT_FOUND.
    """
    found = await retirements.find(connection, retirement_id)
    if found is None:
        raise missing("RETIREMENT_NOT_FOUND", retirement_id)
    return found


async def report_retirement(tx: Writing, retirement_id: UUID, total: int, moved: int) -> Retirement:
    """Keep how far it is; nothing of one that is over is changed.

    Raises:
        LeadlineError: VALIDATION_FAILED, RETIREMENT_NOT_FOUND.
    """
    await retirements.report(tx, retirement_id, _COUNT("total", total), _COUNT("moved", moved))
    return await get_retirement(tx, retirement_id)


async def complete_retirement(tx: Writing, retirement_id: UUID) -> Retirement:
    """Delete the entry, with what belongs to it and what the document says of it. Nothing is done twice.

    Raises:
        LeadlineError: RETIREMENT_NOT_FOUND, RETIREMENT_CLOSED for one that has failed.
    """
    await lock_configuration(tx)
    retirement = await get_retirement(tx, retirement_id)
    if retirement.state == "failed":
        raise _closed(retirement)
    if retirement.state == "completed":
        return retirement
    await _delete(tx, retirement)
    return await retirements.end(tx, retirement_id, state="completed", revision=await advance_revision(tx))


async def fail_retirement(tx: Writing, retirement_id: UUID, reason: str, message: str) -> Retirement:
    """Open the entry again. Nothing is done twice.

    Raises:
        LeadlineError: VALIDATION_FAILED, RETIREMENT_NOT_FOUND, RETIREMENT_CLOSED for one that is completed.
    """
    # Cut, not refused: a deletion must be able to end.
    text = message.replace("\0", "")[:LONGEST_MESSAGE]
    failure = {"failure_reason": name("reason", reason), "failure_message": text}
    await lock_configuration(tx)
    retirement = await get_retirement(tx, retirement_id)
    if retirement.state == "completed":
        raise _closed(retirement)
    if retirement.state == "failed":
        return retirement
    await advance_revision(tx)
    return await retirements.end(tx, retirement_id, state="failed", **failure)


async def _delete(tx: Writing, retirement: Retirement) -> None:
    retirable = RETIRABLE[retirement.kind]
    entry = await get_entry(tx, retirable.list, retirement.entry_id)
    gone = {str(each) for each in (entry.id, *await retirable.parts(tx, entry))}
    await take_out(tx, retirable.list, entry)
    before = (await read_document(tx)).document
    priority = retirement.name if retirement.kind == "priority" else None
    after = without_mentions(before, stage_ids=gone, priority=priority)
    if after != before:
        await save_document(tx, after)


def _closed(retirement: Retirement) -> LeadlineError:
    return refused("RETIREMENT_CLOSED", f"The deletion of {retirement.name} is over: it has {retirement.state}.")
