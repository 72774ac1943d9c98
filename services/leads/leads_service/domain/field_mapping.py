"""Where a lead's fields go in the records that its conversion makes (spec: conversion.fieldMap).

What has no rule goes where it always goes: fields to those of the same meaning, custom fields under their names to the
opportunity, else the contact, else the account. Records that are linked are never changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from kit.errors import FieldViolation, LeadlineError, refused
from leads_service.domain.configuration import Configuration, FieldRule
from leads_service.domain.fields import clean_field
from leads_service.domain.json_values import json_number, json_object
from leads_service.domain.lead import Lead, value_of
from leads_service.domain.texts import one_line

CUSTOM = "customFields."
_RECORDS = ("opportunity", "contact", "account")
_LONGEST_NAME = 200

# A value in the form that the plan keeps, by the plan's keys.
Planned = Mapping[str, Any]
Clean = Callable[[str, Any, Configuration], Planned]


def _line(key: str, path: str, value: Any, _configuration: Configuration) -> Planned:
    return {key: one_line(path, _text(path, value), _LONGEST_NAME)}


def _cleaned(key: str, attribute: str, path: str, value: Any, configuration: Configuration) -> Planned:
    cleaned = clean_field(attribute, path, _text(path, value), configuration)
    return {key: cleaned[attribute], **({"phoneE164": cleaned["phone_e164"]} if attribute == "phone" else {})}


def _phone_alone(path: str, value: Any, configuration: Configuration) -> Planned:
    return {"phone": clean_field("phone", path, _text(path, value), configuration)["phone"]}


def _money(path: str, value: Any, configuration: Configuration) -> Planned:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _misfit(path, "Must be a number.")
    return {"value": str(clean_field("estimated_value", path, value, configuration)["estimated_value"])}


TARGETS: dict[tuple[str, str], Clean] = {
    ("account", "name"): partial(_line, "name"),
    ("account", "phone"): _phone_alone,
    ("contact", "firstName"): partial(_line, "firstName"),
    ("contact", "lastName"): partial(_line, "lastName"),
    ("contact", "email"): partial(_cleaned, "email", "email"),
    ("contact", "phone"): partial(_cleaned, "phone", "phone"),
    ("contact", "title"): partial(_line, "title"),
    ("opportunity", "name"): partial(_line, "name"),
    ("opportunity", "value"): _money,
    ("opportunity", "description"): partial(_cleaned, "description", "description"),
}


def mapped(lead: Lead, plan: Mapping[str, Any], configuration: Configuration) -> dict[str, Any]:
    """The plan with the lead's fields where the rules say, and its custom fields.

    An empty field leaves what the plan has.

    Raises:
        LeadlineError: CONVERSION_NOT_ALLOWED naming the lead's fields whose values do not fit where they are to go.
    """
    rules = [rule for rule in configuration.settings.conversion_field_map if _is_made(plan, rule.record)]
    violations: list[FieldViolation] = []
    records = {name: {**plan[name], "customFields": {}} for name in _RECORDS if name in plan}
    for rule in rules:
        try:
            _put(records[rule.record], rule, value_of(lead, rule.source), configuration)
        except LeadlineError as error:
            violations += error.violations
    _carry_over(lead, records, {rule.source for rule in rules})
    violations += [each for record in records.values() for each in _too_much(record)]
    if violations:
        message = " ".join(f"{each.field}: {each.message}" for each in violations)
        raise refused("CONVERSION_NOT_ALLOWED", message, violations=violations)
    return {**plan, **records}


def misfits(lead: Lead, configuration: Configuration) -> Iterator[str]:
    """The fields of the lead whose values do not fit where they are to go, whatever is made."""
    for rule in configuration.settings.conversion_field_map:
        try:
            _put({"customFields": {}}, rule, value_of(lead, rule.source), configuration)
        except LeadlineError:
            yield rule.source


def _is_made(plan: Mapping[str, Any], record: str) -> bool:
    return record in plan and plan[record]["linkId"] is None


def _put(record: dict[str, Any], rule: FieldRule, value: Any, configuration: Configuration) -> None:
    if value in (None, {}, []) or (isinstance(value, str) and not value.strip()):
        return
    if rule.target.startswith(CUSTOM):
        record["customFields"][rule.target.removeprefix(CUSTOM)] = _json(value)
    elif clean := TARGETS.get((rule.record, rule.target)):
        record.update(clean(rule.source, value, configuration))


def _carry_over(lead: Lead, records: Mapping[str, dict[str, Any]], mapped_sources: set[str]) -> None:
    """Give the custom fields that have no rule to the first record that is made and can hold them."""
    made = next((records[name] for name in _RECORDS if _is_made(records, name)), None)
    if made is None:
        return
    rest = {key: value for key, value in lead.custom_fields.items() if CUSTOM + key not in mapped_sources}
    made["customFields"] = rest | made["customFields"]


def _too_much(record: Mapping[str, Any]) -> Sequence[FieldViolation]:
    """What keeps the custom fields of a record from being kept together."""
    try:
        json_object("customFields", record["customFields"])
    except LeadlineError as error:
        return error.violations
    return ()


def _text(path: str, value: Any) -> str:
    if isinstance(value, bool | dict | list):
        raise _misfit(path, "Must be a text or a number to go where conversion.fieldMap has it go.")
    return str(value)


def _json(value: Any) -> Any:
    return json_number(value) if isinstance(value, Decimal) else value


def _misfit(path: str, message: str) -> LeadlineError:
    return refused("CONVERSION_NOT_ALLOWED", message, violations=[FieldViolation(path, "WRONG_TYPE", message)])
