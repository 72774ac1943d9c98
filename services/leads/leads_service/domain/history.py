"""The history of a lead's fields: one entry for each that changed, with the labels as they were then."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kit.ids import new_id
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import REST_NAMES, Actor, HistoryEntry, Lead

# What follows from other fields or is kept elsewhere has no entry of its own.
_TRACKED = tuple(
    attribute
    for attribute in REST_NAMES
    if attribute not in {"score", "qualified", "created_by", "created_at", "updated_at"}
)


def entries(
    before: Lead, after: Lead, configuration: Configuration, actor: Actor, now: datetime
) -> tuple[HistoryEntry, ...]:
    """An entry for each field that differs; they share one ``change_id``."""
    change_id = new_id()
    return tuple(
        HistoryEntry(
            id=new_id(),
            lead_id=after.id,
            field=REST_NAMES[attribute],
            old_value=_json(getattr(before, attribute)),
            new_value=_json(getattr(after, attribute)),
            old_label=_label(attribute, getattr(before, attribute), configuration),
            new_label=_label(attribute, getattr(after, attribute), configuration),
            changed_by=actor.user_id,
            changed_at=now,
            change_id=change_id,
        )
        for attribute in _TRACKED
        if getattr(before, attribute) != getattr(after, attribute)
    )


def _json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    return dict(value) if isinstance(value, Mapping) else value


def _label(attribute: str, value: Any, configuration: Configuration) -> str | None:
    """What people read for an id or a name; nothing where the value says it."""
    if attribute == "stage_id":
        return configuration.stage_name(value) or None
    if attribute == "pipeline_id":
        pipeline = configuration.pipeline(value)
        return pipeline.name if pipeline else None
    if attribute == "priority":
        return next((each.label for each in configuration.priorities if each.name == value), None)
    return None
