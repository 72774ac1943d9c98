"""Leads as rows of a CSV file, with the names and values that REST answers have."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kit import jsontext
from leads_service.domain.csv_cells import safe_cell
from leads_service.domain.lead import Lead
from leads_service.domain.visibility import without_hidden_keys

COLUMNS = (
    "id",
    "firstName",
    "lastName",
    "email",
    "phone",
    "phoneE164",
    "company",
    "title",
    "source",
    "pipelineId",
    "stageId",
    "stageName",
    "stageFieldValues",
    "priority",
    "estimatedValue",
    "description",
    "customFields",
    "assignedTo",
    "status",
    "score",
    "qualified",
    "version",
    "createdBy",
    "createdAt",
    "updatedAt",
    "convertedAt",
    "contactId",
    "accountId",
    "opportunityId",
    "disqualifiedAt",
    "disqualificationReason",
    "disqualificationNotes",
)


def exported(lead: Lead, stage_name: str, hidden: frozenset[str]) -> list[str]:
    """The cells of a lead, one for each of ``COLUMNS``. What is hidden, or not there, is an empty one."""
    cells = [
        str(lead.id),
        _text(lead.first_name),
        _text(lead.last_name),
        _text(lead.email),
        _text(lead.phone),
        _text(lead.phone_e164),
        _text(lead.company),
        _text(lead.title),
        _text(lead.source),
        str(lead.pipeline_id),
        str(lead.stage_id),
        _text(stage_name),
        _object("stageFieldValues", lead.stage_field_values, hidden),
        _text(lead.priority),
        f"{lead.estimated_value:.2f}" if lead.estimated_value is not None else "",
        _text(lead.description),
        _object("customFields", lead.custom_fields, hidden),
        _id(lead.assigned_to),
        lead.status.value,
        str(lead.score),
        "true" if lead.qualified else "false",
        str(lead.version),
        str(lead.created_by),
        _instant(lead.created_at),
        _instant(lead.updated_at),
        _instant(lead.converted_at),
        _id(lead.contact_id),
        _id(lead.account_id),
        _id(lead.opportunity_id),
        _instant(lead.disqualified_at),
        _text(lead.disqualification_reason),
        _text(lead.disqualification_notes),
    ]
    if hidden:
        return ["" if name in hidden else cell for name, cell in zip(COLUMNS, cells, strict=True)]
    return cells


def _text(value: str | None) -> str:
    return safe_cell(value) if value else ""


def _id(value: UUID | None) -> str:
    return str(value) if value else ""


def _object(name: str, value: Mapping[str, Any], hidden: frozenset[str]) -> str:
    return jsontext.dumps(without_hidden_keys(name, value, hidden) if hidden else dict(value))


def _instant(at: datetime | None) -> str:
    """RFC 3339, UTC: to the second, and to the millisecond where there is a part of one."""
    if at is None:
        return ""
    text = at.astimezone(UTC).isoformat()[:19]
    milliseconds = at.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"
