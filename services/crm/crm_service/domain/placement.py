"""Where opportunities stand in their pipelines, as the deletion of a pipeline or stage changes it (spec: stages)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from crm_service.domain.fields import Rule, id_, required
from kit.errors import FieldViolation, invalid, invalid_field

MOST_STAGES = 1000
_MOST_AT_ONCE = 1000
_AT_ONCE = 200

RETIREMENT: Mapping[str, Rule] = {"retirement_id": required(id_)}
MOVE: Mapping[str, Rule] = {
    "from_stage_id": required(id_),
    "to_pipeline_id": required(id_),
    "to_stage_id": required(id_),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMove:
    """From one stage to another."""

    from_stage_id: UUID
    to_pipeline_id: UUID
    to_stage_id: UUID


def batch_size(limit: int) -> int:
    """How many opportunities a call moves, 1 to 1,000. A 0 means 200.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if not 0 <= limit <= _MOST_AT_ONCE:
        raise invalid_field("limit", "OUT_OF_RANGE", f"Must be from 1 to {_MOST_AT_ONCE}.")
    return limit or _AT_ONCE


def require_few(field: str, number: int) -> None:
    """Refuse a list of stages that is empty or endless.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    if not 1 <= number <= MOST_STAGES:
        raise invalid_field(field, "OUT_OF_RANGE", f"Must have from 1 to {MOST_STAGES} items.")


def check_moves(moves: Sequence[StageMove]) -> None:
    """Refuse moves that do not say where an opportunity goes, or that would never come to an end.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each move at fault.
    """
    emptied: set[UUID] = set()
    violations = []
    for place, move in enumerate(moves):
        if move.from_stage_id in emptied:
            message = "Another move empties this stage already."
            violations.append(FieldViolation(f"moves.{place}.fromStageId", "NOT_UNIQUE", message))
        emptied.add(move.from_stage_id)
    for place, move in enumerate(moves):
        if move.to_stage_id in emptied:
            message = "Must not be a stage that is emptied."
            violations.append(FieldViolation(f"moves.{place}.toStageId", "NOT_ALLOWED", message))
    if violations:
        raise invalid(*violations)
