"""What must be there before a lead may enter a stage, and which way it may move (spec: stages)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, invalid, refused
from leads_service.domain.configuration import Configuration, Stage, StageField
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_field, violation
from leads_service.domain.lead import FIELDS, Lead
from leads_service.domain.stage_values import clean_value, fits

SEQUENTIAL = "sequential"
_OWNER = "assignedTo"
# The lead's own fields that a stage may ask for.
OWN_FIELDS = {
    name: FIELDS[name]
    for name in (
        "firstName",
        "lastName",
        "email",
        "phone",
        "company",
        "title",
        "source",
        "priority",
        "estimatedValue",
        "description",
        "assignedTo",
    )
}


def check_movement(before: Stage | None, after: Stage, configuration: Configuration) -> None:
    """Let the lead go to the next stage or back where its pipeline is sequential, and anywhere where it is free.

    A stage that is retiring is no step.

    Raises:
        LeadlineError: STAGE_MOVE_NOT_ALLOWED.
    """
    pipeline = configuration.pipeline(after.pipeline_id)
    if pipeline is None or pipeline.movement != SEQUENTIAL or before is None:
        return
    if before.pipeline_id != after.pipeline_id or after.position <= before.position:
        return
    following = (stage for stage in configuration.enterable_stages(pipeline.id) if stage.position > before.position)
    ahead = next(following, after)
    if ahead.id != after.id:
        raise refused("STAGE_MOVE_NOT_ALLOWED", f"{pipeline.name} moves step by step: the next stage is {ahead.name}.")


def enter(
    lead: Lead, stage: Stage, given: Mapping[str, Any], configuration: Configuration, *, will_be_owned: bool = False
) -> Lead:
    """The lead in the stage, with the values that came for it. ``will_be_owned``: the stage gives it an owner.

    A stage field that is named like a lead field is that field. Values that the lead already has count, and
    stay with it.

    Raises:
        LeadlineError: STAGE_FIELDS_MISSING naming each; VALIDATION_FAILED for wrong types and unknown keys.
    """
    entered = replace(
        with_values(lead, stage.id, given, configuration), pipeline_id=stage.pipeline_id, stage_id=stage.id
    )
    require_nothing_missing(missing_fields(entered, stage, configuration, will_be_owned=will_be_owned), stage)
    return entered


def with_values(lead: Lead, stage_id: UUID, given: Mapping[str, Any], configuration: Configuration) -> Lead:
    """The lead where it is, with values that came for a stage which it is to enter.

    Raises:
        LeadlineError: VALIDATION_FAILED for wrong types and unknown keys.
    """
    fields = {field.name: field for field in configuration.fields_of(stage_id)}
    faults = Faults()
    own: dict[str, Any] = {}
    others = dict(lead.stage_field_values)
    for name, value in given.items():
        cleaned = faults.note(partial(_cleaned, fields, name, value, configuration)) or {}
        (own if name in OWN_FIELDS else others).update(cleaned)
    faults.refuse()
    kept = {name: value for name, value in others.items() if value is not None}
    return replace(lead, **own, stage_field_values=kept) if given else lead


def missing_fields(
    lead: Lead, stage: Stage, configuration: Configuration, *, will_be_owned: bool = False
) -> list[StageField]:
    """What the stage asks for and the lead has not."""
    return [
        field
        for field in configuration.fields_of(stage.id)
        if field.required and not _has(lead, field, configuration) and not (will_be_owned and field.name == _OWNER)
    ]


def require_nothing_missing(missing: Sequence[StageField], stage: Stage) -> None:
    """Refuse to let in a lead that lacks what the stage asks for.

    Raises:
        LeadlineError: STAGE_FIELDS_MISSING naming each.
    """
    if missing:
        violations = (
            FieldViolation(value_path(field.name), "REQUIRED", f"{field.label} is needed for {stage.name}.")
            for field in missing
        )
        raise invalid(*violations, reason="STAGE_FIELDS_MISSING")


def value_path(name: str) -> str:
    """What callers call a stage's field."""
    return f"stageFieldValues.{name}"


def _cleaned(
    fields: Mapping[str, StageField], name: str, value: Any, configuration: Configuration
) -> Mapping[str, Any]:
    path = value_path(name)
    if name not in fields:
        raise violation(path, "UNKNOWN_FIELD", "The stage does not know this field.")
    kept = clean_value(fields[name], path, value, configuration)
    return clean_field(OWN_FIELDS[name], path, kept, configuration) if name in OWN_FIELDS else {name: kept}


def _has(lead: Lead, field: StageField, configuration: Configuration) -> bool:
    own = OWN_FIELDS.get(field.name)
    if own is not None:
        return getattr(lead, own) is not None
    return fits(field, lead.stage_field_values.get(field.name), configuration)
