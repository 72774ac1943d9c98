"""What changing one entry does to its neighbours: the others of the same pipeline, module or list.

Each function gets the entry before and after the change and its neighbours, and answers the neighbours as they
must be then; or it refuses the change.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from kit.errors import invalid_field, refused
from settings_service.domain.entries import Entry, Pipeline, Priority, Stage

E = TypeVar("E", bound=Entry)
Defaultable = TypeVar("Defaultable", Pipeline, Priority)
Positioned = TypeVar("Positioned", Stage, Priority)


def untouched(_before: E, _after: E, others: Sequence[E]) -> list[E]:
    """The neighbours stay as they are."""
    return list(others)


def one_default(before: Defaultable, after: Defaultable, others: Sequence[Defaultable]) -> list[Defaultable]:
    """A new default takes that from the old one.

    Raises:
        LeadlineError: DEFAULT_REQUIRED where the default would only stop being it.
    """
    if before.is_default and not after.is_default:
        raise refused("DEFAULT_REQUIRED", "There is always exactly one default. Make another one the default instead.")
    if not after.is_default:
        return list(others)
    return [replace(other, is_default=False) for other in others]


def one_order(before: Positioned, after: Positioned, others: Sequence[Positioned]) -> list[Positioned]:
    """The neighbours make room, so that positions stay 1…n.

    Raises:
        LeadlineError: VALIDATION_FAILED for a position beyond the last one.
    """
    if before.position == after.position:
        return list(others)
    last = len(others) + 1
    if not 1 <= after.position <= last:
        raise invalid_field("position", "OUT_OF_RANGE", f"Must be from 1 to {last}.")
    order = sorted(others, key=lambda other: other.position)
    order.insert(after.position - 1, after)
    return [replace(entry, position=place) for place, entry in enumerate(order, start=1) if entry.id != after.id]


def settle_stages(before: Stage, after: Stage, others: Sequence[Stage]) -> list[Stage]:
    """Positions stay 1…n, and an open stage is left.

    Raises:
        LeadlineError: VALIDATION_FAILED for a stage both won and lost, for the last open stage being closed,
            and for a position beyond the last one.
    """
    at_fault = "isLost" if before.is_won else "isWon"
    if after.is_won and after.is_lost:
        raise invalid_field(at_fault, "WON_AND_LOST", "A stage is won or lost, not both.")
    if not after.is_open and not any(other.is_open for other in others):
        at_fault = "isWon" if after.is_won else "isLost"
        raise invalid_field(at_fault, "LAST_OPEN_STAGE", "A pipeline keeps a stage that is neither won nor lost.")
    return one_order(before, after, others)


def settle_priorities(before: Priority, after: Priority, others: Sequence[Priority]) -> list[Priority]:
    """Positions stay 1…n, and one is the default."""
    return one_order(before, after, one_default(before, after, others))
