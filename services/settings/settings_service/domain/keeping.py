"""What must stay: a default, a module's last pipeline, a pipeline's last open stage.

Each function gets the entry before the change and after it, nothing where it is to be deleted, and those of its
neighbours that are not being deleted; it refuses the change that would take away what must stay.
"""

from collections.abc import Sequence
from typing import TypeVar

from kit.errors import invalid_field, refused
from settings_service.domain.entries import Entry, Pipeline, Priority, Stage

E = TypeVar("E", bound=Entry)
Defaultable = TypeVar("Defaultable", Pipeline, Priority)

_OPEN_STAGE = "A pipeline keeps a stage that is neither won nor lost."


def nothing(_before: E, _after: E | None, _staying: Sequence[E]) -> None:
    """Nothing of this kind must stay."""


def keep_default(before: Defaultable, after: Defaultable | None, _staying: Sequence[Defaultable]) -> None:
    """Refuse that the default only stops being it.

    Raises:
        LeadlineError: DEFAULT_REQUIRED.
    """
    if before.is_default and (after is None or not after.is_default):
        raise refused("DEFAULT_REQUIRED", "There is always exactly one default. Make another one the default instead.")


def keep_pipelines(before: Pipeline, after: Pipeline | None, staying: Sequence[Pipeline]) -> None:
    """Keep the default and the last pipeline of a module.

    Raises:
        LeadlineError: DEFAULT_REQUIRED, LAST_PIPELINE.
    """
    keep_default(before, after, staying)
    if after is None and not staying:
        raise refused("LAST_PIPELINE", "A module keeps at least one pipeline.")


def keep_open_stage(before: Stage, after: Stage | None, staying: Sequence[Stage]) -> None:
    """Keep a stage where records are worked on.

    Raises:
        LeadlineError: LAST_OPEN_STAGE for the last open stage being deleted, VALIDATION_FAILED for its being closed.
    """
    if not before.is_open or any(other.is_open for other in staying):
        return
    if after is None:
        raise refused("LAST_OPEN_STAGE", _OPEN_STAGE)
    if not after.is_open:
        raise invalid_field("isWon" if after.is_won else "isLost", "LAST_OPEN_STAGE", _OPEN_STAGE)
