"""What changing one entry does to its neighbours: the others of the same pipeline, module or list.

Each function gets the entry before and after the change and its neighbours, and answers the neighbours as they
must be then. What is created was nothing before; what is deleted is nothing afterwards.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from kit.errors import invalid_field
from settings_service.domain.entries import Entry, Pipeline, Priority, ScoringRule, Stage, StageField

E = TypeVar("E", bound=Entry)
Defaultable = TypeVar("Defaultable", Pipeline, Priority)
Positioned = TypeVar("Positioned", Stage, StageField, Priority, ScoringRule)


def untouched(_before: E | None, _after: E | None, others: Sequence[E]) -> list[E]:
    """The neighbours stay as they are."""
    return list(others)


def one_default(
    _before: Defaultable | None, after: Defaultable | None, others: Sequence[Defaultable]
) -> list[Defaultable]:
    """A new default takes that from the old one."""
    if after is None or not after.is_default:
        return list(others)
    return [replace(other, is_default=False) for other in others]


def one_order(before: Positioned | None, after: Positioned | None, others: Sequence[Positioned]) -> list[Positioned]:
    """The neighbours make room or close the gap, so that positions stay 1…n.

    Raises:
        LeadlineError: VALIDATION_FAILED for a position beyond the last one.
    """
    if before and after and before.position == after.position:
        return list(others)
    order = sorted(others, key=lambda other: other.position)
    if after:
        last = len(others) + 1
        if not 1 <= after.position <= last:
            raise invalid_field("position", "OUT_OF_RANGE", f"Must be from 1 to {last}.")
        order.insert(after.position - 1, after)
    placed = (replace(entry, position=place) for place, entry in enumerate(order, start=1))
    return [entry for entry in placed if after is None or entry.id != after.id]


def settle_priorities(before: Priority | None, after: Priority | None, others: Sequence[Priority]) -> list[Priority]:
    """Positions stay 1…n, and one is the default."""
    return one_order(before, after, one_default(before, after, others))


def put_in_order(entries: Sequence[Positioned], ids: Sequence[UUID]) -> list[Positioned]:
    """The entries in the order of these ids, which are theirs, with the positions that follow from it."""
    known = {entry.id: entry for entry in entries}
    return [replace(known[each], position=place) for place, each in enumerate(ids, start=1)]
