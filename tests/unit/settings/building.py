"""Entries for tests of the pure rules."""

from datetime import UTC, datetime
from typing import Any

from kit.ids import new_id
from settings_service.domain.entries import Pipeline, Priority, Stage

NOW = datetime(2025, 1, 20, 10, tzinfo=UTC)
PIPELINE_ID = new_id()


def _entry(name: str) -> dict[str, Any]:
    return {"id": new_id(), "version": 1, "created_at": NOW, "updated_at": NOW, "name": name}


def priority(position: int, *, is_default: bool = False) -> Priority:
    """A priority that is named like its position."""
    name = str(position)
    return Priority(**_entry(name), label=name, color="#000000", position=position, is_default=is_default)


def pipeline(name: str = "Sales", *, is_default: bool = False) -> Pipeline:
    """A pipeline of leads."""
    return Pipeline(**_entry(name), module="leads", is_default=is_default, movement="free")


def stage(position: int, *, is_won: bool = False, is_lost: bool = False) -> Stage:
    """A stage that is named like its position."""
    return Stage(
        **_entry(str(position)),
        pipeline_id=PIPELINE_ID,
        position=position,
        color="#000000",
        probability=0,
        is_won=is_won,
        is_lost=is_lost,
    )
