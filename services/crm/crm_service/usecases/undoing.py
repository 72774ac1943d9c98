"""Undoing a whole conversion that had come to its end, or nothing of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm_service.domain.records import Kind
from crm_service.domain.refusals import records_changed
from crm_service.domain.undoing import Made, Obstacle, Why, obstacles
from crm_service.store.copies import DOCUMENTS, NOTES, TEAM, Copies
from crm_service.store.locks import lock_conversion
from crm_service.store.records import ACCOUNT_RECORDS, CONTACT_RECORDS, OPPORTUNITY_RECORDS, Hold, Records
from crm_service.store.steps import Step, is_used_by_others, steps_of
from crm_service.usecases.copies import remove
from crm_service.usecases.releasing import release_account, release_contact, release_opportunity
from kit.db.database import Reading, Writing

# In the order in which their rows are locked.
_KINDS: dict[Kind, Records[Any]] = {
    Kind.OPPORTUNITY: OPPORTUNITY_RECORDS,
    Kind.CONTACT: CONTACT_RECORDS,
    Kind.ACCOUNT: ACCOUNT_RECORDS,
}
_COPIES: Sequence[Copies[Any]] = (TEAM, DOCUMENTS, NOTES)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a conversion has ensured, and what stands in the way of undoing it."""

    steps: Sequence[Step]
    obstacles: Sequence[Obstacle]


async def conversion_records(connection: Reading, conversion_id: UUID) -> Outcome:
    """What is known of a conversion; nothing of one that is not known."""
    steps = await steps_of(connection, conversion_id)
    made = await _made(connection, conversion_id, steps)
    return Outcome([steps[kind] for kind in reversed(_KINDS) if kind in steps], obstacles(made))


async def undo_conversion(tx: Writing, conversion_id: UUID) -> None:
    """Undo every step, or keep it from happening.

    Raises:
        LeadlineError: RECORDS_CHANGED where what it made has changed or come to be used since; then nothing is undone.
    """
    await lock_conversion(tx, conversion_id)
    steps = await steps_of(tx, conversion_id)
    made = await _made(tx, conversion_id, steps, Hold.UNUSED)
    if in_the_way := obstacles(made):
        raise records_changed(in_the_way)
    for copies in _COPIES:
        await remove(tx, copies, conversion_id)
    await release_opportunity(tx, conversion_id)
    await release_contact(tx, conversion_id)
    await release_account(tx, conversion_id)
    # A record may be needed in a way that only its release finds out about.
    if left := [each for each in made if await _KINDS[each.kind].find(tx, each.record_id)]:
        raise records_changed([Obstacle(each.kind, each.record_id, Why.USED) for each in left])


async def _made(
    connection: Reading, conversion_id: UUID, steps: Mapping[Kind, Step], hold: Hold | None = None
) -> list[Made]:
    """What the conversion made and still uses. Held, nobody comes to use it meanwhile, nor what it linked."""
    found = []
    for kind, records in _KINDS.items():
        ensured = steps[kind].ensured if kind in steps and not steps[kind].released else None
        record = ensured and await records.find(connection, ensured.record_id, hold)
        if ensured and ensured.made and record:
            used = await is_used_by_others(connection, kind, record.id, conversion_id)
            found.append(Made(kind, record.id, ensured.record_version, record.version, used))
    return found
