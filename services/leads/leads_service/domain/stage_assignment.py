"""Who held a lead at which stage, from when to when (spec: stages)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.ids import new_id
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Lead


@dataclass(frozen=True, slots=True, kw_only=True)
class StageAssignment:
    """A time during which stage and owner of a lead stayed the same; without an end it goes on."""

    id: UUID
    lead_id: UUID
    stage_id: UUID
    # As it was then.
    stage_name: str
    assigned_to: UUID | None
    started_at: datetime
    ended_at: datetime | None = None


def ends(before: Lead, after: Lead) -> bool:
    """Whether a change ends the time that goes on."""
    return _held(before) not in {None, _held(after)}


def begins(before: Lead, after: Lead) -> bool:
    """Whether a time begins with a change. A deleted lead is held by nobody."""
    return _held(after) not in {None, _held(before)}


def begun(lead: Lead, configuration: Configuration, now: datetime) -> StageAssignment:
    """The time that begins now."""
    return StageAssignment(
        id=new_id(),
        lead_id=lead.id,
        stage_id=lead.stage_id,
        stage_name=configuration.stage_name(lead.stage_id),
        assigned_to=lead.assigned_to,
        started_at=now,
    )


def _held(lead: Lead) -> tuple[UUID, UUID | None] | None:
    return None if lead.deleted_at else (lead.stage_id, lead.assigned_to)
