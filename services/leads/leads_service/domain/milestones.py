"""What comes due on a lead's clock, and whether it still counts when the clock says so (spec: SLA)."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from leads_service.domain.json_values import json_number
from leads_service.domain.lead import Activity, Change, Lead
from leads_service.domain.settling import Situation, settle
from leads_service.domain.sla import Sla


class MilestoneKind(StrEnum):
    """At risk, the deadline, or an escalation after it."""

    AT_RISK = "at_risk"
    BREACHED = "breached"
    ESCALATION = "escalation"


_FIRST = ((MilestoneKind.AT_RISK, 0), (MilestoneKind.BREACHED, 0))


class Outcome(StrEnum):
    """What became of a milestone."""

    RECORDED = "recorded"
    ALREADY_RECORDED = "already_recorded"
    NOT_DUE = "not_due"
    CLOSED = "closed"


def record(lead: Lead, kind: MilestoneKind, index: int, situation: Situation) -> tuple[Outcome, Change]:
    """Record a milestone, once, if its time has come and nobody had answered by then.

    A lead at risk or a missed deadline is recorded also when an answer has come since: it did happen. An escalation
    is not carried out any more then. A deleted lead has no milestones. A converting lead's clock goes on.
    """
    outcome = _outcome(lead, kind, index, situation)
    if lead.sla is None or outcome is not Outcome.RECORDED:
        return outcome, Change(lead, changed=False)
    after, activities = _recorded(lead, lead.sla, kind, index, situation)
    return outcome, settle(lead, after, activities, situation)


def record_due(lead: Lead, situation: Situation) -> tuple[list[MilestoneKind], Change]:
    """Record everything that has come and is not recorded, in its order; says of which kinds it was."""
    escalations = len(lead.sla.escalations) if lead.sla else 0
    kinds: list[MilestoneKind] = []
    whole = Change(lead, changed=False)
    for kind, index in (*_FIRST, *((MilestoneKind.ESCALATION, place) for place in range(escalations))):
        outcome, change = record(whole.lead, kind, index, situation)
        if outcome is Outcome.RECORDED:
            kinds.append(kind)
            whole = _followed_by(whole, change)
    return kinds, whole


def _followed_by(first: Change, then: Change) -> Change:
    return Change(
        then.lead,
        first.history + then.history,
        first.activities + then.activities,
        changed=first.changed or then.changed,
        clock_changed=first.clock_changed or then.clock_changed,
    )


def _outcome(lead: Lead, kind: MilestoneKind, index: int, situation: Situation) -> Outcome:
    due = _due(lead.sla, kind, index) if lead.sla else None
    if due is None:
        return Outcome.CLOSED
    at, recorded = due
    if recorded:
        return Outcome.ALREADY_RECORDED
    if lead.deleted_at is not None or _answered_before(lead, at, kind):
        return Outcome.CLOSED
    comes = lead.sla is not None and lead.sla.is_fixed(at) and situation.now >= at
    return Outcome.RECORDED if comes else Outcome.NOT_DUE


def _answered_before(lead: Lead, at: datetime, kind: MilestoneKind) -> bool:
    answered_at = lead.first_response_at
    return answered_at is not None and (answered_at < at or kind is MilestoneKind.ESCALATION)


def _due(promise: Sla, kind: MilestoneKind, index: int) -> tuple[datetime, bool] | None:
    """When the milestone comes and whether it is recorded; nothing for an escalation that there is not."""
    if kind is MilestoneKind.AT_RISK:
        return promise.at_risk_at, promise.at_risk_recorded_at is not None
    if kind is MilestoneKind.BREACHED:
        return promise.deadline, promise.breach_recorded_at is not None
    if 0 <= index < len(promise.escalations):
        escalation = promise.escalations[index]
        return escalation.at, escalation.escalated_at is not None
    return None


def _recorded(
    lead: Lead, promise: Sla, kind: MilestoneKind, index: int, situation: Situation
) -> tuple[Lead, list[Activity]]:
    now = situation.now
    if kind is MilestoneKind.AT_RISK:
        activity = situation.activity(
            lead,
            "sla_at_risk",
            "The first response is at risk",
            metadata=_facts(promise),
            occurred_at=promise.at_risk_at,
        )
        return replace(lead, sla=replace(promise, at_risk_recorded_at=now)), [activity]
    if kind is MilestoneKind.BREACHED:
        activity = situation.activity(
            lead,
            "sla_breached",
            "The first response is overdue",
            metadata=_facts(promise),
            occurred_at=promise.deadline,
        )
        return replace(lead, sla=replace(promise, breach_recorded_at=now)), [activity]
    return _escalated(lead, promise, index, situation)


def _escalated(lead: Lead, promise: Sla, index: int, situation: Situation) -> tuple[Lead, list[Activity]]:
    escalation = promise.escalations[index]
    done = replace(escalation, escalated_at=situation.now)
    escalations = (*promise.escalations[:index], done, *promise.escalations[index + 1 :])
    owner = escalation.assign_to or lead.assigned_to
    facts: dict[str, object] = {**_facts(promise), "afterMinutes": json_number(escalation.after_minutes)}
    if escalation.assign_to:
        facts["assignedTo"] = str(escalation.assign_to)
    activity = situation.activity(
        lead, "sla_escalated", "Escalated: still no first response", metadata=facts, occurred_at=escalation.at
    )
    return replace(lead, assigned_to=owner, sla=replace(promise, escalations=escalations)), [activity]


def _facts(promise: Sla) -> dict[str, object]:
    return {"policy": promise.policy, "responseDeadline": promise.deadline.isoformat().replace("+00:00", "Z")}
