"""Leads and what goes along as rows, and back."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from leads_service.domain.email_key import email_key
from leads_service.domain.lead import Lead, LeadStatus, ScorePart
from leads_service.domain.shown_lead import ShownLead
from leads_service.domain.sla import Escalation, Pausing, Sla
from leads_service.store.tables import LEADS

_SLA_COLUMNS = {
    "policy": "sla_policy",
    "started_at": "sla_started_at",
    "at_risk_at": "sla_at_risk_at",
    "deadline": "sla_deadline",
    "at_risk_recorded_at": "at_risk_recorded_at",
    "breach_recorded_at": "breach_recorded_at",
    "paused_at": "sla_paused_at",
}
# Never read: what is made of other columns.
_COMPUTED = {"search_text", "email_key", "facet"}
_SHAPED = {"score_breakdown", "sla_escalations", "sla_pausing", "sla_pauses", "status", *_SLA_COLUMNS.values()}
_PLAIN = tuple(column.name for column in LEADS.columns if column.name not in _SHAPED | _COMPUTED)

LEAD_COLUMNS: tuple[sa.Column[Any], ...] = tuple(column for column in LEADS.columns if column.name not in _COMPUTED)
# What lists show of a lead.
SHOWN_COLUMNS: tuple[sa.Column[Any], ...] = tuple(LEADS.c[name] for name in ShownLead._fields)


def row_of(record: Any) -> dict[str, Any]:
    """The row of a record whose fields are the columns."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def json_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as ``jsonb_populate_record`` of PostgreSQL takes it."""
    return {name: _json(value) for name, value in row.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, (UUID, Decimal)) else value


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


def shown_from_row(row: sa.Row[Any]) -> ShownLead:
    """What lists show of the lead of a row that begins with ``SHOWN_COLUMNS``."""
    status, *others = row[: len(SHOWN_COLUMNS)]
    return ShownLead(LeadStatus(status), *others)


def row_of_lead(lead: Lead) -> dict[str, Any]:
    """The row of a lead."""
    return _columns(lead, _ATTRIBUTES)


def changed_columns(before: Lead, after: Lead) -> dict[str, Any]:
    """The columns in which two states of a lead differ."""
    differing = [name for name in _ATTRIBUTES if getattr(before, name) != getattr(after, name)]
    old, new = _columns(before, differing), _columns(after, differing)
    return {name: value for name, value in new.items() if value != old[name]}


def _columns(lead: Lead, attributes: Iterable[str]) -> dict[str, Any]:
    """The columns that hold these attributes of a lead."""
    row: dict[str, Any] = {}
    for name in attributes:
        shape, value = _SHAPES.get(name), getattr(lead, name)
        row |= shape(value) if shape else {name: value}
    return row


def _email(email: str | None) -> dict[str, Any]:
    return {"email": email, "email_key": email_key(email) if email and not email.isascii() else None}


def _score_breakdown(parts: Iterable[ScorePart]) -> dict[str, Any]:
    shown = [{"ruleId": str(part.rule_id), "name": part.name, "points": part.points} for part in parts]
    return {"score_breakdown": shown}


def _sla_columns(sla: Sla | None) -> dict[str, Any]:
    row = {column: getattr(sla, name) if sla else None for name, column in _SLA_COLUMNS.items()}
    return row | {
        "sla_escalations": [_escalation_to_json(each) for each in sla.escalations] if sla else [],
        "sla_pausing": _pausing_to_json(sla.pausing) if sla and sla.pausing else None,
        "sla_pauses": [[begin.isoformat(), end.isoformat()] for begin, end in sla.pauses] if sla else [],
    }


# How attributes are written that are not written as they are.
_SHAPES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "email": _email,
    "custom_fields": lambda value: {"custom_fields": dict(value)},
    "stage_field_values": lambda value: {"stage_field_values": dict(value)},
    "status": lambda value: {"status": value.value},
    "score_breakdown": _score_breakdown,
    "sla": _sla_columns,
}
_ATTRIBUTES = (*_PLAIN, "status", "score_breakdown", "sla")


def _sla(values: sa.RowMapping) -> Sla:
    return Sla(
        **{name: values[column] for name, column in _SLA_COLUMNS.items()},
        escalations=tuple(_escalation_from_json(each) for each in values["sla_escalations"]),
        pausing=_pausing_from_json(values["sla_pausing"]) if values["sla_pausing"] else None,
        pauses=tuple(
            (datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in values["sla_pauses"]
        ),
    )


def _pausing_to_json(pausing: Pausing) -> dict[str, Any]:
    return {
        "stageIds": sorted(map(str, pausing.stage_ids)),
        "businessHours": pausing.calendar,
        "held": pausing.held,
        "extended": pausing.extended,
    }


def _pausing_from_json(value: Mapping[str, Any]) -> Pausing:
    # Rows of the version before say nothing of operators.
    return Pausing(
        frozenset(map(UUID, value["stageIds"])),
        value["businessHours"],
        held=value.get("held", False),
        extended=value.get("extended", False),
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
