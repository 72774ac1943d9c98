"""Opening a disqualified lead again."""

from uuid import UUID

from kit.db.database import Writing
from leads_service.domain import life_cycle
from leads_service.domain import reopening as rules
from leads_service.domain.lead import Lead
from leads_service.domain.reopening import Reopening
from leads_service.domain.settling import Situation
from leads_service.usecases.assigning import assigned
from leads_service.usecases.saving import knowing_what_is_closed, load_locked, save


async def reopen_lead(
    tx: Writing, lead_id: UUID, wanted: Reopening, expected_version: int | None, situation: Situation
) -> Lead:
    """The lead, open again at its stage, with a clock that starts anew.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VERSION_STALE, and whatever ``reopening.reopen`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    life_cycle.require_version(lead, expected_version)

    async def attempt(situation: Situation) -> Lead:
        return await save(tx, lead, await assigned(tx, rules.reopen(lead, wanted, situation)), situation)

    return await knowing_what_is_closed(tx, situation, attempt)
