"""What happens to leads, as whole changes: drafts are settled with the owner whom a stage gives, if it does."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leads_service.domain import life_cycle
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation


def create(
    lead_id: UUID, given: Mapping[str, Any], created_by: UUID, situation: Situation, *, owner: UUID | None = None
) -> Change:
    """A new lead."""
    return life_cycle.create(lead_id, given, created_by, situation).settled(owner)


def update(lead: Lead, given: Mapping[str, Any], situation: Situation, *, owner: UUID | None = None) -> Change:
    """The lead with the given fields changed."""
    return life_cycle.update(lead, given, situation).settled(owner)


def change_stage(lead: Lead, stage_id: UUID, values: Mapping[str, Any], situation: Situation) -> Change:
    """The lead in another stage."""
    return life_cycle.change_stage(lead, stage_id, values, situation).settled()
