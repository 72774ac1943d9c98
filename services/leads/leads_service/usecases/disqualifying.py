"""Disqualifying a lead."""

from uuid import UUID

from kit.db.database import Writing
from leads_service.domain import disqualifying as rules
from leads_service.domain import life_cycle
from leads_service.domain.disqualifying import Disqualification
from leads_service.domain.lead import Lead
from leads_service.domain.settling import Situation
from leads_service.usecases.saving import knowing_what_is_closed, load_locked, save


async def disqualify_lead(
    tx: Writing, lead_id: UUID, wanted: Disqualification, expected_version: int | None, situation: Situation
) -> Lead:
    """The lead closed for a reason, its clock too.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, and whatever ``disqualifying.disqualify`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)

    async def attempt(situation: Situation) -> Lead:
        return await save(tx, lead, rules.disqualify(lead, wanted, situation), situation)

    return await knowing_what_is_closed(tx, situation, attempt)
