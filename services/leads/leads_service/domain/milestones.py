"""What comes due on a lead's clock, and whether it still counts when the clock says so (spec: SLA)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from leads_service.domain.json_values import instant_text, json_number
from leads_service.domain.lead import Change, Lead
from leads_service.domain.notifications import notification_of
from leads_service.domain.settling import Situation, settle
from leads_service.domain.sla import Sla, promise_facts

# What is recorded within this is not late: a worker that starts again takes some seconds.
_LATE_AFTER = timedelta(seconds=60)


class MilestoneKind(StrEnum):
    """At risk, the deadline, or an escalation after it."""

    AT_RISK = "at_risk"
    BREACHED = "breached"
    ESCALATION = "escalation"


class Outcome(StrEnum):
    """What became of a milestone."""

    RECORDED = "recorded"
    ALREADY_RECORDED = "already_recorded"
    NOT_DUE = "not_due"
    CLOSED = "closed"


# The type and the title of the activity that says so.
_SAID = {
    MilestoneKind.AT_RISK: ("sla_at_risk", "The first response is at risk"),
    MilestoneKind.BREACHED: ("sla_breached", "The first response is overdue"),
    MilestoneKind.ESCALATION: ("sla_escalated", "Escalated: still no first response"),
}


@dataclass(frozen=True, slots=True)
class _Milestone:
    kind: MilestoneKind
    at: datetime
    is_recorded: bool
    # Which escalation.
    index: int = 0


def record(lead: Lead, kind: MilestoneKind, index: int, situation: Situation) -> tuple[Outcome, Change]:
    """Record a milestone, once, if its time has come and nobody had answered by then.

    What came before it and is not recorded is recorded first: the order is that of their times, in whichever order
    they are told. A lead at risk or a missed deadline is recorded also when an answer has come since: it did happen.
    An escalation is not carried out any more then. A deleted lead has no milestones. A converting lead's clock goes on.
    """
    milestones = _milestones(lead.sla)
    place = _place(milestones, kind, index)
    outcome = Outcome.CLOSED if place is None else _outcome(lead, milestones[place], situation.now)
    if place is None or outcome is not Outcome.RECORDED:
        return outcome, Change(lead, changed=False)
    return outcome, _record(lead, milestones[: place + 1], situation)[1]


def record_due(lead: Lead, situation: Situation) -> tuple[list[MilestoneKind], Change]:
    """Record everything that has come and is not recorded, in its order; says of which kinds it was."""
    return _record(lead, _milestones(lead.sla), situation)


def instant_of(lead: Lead, kind: MilestoneKind, index: int) -> datetime | None:
    """When a milestone of a lead comes; nothing for one that there is not."""
    milestones = _milestones(lead.sla)
    place = _place(milestones, kind, index)
    return None if place is None else milestones[place].at


def _milestones(promise: Sla | None) -> list[_Milestone]:
    """The milestones of a promise in the order in which they come."""
    if promise is None:
        return []
    return [
        _Milestone(MilestoneKind.AT_RISK, promise.at_risk_at, promise.at_risk_recorded_at is not None),
        _Milestone(MilestoneKind.BREACHED, promise.deadline, promise.breach_recorded_at is not None),
        *(
            _Milestone(MilestoneKind.ESCALATION, each.at, each.escalated_at is not None, index)
            for index, each in enumerate(promise.escalations)
        ),
    ]


def _place(milestones: Sequence[_Milestone], kind: MilestoneKind, index: int) -> int | None:
    """Where a milestone stands among them; nothing for an escalation that there is not."""
    for place, each in enumerate(milestones):
        if each.kind is kind and (kind is not MilestoneKind.ESCALATION or each.index == index):
            return place
    return None


def _outcome(lead: Lead, milestone: _Milestone, now: datetime) -> Outcome:
    if milestone.is_recorded:
        return Outcome.ALREADY_RECORDED
    if lead.deleted_at is not None or _answered_before(lead, milestone):
        return Outcome.CLOSED
    comes = lead.sla is not None and lead.sla.is_fixed(milestone.at) and now >= milestone.at
    return Outcome.RECORDED if comes else Outcome.NOT_DUE


def _answered_before(lead: Lead, milestone: _Milestone) -> bool:
    answered_at = lead.first_response_at
    return answered_at is not None and (answered_at < milestone.at or milestone.kind is MilestoneKind.ESCALATION)


def _record(lead: Lead, milestones: Sequence[_Milestone], situation: Situation) -> tuple[list[MilestoneKind], Change]:
    """Record those of a lead's milestones that are to be recorded now."""
    kinds: list[MilestoneKind] = []
    whole = Change(lead, changed=False)
    for milestone in milestones:
        if _outcome(lead, milestone, situation.now) is Outcome.RECORDED:
            kinds.append(milestone.kind)
            whole = _followed_by(whole, _recorded(whole.lead, milestone, situation))
    return kinds, whole


def _followed_by(first: Change, then: Change) -> Change:
    return Change(
        then.lead,
        first.history + then.history,
        first.activities + then.activities,
        changed=first.changed or then.changed,
        clock_changed=first.clock_changed or then.clock_changed,
        notifications=first.notifications + then.notifications,
    )


def _recorded(lead: Lead, milestone: _Milestone, situation: Situation) -> Change:
    """The lead with the milestone's mark, and with whom an escalation hands it over to; and those who are told."""
    if lead.sla is None:
        return Change(lead, changed=False)
    after = _marked(lead, lead.sla, milestone, situation.now)
    type_, title = _SAID[milestone.kind]
    facts = _facts(lead.sla, milestone, situation.now)
    activity = situation.activity(lead, type_, title, metadata=facts, occurred_at=milestone.at)
    told = notification_of(activity, lead, after)
    return replace(settle(lead, after, [activity], situation), notifications=(told,))


def _marked(lead: Lead, promise: Sla, milestone: _Milestone, now: datetime) -> Lead:
    if milestone.kind is MilestoneKind.AT_RISK:
        return replace(lead, sla=replace(promise, at_risk_recorded_at=now))
    if milestone.kind is MilestoneKind.BREACHED:
        return replace(lead, sla=replace(promise, breach_recorded_at=now))
    index, escalation = milestone.index, promise.escalations[milestone.index]
    done = replace(escalation, escalated_at=now)
    escalations = (*promise.escalations[:index], done, *promise.escalations[index + 1 :])
    owner = escalation.assign_to or lead.assigned_to
    return replace(lead, assigned_to=owner, sla=replace(promise, escalations=escalations))


def _facts(promise: Sla, milestone: _Milestone, now: datetime) -> dict[str, object]:
    facts = promise_facts(promise)
    if milestone.kind is MilestoneKind.ESCALATION:
        escalation = promise.escalations[milestone.index]
        facts["afterMinutes"] = json_number(escalation.after_minutes)
        if escalation.assign_to:
            facts["assignedTo"] = str(escalation.assign_to)
    if now - milestone.at > _LATE_AFTER:
        facts |= {"recordedLate": True, "recordedAt": instant_text(now)}
    return facts
