"""Loading a lead to change it, and writing the change whole: all that goes along, and the order to its clock."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.db.outbox import BEHIND, FIRST
from kit.errors import LeadlineError
from leadline_workflows.contracts.outbox import SLA_CLOCK
from leadline_workflows.contracts.sla import Clock, LeadSlaInput
from leads_service.domain import stage_assignment
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation
from leads_service.domain.sla import Sla
from leads_service.domain.standing import lead_not_found
from leads_service.store import closed_entries, leads, new_leads, notifications, stage_assignments
from leads_service.store.closed_entries import RETIRING

Result = TypeVar("Result")

# Each knows of every deletion that the one before has run into.
_MOST_ATTEMPTS = 3


async def load(connection: Reading, lead_id: UUID) -> Lead:
    """The lead as it is.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    lead = await leads.get(connection, lead_id)
    if lead is None:
        raise lead_not_found(lead_id)
    return lead


async def load_locked(tx: Writing, lead_id: UUID, *, deleted: bool = False) -> Lead:
    """The lead as it is, and nobody else changes it until this transaction ends. ``deleted``: also a deleted one.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    lead = await leads.lock(tx, lead_id)
    if lead is None or (lead.deleted_at is not None and not deleted):
        raise lead_not_found(lead_id)
    return lead


async def save_new(tx: Writing, change: Change, situation: Situation) -> Lead:
    """Write a new lead.

    Raises:
        LeadlineError: RETIRING.
    """
    await save_many_new(tx, [change], situation)
    return change.lead


async def save_many_new(tx: Writing, changes: Sequence[Change], situation: Situation) -> None:
    """Write new leads.

    Raises:
        LeadlineError: RETIRING; some may be written by then.
    """
    configuration = situation.configuration
    held = [stage_assignment.begun(each.lead, configuration, each.lead.created_at) for each in changes]
    await new_leads.insert(tx, changes, held, configuration.revision)
    await _tell_clocks(tx, [(None, change) for change in changes], configuration)


async def save(tx: Writing, before: Lead, change: Change, situation: Situation) -> Lead:
    """Write what changed of a locked lead.

    Raises:
        LeadlineError: RETIRING.
    """
    await save_many(tx, [(before, change)], situation)
    return change.lead


async def save_many(
    tx: Writing, changes: Sequence[tuple[Lead, Change]], situation: Situation, *, into_closed: bool = False
) -> None:
    """Write what changed of locked leads. ``into_closed``: also into an entry that is being deleted.

    Raises:
        LeadlineError: RETIRING.
    """
    await _save_many(tx, changes, situation, into_closed=into_closed)
    await _tell_clocks(tx, changes, situation.configuration)


async def save_repaired(tx: Writing, changes: Sequence[tuple[Lead, Change]], situation: Situation) -> int:
    """Write what changed of locked leads, and order the clocks of those who wait anew; says how many.

    A clock that goes on hears what it knows; one that has come to a wrong end is started again.

    Raises:
        LeadlineError: RETIRING.
    """
    await _save_many(tx, changes, situation)
    waiting = [change.lead for _, change in changes if not change.lead.clock_closed_by]
    await _order(tx, [(lead, True) for lead in waiting], situation.configuration)
    return len(waiting)


async def save_reordered(tx: Writing, changes: Sequence[tuple[Lead, Change]], situation: Situation) -> None:
    """Write clocks of locked leads that got a newer version, and order them, whether or not their run has ended."""
    await leads.save_many(tx, changes, None)
    await _order(tx, [(change.lead, True) for _, change in changes], situation.configuration)


async def _save_many(
    tx: Writing, changes: Sequence[tuple[Lead, Change]], situation: Situation, *, into_closed: bool = False
) -> None:
    await leads.save_many(tx, changes, None if into_closed else situation.configuration.revision)
    await _keep_assignments(tx, changes, situation)
    await notifications.write(tx, [each for _, change in changes for each in change.notifications])


async def knowing_what_is_closed(
    tx: Writing, situation: Situation, attempt: Callable[[Situation], Awaitable[Result]]
) -> Result:
    """What the attempt answers; tried again where it would enter what a deletion has closed that it did not know of.

    The database knows of a deletion a moment before each process does. A lead that may as well go elsewhere is not
    refused for that moment.

    Raises:
        LeadlineError: RETIRING where it enters that all the same, and whatever the attempt raises.
    """
    for _ in range(_MOST_ATTEMPTS - 1):
        try:
            return await attempt(situation)
        except LeadlineError as error:
            # What the configuration tells of is refused with the deletion's id, and will be again.
            if error.reason != RETIRING or error.metadata:
                raise
        closed = await closed_entries.closed_to(tx, situation.configuration.revision)
        situation = replace(situation, configuration=replace(situation.configuration, closed=closed))
    return await attempt(situation)


async def _keep_assignments(tx: Writing, changes: Sequence[tuple[Lead, Change]], situation: Situation) -> None:
    """Keep who held the leads at which stage; nothing is written where neither changed."""
    pairs = [(before, change.lead) for before, change in changes if change.changed]
    ended = [after.id for before, after in pairs if stage_assignment.ends(before, after)]
    begun = [
        stage_assignment.begun(after, situation.configuration, situation.now)
        for before, after in pairs
        if stage_assignment.begins(before, after)
    ]
    await stage_assignments.write(tx, ended, begun, situation.now)


async def _tell_clocks(
    tx: Writing, changes: Sequence[tuple[Lead | None, Change]], configuration: Configuration
) -> None:
    told = [(change.lead, _goes_on(before, change.lead)) for before, change in changes if change.clock_changed]
    await _order(tx, told, configuration)


async def _order(tx: Writing, told: Sequence[tuple[Lead, bool]], configuration: Configuration) -> None:
    orders = [(lead.id, SLA_CLOCK, asdict(clock_order(lead, configuration, revives=each))) for lead, each in told]
    # The clocks of many leads let those go first that a single call orders.
    await leads.outbox.add_many(tx, orders, rank=BEHIND if len(orders) > 1 else FIRST)


def _goes_on(before: Lead | None, after: Lead) -> bool:
    """Whether the clock may have come to its end before and now has something to wait for."""
    ended = before is not None and (bool(before.clock_closed_by) or before.sla is None)
    return ended and not after.clock_closed_by


def clock_order(lead: Lead, configuration: Configuration, *, revives: bool = False) -> LeadSlaInput:
    """The lead's clock as it is now, for its workflow; ``revives``: also where that had come to its end."""
    sla = lead.sla
    clock = Clock(
        version=lead.clock_version,
        at_risk_at=_instant(sla, sla.at_risk_at) if sla else "",
        deadline=_instant(sla, sla.deadline) if sla else "",
        escalations=[_instant(sla, each.at) for each in sla.escalations if sla.is_fixed(each.at)] if sla else [],
        closed_by=lead.clock_closed_by,
        priority=lead.priority,
        stage=configuration.stage_name(lead.stage_id),
        owner=str(lead.assigned_to or ""),
        policy=sla.policy if sla else "",
        paused=sla is not None and sla.paused_at is not None,
        held=sla is not None and sla.is_held,
    )
    return LeadSlaInput(str(lead.id), who(lead), clock.policy, clock, revives=revives, has_deadline=True)


def who(lead: Lead) -> str:
    """The lead in one line, for operators."""
    return f"{lead.name}, {lead.company}" if lead.company and lead.company != lead.name else lead.name


def _instant(sla: Sla, instant: datetime) -> str:
    """The instant for the clock; none while it stands still before it."""
    return instant.isoformat() if sla.is_fixed(instant) else ""
