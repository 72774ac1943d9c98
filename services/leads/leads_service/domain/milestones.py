"""What comes due on a lead's clock, and whether it still counts when the clock says so (spec: SLA)."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from leads_service.domain.lead import Activity, Change, Lead
from leads_service.domain.settling import Situation, settle
from leads_service.domain.sla import Sla


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


def record(lead: Lead, kind: MilestoneKind, index: int, situation: Situation) -> tuple[Outcome, Change]:
    """Record a milestone, once, if its time has come and nobody has answered. A converting lead's clock goes on."""
    nothing = Change(lead, changed=False)
    due = _due(lead.sla, kind, index) if lead.sla else None
    if lead.sla is None or due is None or (lead.clock_closed_by and not due[1]):
        return Outcome.CLOSED, nothing
    at, recorded = due
    if recorded:
        return Outcome.ALREADY_RECORDED, nothing
    if situation.now < at:
        return Outcome.NOT_DUE, nothing
    after, activities = _recorded(lead, lead.sla, kind, index, situation)
    return Outcome.RECORDED, settle(lead, after, activities, situation)


def _due(promise: Sla, kind: MilestoneKind, index: int) -> tuple[datetime, bool] | None:
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
    facts = {**_facts(promise), "afterMinutes": float(escalation.after_minutes)}
    if escalation.assign_to:
        facts["assignedTo"] = str(escalation.assign_to)
    activity = situation.activity(
        lead, "sla_escalated", "Escalated: still no first response", metadata=facts, occurred_at=escalation.at
    )
    return replace(lead, assigned_to=owner, sla=replace(promise, escalations=escalations)), [activity]


def _facts(promise: Sla) -> dict[str, object]:
    return {"policy": promise.policy, "responseDeadline": promise.deadline.isoformat()}
