"""Whether a conversion that has come to its end can be undone as if it had not been."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from crm_service.domain.records import Kind


class Why(StrEnum):
    """Why a record stands in the way."""

    CHANGED = "changed"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A record that keeps a conversion from being undone."""

    kind: Kind
    record_id: UUID
    why: Why


@dataclass(frozen=True, slots=True)
class Made:
    """A record that a conversion made: its version then and now, and whether others use it."""

    kind: Kind
    record_id: UUID
    made_at_version: int
    version: int
    is_used: bool


def obstacles(made: Iterable[Made]) -> Sequence[Obstacle]:
    """What stands in the way. A record that is used is not named a second time for having changed."""
    return [Obstacle(each.kind, each.record_id, why) for each in made if (why := _why(each))]


def _why(made: Made) -> Why | None:
    if made.is_used:
        return Why.USED
    return Why.CHANGED if made.version != made.made_at_version else None
