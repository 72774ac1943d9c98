"""Leads as rows and back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from leads_service.domain.lead import Lead, LeadStatus, ScorePart
from leads_service.domain.sla import Escalation, Sla
from leads_service.store.tables import LEADS

_SLA_COLUMNS = {
    "policy": "sla_policy",
    "started_at": "sla_started_at",
    "at_risk_at": "sla_at_risk_at",
    "deadline": "sla_deadline",
    "at_risk_recorded_at": "at_risk_recorded_at",
    "breach_recorded_at": "breach_recorded_at",
}
_COMPUTED = {"search_text"}
_SHAPED = {"score_breakdown", "sla_escalations", "status", *_SLA_COLUMNS.values()}
_PLAIN = tuple(column.name for column in LEADS.columns if column.name not in _SHAPED | _COMPUTED)

LEAD_COLUMNS: tuple[sa.Column[Any], ...] = tuple(column for column in LEADS.columns if column.name not in _COMPUTED)


def lead_from_row(values: sa.RowMapping) -> Lead:
    """The lead of a row with ``LEAD_COLUMNS``."""
    return Lead(
        **{name: values[name] for name in _PLAIN},
        status=LeadStatus(values["status"]),
        score_breakdown=tuple(
            ScorePart(UUID(part["ruleId"]), part["name"], part["points"]) for part in values["score_breakdown"]
        ),
        sla=_sla(values) if values["sla_deadline"] is not None else None,
    )


def row_of_lead(lead: Lead) -> dict[str, Any]:
    """The row of a lead."""
    row: dict[str, Any] = {name: getattr(lead, name) for name in _PLAIN}
    row["custom_fields"] = dict(lead.custom_fields)
    row["stage_field_values"] = dict(lead.stage_field_values)
    row["status"] = lead.status.value
    row["score_breakdown"] = [
        {"ruleId": str(part.rule_id), "name": part.name, "points": part.points} for part in lead.score_breakdown
    ]
    sla = lead.sla
    row |= {column: getattr(sla, name) if sla else None for name, column in _SLA_COLUMNS.items()}
    row["sla_escalations"] = [_escalation_to_json(each) for each in sla.escalations] if sla else []
    return row


def changed_columns(before: Lead, after: Lead) -> dict[str, Any]:
    """The columns in which two states of a lead differ."""
    old, new = row_of_lead(before), row_of_lead(after)
    return {name: value for name, value in new.items() if value != old[name]}


def _sla(values: sa.RowMapping) -> Sla:
    return Sla(
        **{name: values[column] for name, column in _SLA_COLUMNS.items()},
        escalations=tuple(_escalation_from_json(each) for each in values["sla_escalations"]),
    )


def _escalation_to_json(escalation: Escalation) -> dict[str, Any]:
    return {
        "afterMinutes": str(escalation.after_minutes),
        "at": escalation.at.isoformat(),
        "assignTo": str(escalation.assign_to) if escalation.assign_to else None,
        "escalatedAt": escalation.escalated_at.isoformat() if escalation.escalated_at else None,
    }


def _escalation_from_json(value: Mapping[str, Any]) -> Escalation:
    return Escalation(
        Decimal(value["afterMinutes"]),
        datetime.fromisoformat(value["at"]),
        UUID(value["assignTo"]) if value["assignTo"] else None,
        datetime.fromisoformat(value["escalatedAt"]) if value["escalatedAt"] else None,
    )
