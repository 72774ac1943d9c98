"""SLA answers as JSON."""

from typing import Any

import orjson
from leadline.leads.v1 import sla_service_pb2

from gateway.answers.json import given, instant, instant_given


def lead_sla(sla: sla_service_pb2.GetLeadSlaResponse) -> dict[str, Any]:
    """The SLA of one lead."""
    return {
        "leadId": sla.lead_id,
        "slaPolicy": given(sla, "sla_policy"),
        "responseDeadline": instant_given(sla, "response_deadline"),
        "status": sla.status,
        "timeRemaining": given(sla, "time_remaining"),
        "firstResponseAt": instant_given(sla, "first_response_at"),
        "remainingSeconds": given(sla, "remaining_seconds"),
        "atRiskAt": instant_given(sla, "at_risk_at"),
        "breachedAt": instant_given(sla, "breached_at"),
        "escalations": [_escalation(each) for each in sla.escalations],
    }


def summary(answer: sla_service_pb2.GetSlaSummaryResponse) -> dict[str, Any]:
    """The SLA of all leads."""
    return {
        "total": answer.total,
        "withinSla": answer.within_sla,
        "atRisk": answer.at_risk,
        "breached": answer.breached,
        "complianceRate": orjson.Fragment(answer.compliance_rate),
    }


def breach_check(answer: sla_service_pb2.CheckBreachesResponse) -> dict[str, Any]:
    """What a check found and did."""
    return {
        "checked": answer.checked,
        "atRisk": answer.at_risk,
        "breached": answer.breached,
        "escalated": answer.escalated,
        "repaired": answer.repaired,
    }


def preview(answer: sla_service_pb2.PreviewSlaResponse) -> dict[str, Any]:
    """What would be promised."""
    return {
        "policy": given(answer, "policy"),
        "atRiskAt": instant_given(answer, "at_risk_at"),
        "responseDeadline": instant_given(answer, "response_deadline"),
        "elapsedBusinessSeconds": answer.elapsed_business_seconds,
    }


def _escalation(one: sla_service_pb2.Escalation) -> dict[str, Any]:
    return {
        "afterMinutes": orjson.Fragment(one.after_minutes),
        "at": instant(one.at),
        "assignTo": given(one, "assign_to"),
        "escalatedAt": instant_given(one, "escalated_at"),
    }
