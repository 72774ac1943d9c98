"""Changing an entry of a list: one path for every kind of list."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from kit.db.database import Writing
from kit.errors import LeadlineError, not_found, stale
from settings_service.domain import kinds
from settings_service.domain.entries import Entry, Label, LabelList
from settings_service.domain.fields import checked
from settings_service.domain.kinds import Kind
from settings_service.store import entries
from settings_service.store.entries import Entries
from settings_service.store.singles import advance_revision, lock_configuration

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class EntryList(Generic[E]):
    """A list whose entries can be changed: its rules and where it is stored."""

    kind: Kind[E]
    entries: Entries[E]


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of one entry that are to change, by their own names, and the version they were read at."""

    entry_id: UUID
    fields: Mapping[str, Any]
    expected_version: int | None = None


PIPELINES = EntryList(kinds.PIPELINES, entries.PIPELINES)
STAGES = EntryList(kinds.STAGES, entries.STAGES)
PRIORITIES = EntryList(kinds.PRIORITIES, entries.PRIORITIES)
LABELS: Mapping[LabelList, EntryList[Label]] = {
    name: EntryList(kind, entries.labels_of(name)) for name, kind in kinds.LABELS.items()
}


async def update_entry(tx: Writing, list_: EntryList[E], change: Change) -> E:
    """Change an entry and, where that follows from it, its neighbours; nothing where all is as asked for already.

    Raises:
        LeadlineError: the kind's not-found reason, VERSION_STALE, VALIDATION_FAILED, NAME_TAKEN, DEFAULT_REQUIRED.
    """
    await lock_configuration(tx)
    before = await list_.entries.find(tx, change.entry_id)
    if before is None:
        raise _missing(list_.kind.not_found, change.entry_id)
    if change.expected_version not in {None, before.version}:
        raise stale(before.version)
    after = replace(before, **checked(list_.kind.rules, change.fields))
    if after == before:
        return before
    others = await list_.entries.neighbours(tx, before)
    settled = list_.kind.settle(before, after, others)
    # Neighbours first: the old default must let go before the new one can be it.
    known = {other.id: other for other in others}
    await list_.entries.save_neighbours(tx, [other for other in settled if other != known[other.id]])
    saved = await list_.entries.save(tx, after)
    await advance_revision(tx)
    return saved


def _missing(reason: str, entry_id: UUID) -> LeadlineError:
    noun = reason.removesuffix("_NOT_FOUND").replace("_", " ").lower()
    return not_found(reason, f"There is no {noun} {entry_id}.")
