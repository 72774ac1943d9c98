"""What a stage hides of its leads, and keeps from being changed, for whoever is no administrator (spec: stages)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, forbidden
from leads_service.domain.configuration import Configuration, FieldVisibility
from leads_service.domain.lead import OBJECTS, REST_NAMES, Activity, Actor, Lead
from leads_service.domain.settling import Situation
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.domain.stage_gate import OWN_FIELDS

Given = Mapping[str, Any]

_ABSENT = object()
_TELLING = frozenset({"qualified", "unqualified"})
# What matching records are looked for by.
_IDENTIFYING = {"email": "email", "phone": "phone", "phoneE164": "phone_e164", "company": "company"}


def hidden_from(viewer: Actor, stage_id: UUID, configuration: Configuration) -> frozenset[str]:
    """The names that are left out of what the viewer is answered about a lead at the stage."""
    rules = _rules(viewer, stage_id, configuration)
    return rules.hidden if rules else frozenset()


def is_hidden(name: str, hidden: frozenset[str]) -> bool:
    """Whether a field, or the object that it is a key of, is among the hidden ones."""
    return name in hidden or name.partition(".")[0] in hidden


def without_hidden_keys(name: str, value: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """The object of this REST name without its hidden keys."""
    return {key: each for key, each in value.items() if not is_hidden(f"{name}.{key}", hidden)}


def identified_by(lead: Lead, hidden: frozenset[str]) -> Lead:
    """The lead without what is hidden of that which matching records are looked for by."""
    gone: dict[str, Any] = {attribute: None for name, attribute in _IDENTIFYING.items() if name in hidden}
    return replace(lead, **gone) if gone else lead


def hidden_activities(hidden: frozenset[str]) -> frozenset[str]:
    """The types of the activities that tell a hidden value by being there."""
    return _TELLING if "qualified" in hidden else frozenset()


def shown_activity(activity: Activity, hidden: frozenset[str]) -> Activity:
    """The activity without what its facts say of hidden fields."""
    facts = {name: value for name, value in activity.metadata.items() if name not in hidden}
    return replace(activity, metadata=facts)


def shown_stage_assignment(assignment: StageAssignment, hidden: frozenset[str]) -> StageAssignment:
    """The time without its owner, where owners are hidden."""
    return replace(assignment, assigned_to=None) if "assignedTo" in hidden else assignment


def check_write(given: Given, lead: Lead | None, stage_id: UUID, situation: Situation) -> None:
    """Refuse a write that names a hidden or read-only field of a lead at the stage; no lead: of a new one.

    Of ``customFields`` and ``stageFieldValues``, a hidden key must not come at all, a read-only one only with the
    value that it has. A stage value that is one of the lead's own fields counts as that field.

    Raises:
        LeadlineError: FIELD_NOT_EDITABLE naming each.
    """
    rules = _rules(situation.actor, stage_id, situation.configuration)
    at_fault = sorted(set(_not_editable(rules, given, lead))) if rules else []
    if at_fault:
        raise forbidden(
            "FIELD_NOT_EDITABLE",
            f"You may not change {', '.join(at_fault)} at this stage.",
            violations=[FieldViolation(name, "NOT_EDITABLE", "Cannot be changed at this stage.") for name in at_fault],
        )


def with_kept(given: Given, lead: Lead, situation: Situation) -> Given:
    """What is given, where restricted keys of objects stay as the lead has them, whatever they are replaced by."""
    rules = _rules(situation.actor, lead.stage_id, situation.configuration)
    if rules is None:
        return given
    custom, values = given.get("custom_fields", _ABSENT), given.get("stage_field_values")
    kept = dict(given)
    if custom is None or isinstance(custom, Mapping):
        restricted = {key: each for key, each in lead.custom_fields.items() if rules.restricts(f"customFields.{key}")}
        kept["custom_fields"] = {**(custom or {}), **restricted}
    if isinstance(values, Mapping):
        names = {name: f"stageFieldValues.{name}" for name in values}
        kept["stage_field_values"] = {name: each for name, each in values.items() if not rules.restricts(names[name])}
    return kept


def _rules(actor: Actor, stage_id: UUID, configuration: Configuration) -> FieldVisibility | None:
    """What the stage restricts for this actor, if anything. Leadline itself is never restricted."""
    if not actor.is_person or actor.is_admin:
        return None
    rules = configuration.visibility.get(stage_id)
    return rules if rules and (rules.hidden or rules.read_only) else None


def _not_editable(rules: FieldVisibility, given: Given, lead: Lead | None) -> Iterator[str]:
    for attribute, value in given.items():
        name = REST_NAMES[attribute]
        if name not in OBJECTS:
            if rules.restricts(name):
                yield name
        elif attribute == "custom_fields":
            yield from _custom_fields_not_editable(rules, value, lead)
        else:
            yield from _stage_values_not_editable(rules, value, lead)


def _custom_fields_not_editable(rules: FieldVisibility, value: Any, lead: Lead | None) -> Iterator[str]:
    if rules.restricts("customFields"):
        yield "customFields"
    elif isinstance(value, Mapping):
        yield from _keys_not_editable(rules, "customFields", value, lead.custom_fields if lead else {})


def _stage_values_not_editable(rules: FieldVisibility, value: Any, lead: Lead | None) -> Iterator[str]:
    if not value or not isinstance(value, Mapping):
        return
    if rules.restricts("stageFieldValues"):
        yield "stageFieldValues"
    yield from (f"stageFieldValues.{name}" for name in value if name in OWN_FIELDS and rules.restricts(name))
    yield from _keys_not_editable(rules, "stageFieldValues", value, lead.stage_field_values if lead else {})


def _keys_not_editable(
    rules: FieldVisibility, name: str, value: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[str]:
    for key, each in value.items():
        path = f"{name}.{key}"
        if path in rules.hidden or (path in rules.read_only and each != before.get(key, _ABSENT)):
            yield path
