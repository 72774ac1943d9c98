"""Clocks that stand still while their lead is at certain stages, or an operator says so (spec: SLA, pausing).

What was promised keeps its calendar: the business time that was left when the clock came to stand still is what is
left when it goes on.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from leads_service.domain.business_clock import NeverOpensError, add_business_time, business_time_between
from leads_service.domain.configuration import SlaPolicy
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.sla import Pausing, Sla


def paused_or_resumed(lead: Lead, now: datetime) -> Lead:
    """The lead whose clock stands still where it should, from ``now`` on, and otherwise goes on."""
    sla = lead.sla
    if sla is None or (sla.pausing is None and sla.paused_at is None):
        return lead
    stands = _should_stand_still(lead, sla, now)
    if stands == (sla.paused_at is not None):
        return lead
    return replace(lead, sla=replace(sla, paused_at=now) if stands else _resumed(sla, now))


def _should_stand_still(lead: Lead, sla: Sla, now: datetime) -> bool:
    """Whether somebody is still waited for, at a stage that pauses or held, with time left: overdue stays overdue."""
    waiting = lead.status is LeadStatus.OPEN and lead.deleted_at is None and lead.first_response_at is None
    pauses_here = sla.pausing is not None and lead.stage_id in sla.pausing.stage_ids
    return waiting and (pauses_here or sla.is_held) and sla.deadline > (sla.paused_at or now)


def _resumed(sla: Sla, now: datetime) -> Sla:
    if sla.paused_at is None:
        return sla
    pause = (sla.paused_at, now)
    return replace(_without(sla, [pause]), paused_at=None, pauses=(*sla.pauses, pause))


def with_pauses_of(old: Sla, made: Sla, policy: SlaPolicy) -> Sla:
    """A promise by another policy, which stands still where the old one does, and has stood still when that did.

    Held by an operator, it stays held.
    """
    if not old.pauses and old.paused_at is None:
        return made
    # Also a policy that never pauses is asked by which calendar it counts.
    made = replace(made, pausing=Pausing(policy.pause_at_stages, policy.calendar, held=old.is_held))
    return replace(_without(made, old.pauses), paused_at=old.paused_at, pauses=old.pauses)


def _without(sla: Sla, pauses: Sequence[tuple[datetime, datetime]]) -> Sla:
    """The promise with what lies behind the beginning of each pause moved by its business time, one after the other."""
    for begin, end in pauses:
        sla = replace(
            sla,
            at_risk_at=_moved(sla, sla.at_risk_at, begin, end),
            deadline=_moved(sla, sla.deadline, begin, end),
            escalations=tuple(replace(each, at=_moved(sla, each.at, begin, end)) for each in sla.escalations),
        )
    return sla


def _moved(sla: Sla, instant: datetime, begin: datetime, end: datetime) -> datetime:
    if instant <= begin:
        return instant
    hours = sla.pausing.hours if sla.pausing else None
    try:
        return add_business_time(end, business_time_between(begin, instant, hours), hours)
    except NeverOpensError:
        # A calendar that opens no more within ten years: real time is better than no deadline.
        return instant + (end - begin)
