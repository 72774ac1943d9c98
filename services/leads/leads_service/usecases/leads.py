"""Creating, changing and deleting a lead."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.ids import new_id
from leads_service.domain import life_cycle
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.usecases.saving import load, load_locked, save, save_new


async def create_lead(tx: Writing, given: Mapping[str, Any], created_by: UUID, situation: Situation) -> Lead:
    """A new lead, in its stage, scored, with its deadline promised and its clock ordered.

    Raises:
        LeadlineError: VALIDATION_FAILED or STAGE_FIELDS_MISSING.
    """
    return await save_new(tx, life_cycle.create(new_id(), given, created_by, situation), situation)


async def get_lead(connection: Reading, lead_id: UUID) -> Lead:
    """The lead.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    return await load(connection, lead_id)


async def update_lead(
    tx: Writing, lead_id: UUID, given: Mapping[str, Any], expected_version: int | None, situation: Situation
) -> Lead:
    """The lead with the given fields changed.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, and whatever ``life_cycle.update`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)
    return await save(tx, lead, life_cycle.update(lead, given, situation), situation)


async def change_stage(
    tx: Writing,
    lead_id: UUID,
    stage_id: UUID,
    stage_values: Mapping[str, Any],
    *,
    expected_version: int | None,
    situation: Situation,
) -> Lead:
    """The lead in another stage of its pipeline.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, and whatever ``life_cycle.change_stage`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)
    return await save(tx, lead, life_cycle.change_stage(lead, stage_id, stage_values, situation), situation)


async def delete_lead(tx: Writing, lead_id: UUID, expected_version: int | None, situation: Situation) -> None:
    """The lead taken out of every answer, its clock closed.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, LEAD_CONVERTING, LEAD_CLOSED.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)
    await save(tx, lead, life_cycle.delete(lead, situation), situation)
