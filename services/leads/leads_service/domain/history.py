"""The history of a lead's fields: one entry for each that changed, with the labels as they were then (spec: leads)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kit.ids import new_id
from leads_service.domain.configuration import Configuration
from leads_service.domain.json_values import json_number
from leads_service.domain.lead import FIELDS, OBJECTS, Actor, HistoryEntry, Lead, Origin

# Score and qualification follow from the other fields; what happened to them is told by activities.
_DERIVED = {"score", "qualified", "createdBy", "createdAt", "updatedAt"}
_TRACKED = {name: attribute for name, attribute in FIELDS.items() if name not in _DERIVED | OBJECTS.keys()} | {
    "accountId": "account_id",
    "contactId": "contact_id",
    "opportunityId": "opportunity_id",
    "disqualificationReason": "disqualification_reason",
    "disqualificationNotes": "disqualification_notes",
}
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Difference:
    field: str
    old: Any
    new: Any
    old_label: str | None = None
    new_label: str | None = None


def entries(
    before: Lead, after: Lead, configuration: Configuration, *, by: Actor, at: datetime, origin: Origin
) -> tuple[HistoryEntry, ...]:
    """An entry for each field that differs, of objects for each key (``customFields.<key>``); one ``change_id``."""
    change_id = new_id()
    return tuple(
        HistoryEntry(
            id=new_id(),
            lead_id=after.id,
            field=each.field,
            old_value=each.old,
            new_value=each.new,
            old_label=each.old_label,
            new_label=each.new_label,
            changed_by=by.user_id,
            changed_at=at,
            change_id=change_id,
            origin=origin,
        )
        for each in _differences(before, after, configuration)
    )


def _differences(before: Lead, after: Lead, configuration: Configuration) -> Iterator[_Difference]:
    for name, attribute in _TRACKED.items():
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old != new:
            label = _LABELS.get(attribute, _no_label)
            yield _Difference(name, _json(old), _json(new), label(old, configuration), label(new, configuration))
    for name, attribute in OBJECTS.items():
        yield from _differences_within(name, getattr(before, attribute), getattr(after, attribute))


def _differences_within(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[_Difference]:
    for key in {**before, **after}:
        if before.get(key, _ABSENT) != after.get(key, _ABSENT):
            yield _Difference(f"{name}.{key}", before.get(key), after.get(key))


def _json(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return json_number(value) if isinstance(value, Decimal) else value


def _no_label(_value: Any, _configuration: Configuration) -> str | None:
    return None


def _stage_label(value: Any, configuration: Configuration) -> str | None:
    return configuration.stage_name(value) or None


def _pipeline_label(value: Any, configuration: Configuration) -> str | None:
    pipeline = configuration.pipeline(value)
    return pipeline.name if pipeline else None


def _priority_label(value: Any, configuration: Configuration) -> str | None:
    return next((each.label for each in configuration.priorities if each.name == value), None)


# What people read for an id or a name; everything else says it itself.
_LABELS: dict[str, Callable[[Any, Configuration], str | None]] = {
    "stage_id": _stage_label,
    "pipeline_id": _pipeline_label,
    "priority": _priority_label,
}
