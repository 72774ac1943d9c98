"""Leads as JSON."""

from collections.abc import Iterable
from typing import Any

from leadline.leads.v1 import lead_pb2, lead_service_pb2
from starlette.responses import Response

from gateway.answers.json import cursor_page, decimal_given, given, instant, instant_given, raw

_STATUSES: dict[int, str] = {
    lead_pb2.LEAD_STATUS_OPEN: "open",
    lead_pb2.LEAD_STATUS_CONVERTED: "converted",
    lead_pb2.LEAD_STATUS_DISQUALIFIED: "disqualified",
}
_LATER_INSTANTS = (("convertedAt", "converted_at"), ("disqualifiedAt", "disqualified_at"))
_LATER_TEXTS = (
    ("contactId", "contact_id"),
    ("accountId", "account_id"),
    ("opportunityId", "opportunity_id"),
    ("disqualificationReason", "disqualification_reason"),
    ("disqualificationNotes", "disqualification_notes"),
)
# What goes where a field goes that a stage hides.
_COVERED = {"phone": ("phoneE164",), "score": ("scoreBreakdown", "qualified")}


def listed_lead(lead: lead_pb2.Lead) -> dict[str, Any]:
    """A lead as lists have it. What happens late in a lead's life is there once it has happened."""
    return _shown(_fields(lead), lead.hidden_fields)


def whole_lead(lead: lead_pb2.Lead) -> dict[str, Any]:
    """One lead, with its score's breakdown."""
    answer = _fields(lead)
    answer["scoreBreakdown"] = [
        {"ruleId": part.rule_id, "name": part.name, "points": part.points} for part in lead.score_breakdown
    ]
    return _shown(answer, lead.hidden_fields)


def duplicate(one: lead_service_pb2.DuplicateLead) -> dict[str, Any]:
    """A lead that may be the same person."""
    answer = {
        "id": one.id,
        "firstName": given(one, "first_name"),
        "lastName": given(one, "last_name"),
        "email": given(one, "email"),
        "matchField": one.match_field,
    }
    return _shown(answer, one.hidden_fields)


def bulk_outcome(answer: lead_service_pb2.BulkUpdateLeadsResponse) -> dict[str, Any]:
    """How many leads were changed, and which were not."""
    return {"updated": answer.updated, "failed": _failed(answer.failed)}


def deletion_outcome(answer: lead_service_pb2.BulkDeleteLeadsResponse) -> dict[str, Any]:
    """How many leads were deleted, and which were not."""
    return {"deleted": answer.deleted, "failed": _failed(answer.failed)}


def _failed(failures: Iterable[lead_service_pb2.BulkFailure]) -> list[dict[str, Any]]:
    return [{"id": one.lead_id, "code": one.reason.lower(), "message": one.message} for one in failures]


def lead_page(
    answer: lead_service_pb2.ListLeadsResponse, *, page: int | None, limit: int, with_total: bool
) -> Response:
    """A page of leads; its number is null where a cursor was followed."""
    leads = [listed_lead(lead) for lead in answer.leads]
    return cursor_page(leads, answer, page=page, limit=limit, with_total=with_total)


def _fields(lead: lead_pb2.Lead) -> dict[str, Any]:
    answer = {
        "id": lead.id,
        "firstName": given(lead, "first_name"),
        "lastName": given(lead, "last_name"),
        "email": given(lead, "email"),
        "phone": given(lead, "phone"),
        "phoneE164": given(lead, "phone_e164"),
        "company": given(lead, "company"),
        "title": given(lead, "title"),
        "source": given(lead, "source"),
        "pipelineId": lead.pipeline_id,
        "stageId": lead.stage_id,
        "stageName": lead.stage_name,
        "stageFieldValues": raw(lead.stage_field_values, "{}"),
        "priority": lead.priority,
        "estimatedValue": decimal_given(lead, "estimated_value"),
        "description": given(lead, "description"),
        "customFields": raw(lead.custom_fields, "{}"),
        "assignedTo": given(lead, "assigned_to"),
        "status": _STATUSES[lead.status],
        "score": lead.score,
        "qualified": lead.qualified,
        "version": lead.version,
        "createdBy": lead.created_by,
        "createdAt": instant(lead.created_at),
        "updatedAt": instant(lead.updated_at),
    }
    if lead.status != lead_pb2.LEAD_STATUS_OPEN:
        later = {name: instant_given(lead, field) for name, field in _LATER_INSTANTS}
        later |= {name: given(lead, field) for name, field in _LATER_TEXTS}
        answer |= {name: value for name, value in later.items() if value is not None}
    return answer


def _shown(answer: dict[str, Any], hidden: Iterable[str]) -> dict[str, Any]:
    # Single keys of customFields and stageFieldValues have been left out by the service already.
    for name in hidden:
        for each in (name, *_COVERED.get(name, ())):
            answer.pop(each, None)
    return answer
