"""Loading a lead to change it, and writing the change whole: lead, history, activities, and the order to its clock."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.errors import LeadlineError, not_found
from leadline_workflows.contracts.outbox import SLA_CLOCK
from leadline_workflows.contracts.sla import Clock, LeadSlaInput
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation
from leads_service.store import leads


def lead_not_found(lead_id: UUID) -> LeadlineError:
    """There is no such lead; a deleted one counts as none."""
    return not_found("LEAD_NOT_FOUND", f"There is no lead {lead_id}.")


async def load(connection: Reading, lead_id: UUID) -> Lead:
    """The lead as it is.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    lead = await leads.get(connection, lead_id)
    if lead is None:
        raise lead_not_found(lead_id)
    return lead


async def load_locked(tx: Writing, lead_id: UUID) -> Lead:
    """The lead as it is, and nobody else changes it until this transaction ends.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    lead = await leads.lock(tx, lead_id)
    if lead is None or lead.deleted_at is not None:
        raise lead_not_found(lead_id)
    return lead


async def save_new(tx: Writing, change: Change, situation: Situation) -> Lead:
    """Write a new lead."""
    await leads.insert(tx, change)
    await _tell_clock(tx, change, situation.configuration)
    return change.lead


async def save(tx: Writing, before: Lead, change: Change, situation: Situation) -> Lead:
    """Write what changed of a locked lead."""
    await leads.save(tx, before, change)
    await _tell_clock(tx, change, situation.configuration)
    return change.lead


async def _tell_clock(tx: Writing, change: Change, configuration: Configuration) -> None:
    if change.clock_changed:
        start = clock_order(change.lead, configuration)
        await leads.outbox.add(tx, key=change.lead.id, kind=SLA_CLOCK, payload=asdict(start))


def clock_order(lead: Lead, configuration: Configuration) -> LeadSlaInput:
    """The lead's clock as it is now, for its workflow."""
    sla = lead.sla
    clock = Clock(
        version=lead.clock_version,
        at_risk_at=_instant(sla.at_risk_at) if sla else "",
        deadline=_instant(sla.deadline) if sla else "",
        escalations=[_instant(each.at) for each in sla.escalations] if sla else [],
        closed_by=lead.clock_closed_by,
        priority=lead.priority,
        stage=configuration.stage_name(lead.stage_id),
        owner=str(lead.assigned_to or ""),
        policy=sla.policy if sla else "",
    )
    return LeadSlaInput(lead_id=str(lead.id), who=who(lead), policy=clock.policy, clock=clock)


def who(lead: Lead) -> str:
    """The lead in one line, for operators."""
    return f"{lead.name}, {lead.company}" if lead.company and lead.company != lead.name else lead.name


def _instant(instant: datetime) -> str:
    return instant.isoformat()
