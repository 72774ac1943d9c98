"""Creating, changing and deleting an entry of a list: one path for every kind of list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.errors import refused, stale
from settings_service.domain.entries import Entry
from settings_service.domain.fields import MOST_ENTRIES, checked
from settings_service.domain.refusal import refuse
from settings_service.domain.retirements import retiring
from settings_service.store import retirements
from settings_service.store.singles import advance_revision, lock_configuration
from settings_service.usecases.entry_lists import EntryList
from settings_service.usecases.missing import missing

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of one entry that are to change, by their own names, and the version they were read at."""

    entry_id: UUID
    fields: Mapping[str, Any]
    expected_version: int | None = None


async def get_entry(connection: Reading, list_: EntryList[E], entry_id: UUID) -> E:
    """The entry of this id.

    Raises:
        LeadlineError: the kind's not-found reason.
    """
    entry = await list_.entries.find(connection, entry_id)
    if entry is None:
        raise missing(list_.kind.not_found, entry_id)
    return entry


async def create_entry(tx: Writing, list_: EntryList[E], given: Mapping[str, Any]) -> E:
    """Add an entry and, where that follows from it, change its neighbours.

    Raises:
        LeadlineError: VALIDATION_FAILED, LIST_FULL, NAME_TAKEN, RETIRING, the not-found reason of what it is part of.
    """
    await lock_configuration(tx)
    kind = list_.kind
    fields = checked({**kind.fixed, **kind.rules}, {**dict.fromkeys(kind.required, ""), **given})
    values = {**kind.begin(fields), **fields}
    others = await list_.entries.alike(tx, values)
    if "position" in kind.rules:
        values.setdefault("position", len(others) + 1)
    draft = list_.entries.draft(values)
    await require_staying(tx, await list_.line(tx, draft))
    refuse(kind.faults(None, draft))
    if len(others) >= MOST_ENTRIES:
        raise refused("LIST_FULL", f"There are {MOST_ENTRIES:,} already, which is the most.")
    await save_settled(tx, list_, others, kind.settle(None, draft, others))
    added = await list_.entries.add(tx, draft)
    await list_.created(tx, added)
    await advance_revision(tx, scores=kind.scores(None, added))
    return added


async def update_entry(tx: Writing, list_: EntryList[E], change: Change) -> E:
    """Change an entry and, where that follows from it, its neighbours; nothing where all is as asked for already.

    Raises:
        LeadlineError: the kind's not-found reason, VERSION_STALE, RETIRING, VALIDATION_FAILED, NAME_TAKEN,
            DEFAULT_REQUIRED.
    """
    kind = list_.kind
    before = await lock_entry(tx, list_, change.entry_id, change.expected_version)
    after = replace(before, **checked(kind.rules, change.fields))
    if after == before:
        return before
    refuse(kind.faults(before, after))
    others = await list_.entries.neighbours(tx, before)
    kind.keep(before, after, await staying_of(tx, others))
    # Neighbours first: the old default must let go before the new one can be it.
    await save_settled(tx, list_, others, kind.settle(before, after, others))
    saved = await list_.entries.save(tx, after)
    await advance_revision(tx, scores=kind.scores(before, saved))
    return saved


async def delete_entry(tx: Writing, list_: EntryList[E], entry_id: UUID, expected_version: int | None) -> None:
    """Delete an entry that no record uses, and have its neighbours close the gap.

    Raises:
        LeadlineError: the kind's not-found reason, VERSION_STALE, RETIRING.
    """
    before = await lock_entry(tx, list_, entry_id, expected_version)
    await take_out(tx, list_, before)
    await advance_revision(tx, scores=list_.kind.scores(before, None))


async def lock_entry(tx: Writing, list_: EntryList[E], entry_id: UUID, expected_version: int | None) -> E:
    """The entry, which nobody else changes until this transaction ends.

    Raises:
        LeadlineError: the kind's not-found reason, VERSION_STALE, RETIRING.
    """
    await lock_configuration(tx)
    entry = await get_entry(tx, list_, entry_id)
    if expected_version not in {None, entry.version}:
        raise stale(entry.version)
    await require_staying(tx, await list_.line(tx, entry))
    return entry


async def require_staying(tx: Writing, entry_ids: Sequence[UUID]) -> None:
    """Refuse to touch what is being deleted.

    Raises:
        LeadlineError: RETIRING.
    """
    if running := await retirements.running_of(tx, entry_ids):
        raise retiring(running)


async def staying_of(tx: Writing, entries: Sequence[E]) -> list[E]:
    """Those of the entries that are not being deleted."""
    leaving = {each.entry_id for each in await retirements.running(tx)}
    return [entry for entry in entries if entry.id not in leaving]


async def take_out(tx: Writing, list_: EntryList[E], entry: E) -> None:
    """Delete an entry with all that belongs to it, and have its neighbours close the gap."""
    others = await list_.entries.neighbours(tx, entry)
    await list_.entries.remove(tx, entry.id)
    await save_settled(tx, list_, others, list_.kind.settle(entry, None, others))


async def save_settled(tx: Writing, list_: EntryList[E], others: Sequence[E], settled: Sequence[E]) -> None:
    """Store those of the neighbours that have changed."""
    known = {other.id: other for other in others}
    await list_.entries.save_neighbours(tx, [other for other in settled if other != known[other.id]])
