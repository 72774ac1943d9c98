"""What must hold for a stage by itself."""

from collections.abc import Iterator

from kit.errors import FieldViolation
from settings_service.domain.entries import Stage


def faults_of_stage(before: Stage | None, after: Stage) -> Iterator[FieldViolation]:
    """A stage that is both won and lost."""
    if after.is_won and after.is_lost:
        field = "isLost" if before and before.is_won else "isWon"
        yield FieldViolation(field, "WON_AND_LOST", "A stage is won or lost, not both.")


def is_renamed(before: Stage | None, after: Stage | None) -> bool:
    """Whether rules that look at the names of stages see another one."""
    return before is not None and after is not None and before.name != after.name
