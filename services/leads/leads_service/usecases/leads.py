"""Creating, changing, deleting and restoring a lead."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.ids import new_id
from leads_service.domain import life_cycle
from leads_service.domain.drafts import Draft
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.store import leads as store
from leads_service.usecases.assigning import assigned
from leads_service.usecases.duplicates import refuse_duplicates
from leads_service.usecases.saving import knowing_what_is_closed, load, load_locked, save, save_new


async def create_lead(tx: Writing, given: Mapping[str, Any], created_by: UUID, situation: Situation) -> Lead:
    """A new lead, in its stage, with its owner, scored, with its deadline promised and its clock ordered.

    Raises:
        LeadlineError: LEAD_DUPLICATE, and whatever ``life_cycle.create`` refuses.
    """

    async def attempt(situation: Situation) -> Lead:
        draft = life_cycle.create(new_id(), given, created_by, situation)
        await refuse_duplicates(tx, draft.after, situation)
        return await save_new(tx, await assigned(tx, draft), situation)

    return await knowing_what_is_closed(tx, situation, attempt)


async def get_lead(connection: Reading, lead_id: UUID) -> Lead:
    """The lead.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    return await load(connection, lead_id)


async def get_leads(connection: Reading, lead_ids: Sequence[UUID]) -> Mapping[UUID, Lead]:
    """The leads of these ids, without those that are not there."""
    return await store.get_many(connection, lead_ids)


async def update_lead(
    tx: Writing, lead_id: UUID, given: Mapping[str, Any], expected_version: int | None, situation: Situation
) -> Lead:
    """The lead with the given fields changed.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, and whatever ``life_cycle.update`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)
    return await _save(tx, lead, situation, lambda situation: life_cycle.update(lead, given, situation))


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
    return await _save(
        tx, lead, situation, lambda situation: life_cycle.change_stage(lead, stage_id, stage_values, situation)
    )


async def delete_lead(tx: Writing, lead_id: UUID, expected_version: int | None, situation: Situation) -> None:
    """The lead taken out of every answer, its clock closed.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, LEAD_CONVERTING, LEAD_CLOSED.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)
    await save(tx, lead, life_cycle.delete(lead, situation), situation)


async def restore_lead(tx: Writing, lead_id: UUID, expected_version: int | None, situation: Situation) -> Lead:
    """The deleted lead, back in every answer, its clock going on.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, LEAD_NOT_DELETED.
    """
    lead = await load_locked(tx, lead_id, deleted=True)
    life_cycle.require_version(lead, expected_version)
    return await save(tx, lead, life_cycle.restore(lead, situation), situation)


async def _save(tx: Writing, lead: Lead, situation: Situation, decide: Callable[[Situation], Draft]) -> Lead:
    async def attempt(situation: Situation) -> Lead:
        return await save(tx, lead, await assigned(tx, decide(situation)), situation)

    return await knowing_what_is_closed(tx, situation, attempt)
