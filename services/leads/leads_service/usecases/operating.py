"""Doing with a lead's clock what an operator asks for."""

from uuid import UUID

from kit.db.database import Writing
from leads_service.domain.lead import Lead
from leads_service.domain.operating import Operation, Wish
from leads_service.domain.settling import Situation
from leads_service.usecases.saving import load_locked, save


async def operate_clock(tx: Writing, lead_id: UUID, operation: Operation, wish: Wish, situation: Situation) -> Lead:
    """Carry out what is asked for, with its activity and the order to the clock, under the lead's lock.

    Raises:
        LeadlineError: LEAD_NOT_FOUND for a lead that never was, a deleted one's clock is closed; and what the
            operation raises.
    """
    lead = await load_locked(tx, lead_id, deleted=True)
    return await save(tx, lead, operation(lead, wish, situation), situation)
