"""What operators do with a lead's clock: move its deadline, have it stand still, let it go on, read it (spec: SLA)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kit.errors import invalid_field, refused
from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.business_clock import NeverOpensError, add_business_time, business_time_between
from leads_service.domain.configuration import Settings
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_text
from leads_service.domain.json_values import instant_text
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation, settle
from leads_service.domain.sla import Escalation, Pausing, Sla, promise_facts, replaced
from leads_service.domain.standing import Deed, require
from leads_service.domain.texts import one_line

_LONGEST_NAME = 200
_LONGEST_REASON = 1000
_FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who asks for it, and why: operators are known by what they say of themselves."""

    by: str
    reason: str


Operation = Callable[[Lead, Wish, Situation], Change]


def extend(until: datetime, lead: Lead, wish: Wish, situation: Situation) -> Change:
    """The lead with its deadline moved to ``until``, and what lies behind it by the same business time.

    A lead that was overdue is waited for again; what was recorded and lies ahead again will be recorded when it comes.

    Raises:
        LeadlineError: CLOCK_CLOSED, LEAD_CONVERTING, CLOCK_PAUSED, VALIDATION_FAILED naming each field at fault.
    """
    promise = _running(lead)
    _require_ticking(promise)
    faults = Faults()
    said = _said(wish, faults)
    faults.finish(lambda: _check_until(until, promise, situation.now))
    moved = _extended(promise, until, situation)
    said |= {"previousDeadline": instant_text(promise.deadline), **promise_facts(moved)}
    told = situation.activity(lead, "sla_extended", "The response deadline was extended", metadata=said)
    return settle(lead, replace(lead, sla=moved), [told], situation)


def hold(lead: Lead, wish: Wish, situation: Situation) -> Change:
    """The lead whose clock stands still from now on, at whatever stage, until an operator lets it go on.

    Raises:
        LeadlineError: CLOCK_CLOSED, LEAD_CONVERTING, CLOCK_PAUSED, CLOCK_OVERDUE, VALIDATION_FAILED naming each field
            at fault.
    """
    promise = _running(lead)
    _require_ticking(promise)
    if promise.deadline <= situation.now:
        raise refused("CLOCK_OVERDUE", "The deadline has passed: what is overdue stays overdue. Extend it first.")
    said = _said(wish) | promise_facts(promise)
    held = replace(promise, pausing=replace(_counted(promise, situation.configuration.settings), held=True))
    told = situation.activity(lead, "sla_paused", "The SLA clock was paused", metadata=said)
    return settle(lead, replace(lead, sla=held), [told], situation)


def resume(lead: Lead, wish: Wish, situation: Situation) -> Change:
    """The lead whose clock no operator holds any more: it goes on, unless the lead's stage has it stand still.

    Raises:
        LeadlineError: CLOCK_CLOSED, LEAD_CONVERTING, CLOCK_NOT_PAUSED, VALIDATION_FAILED naming each field at fault.
    """
    promise = _running(lead)
    if promise.pausing is None or not promise.is_held:
        raise refused("CLOCK_NOT_PAUSED", "No operator has this clock stand still.")
    said = _said(wish) | {"previousDeadline": instant_text(promise.deadline)}
    if promise.paused_at is not None:
        said["pausedAt"] = instant_text(promise.paused_at)
    free = replace(promise, pausing=replace(promise.pausing, held=False))
    change = settle(lead, replace(lead, sla=free), [], situation)
    said |= promise_facts(change.lead.sla or free)
    told = situation.activity(lead, "sla_resumed", "The SLA clock goes on", metadata=said)
    return replace(change, activities=(*change.activities, told))


def read(lead: Lead, wish: Wish, situation: Situation) -> Change:
    """The lead as it is, with an activity that says who looked. A clock that is over has nothing recorded any more.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each field at fault.
    """
    said = _said(wish)
    if lead.sla is None or lead.clock_closed_by:
        return Change(lead, changed=False)
    told = situation.activity(lead, "sla_read", "The SLA clock was read anew", metadata=said | promise_facts(lead.sla))
    return settle(lead, lead, [told], situation)


def _running(lead: Lead) -> Sla:
    """The promise of a lead that somebody waits for, and that no conversion has locked."""
    if lead.sla is None:
        raise refused("CLOCK_CLOSED", "The lead has no SLA.", metadata={"closedBy": lead.clock_closed_by})
    if lead.clock_closed_by:
        message = f"The clock is over: the lead is {lead.clock_closed_by}."
        raise refused("CLOCK_CLOSED", message, metadata={"closedBy": lead.clock_closed_by})
    require(lead, Deed.CHANGE)
    return lead.sla


def _require_ticking(promise: Sla) -> None:
    if promise.is_held:
        raise refused("CLOCK_PAUSED", "An operator has this clock stand still. Let it go on first.")
    if promise.paused_at is not None:
        raise refused("CLOCK_PAUSED", "The clock stands still while the lead is at this stage.")


def _said(wish: Wish, faults: Faults | None = None) -> dict[str, Any]:
    """Who and why, as the activity keeps it; with ``faults``, what is wrong with it is noted there."""
    noted = Faults() if faults is None else faults
    by = noted.note(lambda: _required("by", one_line("by", wish.by, _LONGEST_NAME)))
    reason = noted.note(lambda: clean_text("reason", wish.reason, longest=_LONGEST_REASON))
    if faults is None:
        noted.refuse()
    return {"by": by, "reason": reason}


def _required(name: str, text: str) -> str:
    if not text:
        raise invalid_field(name, "REQUIRED", "Must not be empty.")
    return text


def _check_until(until: datetime, promise: Sla, now: datetime) -> bool:
    if until <= max(promise.deadline, now):
        message = f"Must be later than now and than the deadline, which is {instant_text(promise.deadline)}."
        raise invalid_field("until", "OUT_OF_RANGE", message)
    if until > now + _FURTHEST:
        raise invalid_field("until", "OUT_OF_RANGE", "Must be at most a year ahead.")
    return True


def _extended(promise: Sla, until: datetime, situation: Situation) -> Sla:
    pausing = replace(_counted(promise, situation.configuration.settings), extended=True)
    hours = pausing.hours
    at_risk_at = _moved(promise.at_risk_at, promise.deadline, until, hours)
    if at_risk_at <= situation.now:
        # It has come, and has come then, too.
        at_risk_at = promise.at_risk_at
    moved = replace(
        promise,
        at_risk_at=at_risk_at,
        deadline=until,
        escalations=tuple(
            replace(each, at=_after(each, promise.deadline, until, hours), escalated_at=None)
            for each in promise.escalations
        ),
        pausing=pausing,
    )
    return replaced(promise, moved, situation.now)


def _counted(promise: Sla, settings: Settings) -> Pausing:
    """By which calendar the promise counts; where it does not say so, by that of its policy as it is now."""
    if promise.pausing is not None:
        return promise.pausing
    policy = next((each for each in settings.policies if each.name == promise.policy), None)
    return Pausing(frozenset(), policy.calendar if policy else None)


def _moved(instant: datetime, deadline: datetime, until: datetime, hours: BusinessHours | None) -> datetime:
    """The instant moved by the business time from the deadline until the new one."""
    try:
        return add_business_time(instant, business_time_between(deadline, until, hours), hours)
    except NeverOpensError:
        # A calendar that opens no more within ten years: real time is better than nothing that comes.
        return instant + (until - deadline)


def _after(escalation: Escalation, deadline: datetime, until: datetime, hours: BusinessHours | None) -> datetime:
    """An escalation so much later, and never before the new deadline, which may fall where nobody works."""
    return max(_moved(escalation.at, deadline, until, hours), until)
