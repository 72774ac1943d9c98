"""What must be there before a lead may enter a stage, and which way it may move (spec: stages)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from kit.errors import FieldViolation, invalid, refused
from leads_service.domain.configuration import Configuration, Stage, StageField
from leads_service.domain.fields import clean_fields
from leads_service.domain.lead import FIELDS, Lead

SEQUENTIAL = "sequential"
_URL = re.compile(r"https?://[^\s/$.?#][^\s]*", re.IGNORECASE)
# Lead fields that a stage may ask for by their own name, and what their values must be.
_TEXT_FIELDS = ("firstName", "lastName", "email", "phone", "company", "title", "source", "priority", "description")
_WRITABLE = {name: FIELDS[name] for name in (*_TEXT_FIELDS, "estimatedValue")}


def check_movement(before: Stage | None, after: Stage, configuration: Configuration) -> None:
    """Let the lead go to the next stage or back where its pipeline is sequential, and anywhere where it is free.

    Raises:
        LeadlineError: STAGE_MOVE_NOT_ALLOWED.
    """
    pipeline = configuration.pipeline(after.pipeline_id)
    if pipeline is None or pipeline.movement != SEQUENTIAL or before is None:
        return
    if before.pipeline_id != after.pipeline_id or after.position <= before.position:
        return
    following = (stage for stage in configuration.stages_of(pipeline.id) if stage.position > before.position)
    ahead = next(following, after)
    if ahead.id != after.id:
        raise refused("STAGE_MOVE_NOT_ALLOWED", f"{pipeline.name} moves step by step: the next stage is {ahead.name}.")


def enter(lead: Lead, stage: Stage, given: Mapping[str, Any], configuration: Configuration) -> Lead:
    """The lead in the stage, with the values that came for it.

    A stage field that is named like a lead field is that field. Values that the lead already has count.

    Raises:
        LeadlineError: STAGE_FIELDS_MISSING naming each; VALIDATION_FAILED for wrong types and unknown keys.
    """
    fields = {field.name: field for field in configuration.fields_of(stage.id)}
    _check_given(fields, given)
    own = {_WRITABLE[name]: _written(name, value) for name, value in given.items() if name in _WRITABLE}
    others = {name: value for name, value in given.items() if name not in _WRITABLE}
    entered = replace(
        lead,
        **clean_fields(own, configuration),
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        stage_field_values={**lead.stage_field_values, **others},
    )
    missing = [field for field in fields.values() if field.required and _is_missing(entered, field)]
    if missing:
        raise invalid(
            *(
                FieldViolation(
                    f"stageFieldValues.{field.name}", "REQUIRED", f"{field.label} is needed for {stage.name}."
                )
                for field in missing
            ),
            reason="STAGE_FIELDS_MISSING",
        )
    return entered


def _written(name: str, value: Any) -> Any:
    return Decimal(str(value)) if name == "estimatedValue" and value is not None else value


def _fits_lead_field(name: str, value: Any, field: StageField) -> bool:
    """Whether the value can be the lead field's, too, where the stage field is one."""
    if name == "estimatedValue":
        return _is_number(value, field)
    return name not in _TEXT_FIELDS or isinstance(value, str)


def _check_given(fields: Mapping[str, StageField], given: Mapping[str, Any]) -> None:
    violations = []
    for name, value in given.items():
        field = fields.get(name)
        path = f"stageFieldValues.{name}"
        if field is None:
            violations.append(FieldViolation(path, "UNKNOWN_FIELD", "The stage does not know this field."))
        elif value is not None and not (_TYPES[field.type](value, field) and _fits_lead_field(name, value, field)):
            violations.append(FieldViolation(path, "WRONG_TYPE", _expectation(field)))
    if violations:
        raise invalid(*violations)


def _expectation(field: StageField) -> str:
    if field.type == "select":
        return f"Use one of {', '.join(field.options)}."
    return f"Must be of type {field.type}."


def _is_missing(lead: Lead, field: StageField) -> bool:
    attribute = _WRITABLE.get(field.name)
    value = getattr(lead, attribute) if attribute else lead.stage_field_values.get(field.name)
    return value is None or value == ""


def _is_number(value: Any, _field: StageField) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_date(value: Any, _field: StageField) -> bool:
    return isinstance(value, str) and len(value) == len("2025-03-01") and _parses(date.fromisoformat, value)


def _is_datetime(value: Any, _field: StageField) -> bool:
    if not isinstance(value, str) or "T" not in value or not _parses(datetime.fromisoformat, value):
        return False
    return datetime.fromisoformat(value).tzinfo is not None


def _parses(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _is_email(value: Any, _field: StageField) -> bool:
    if not isinstance(value, str):
        return False
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _is_phone(value: Any, _field: StageField) -> bool:
    if not isinstance(value, str):
        return False
    try:
        # Which region's habits a number follows is checked when it is written to a lead; here any will do.
        return phonenumbers.is_possible_number(phonenumbers.parse(value, "US"))
    except phonenumbers.NumberParseException:
        return False


_TYPES: dict[str, Callable[[Any, StageField], bool]] = {
    "text": lambda value, _: isinstance(value, str),
    "number": _is_number,
    "date": _is_date,
    "datetime": _is_datetime,
    "boolean": lambda value, _: isinstance(value, bool),
    "select": lambda value, field: isinstance(value, str) and value in field.options,
    "email": _is_email,
    "phone": _is_phone,
    "url": lambda value, _: isinstance(value, str) and _URL.fullmatch(value) is not None,
}
FIELD_TYPES = frozenset(_TYPES)
