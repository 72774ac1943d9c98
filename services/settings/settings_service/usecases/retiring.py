"""Asking for the deletion of an entry that records may use."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from kit.db.database import Writing
from kit.errors import invalid_field
from kit.ids import new_id
from settings_service.domain.entries import Named
from settings_service.domain.retirements import Retirement, retiring
from settings_service.store import retirements
from settings_service.store.singles import advance_revision
from settings_service.usecases.lists import lock_entry, staying_of
from settings_service.usecases.retirable import Obstacle, Retirable

E = TypeVar("E", bound=Named)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which entry is to go, what takes its records, the version the entry was read at, and who wants that."""

    entry_id: UUID
    target_id: UUID | None
    expected_version: int | None
    requested_by: UUID


async def retire(tx: Writing, retirable: Retirable[E], wish: Wish) -> Retirement:
    """Close an entry to entry, and order its deletion: the configuration that carries it is the order.

    Raises:
        LeadlineError: the kind's not-found reason, VERSION_STALE, RETIRING, DEFAULT_REQUIRED, LAST_PIPELINE,
            LAST_OPEN_STAGE, VALIDATION_FAILED for what cannot take the records.
    """
    list_ = retirable.list
    entry = await lock_entry(tx, list_, wish.entry_id, wish.expected_version)
    others = await list_.entries.neighbours(tx, entry)
    list_.kind.keep(entry, None, await staying_of(tx, others))
    await _require_no_part_in_another(tx, {*await list_.line(tx, entry), *await retirable.parts(tx, entry)})
    target = await _target(tx, retirable, entry, wish.target_id) if wish.target_id else None
    begun = await retirements.add(
        tx,
        id=new_id(),
        kind=retirable.kind,
        entry_id=entry.id,
        name=entry.name,
        module=await retirable.module(tx, entry),
        target_id=target.id if target else None,
        target_name=target.name if target else None,
        requested_by=wish.requested_by,
    )
    await advance_revision(tx)
    return begun


async def _require_no_part_in_another(tx: Writing, entry_ids: Collection[UUID]) -> None:
    """Refuse to close what takes the records of another entry, or what a running deletion deletes a part of."""
    for running in await retirements.running(tx):
        if running.entry_id in entry_ids or running.target_id in entry_ids:
            raise retiring(running)


async def _target(tx: Writing, retirable: Retirable[E], entry: E, target_id: UUID) -> E:
    target = await retirable.list.entries.find(tx, target_id)
    if target is None:
        raise invalid_field(retirable.target_field, "NOT_CONFIGURED", "There is no such entry in this list.")
    if obstacle := await _obstacle(tx, retirable, entry, target):
        raise invalid_field(retirable.target_field, obstacle.reason, obstacle.sentence)
    return target


async def _obstacle(tx: Writing, retirable: Retirable[E], entry: E, target: E) -> Obstacle | None:
    """Why the target cannot take the entry's records."""
    if target.id == entry.id:
        return Obstacle("SAME_ENTRY", "Must be another one.")
    module = await retirable.module(tx, entry)
    if await retirable.module(tx, target) != module:
        return Obstacle("OTHER_MODULE", f"Must be of module {module}.")
    if running := await retirements.running_of(tx, await retirable.list.line(tx, target)):
        return Obstacle("RETIRING", f"The deletion of {running.name} is running.")
    return await retirable.obstacle(tx, target)
