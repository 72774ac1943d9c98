"""The rules of scoring rules."""

from collections.abc import Iterator
from typing import cast, get_args

from kit import jsontext
from kit.errors import FieldViolation, invalid_field
from settings_service.domain.conditions import Operator, misapplied, misfit
from settings_service.domain.document.faults import faults_of_text
from settings_service.domain.entries import ScoringRule
from settings_service.domain.fields import one_of
from settings_service.domain.lead_fields import is_known_field

MOST_POINTS = 1_000_000
_LONGEST_VALUE = 64 * 1024

operator = one_of(*get_args(Operator))


def known_field(field: str, value: str) -> str:
    """A field of a lead that can be looked at."""
    if not is_known_field(value):
        raise invalid_field(field, "UNKNOWN_LEAD_FIELD", "Must be a lead's field, or customFields.<key>.")
    return value


def json_value(field: str, text: str) -> str:
    """Any JSON value, as compact JSON text; nothing is null."""
    if len(text.encode()) > _LONGEST_VALUE:
        raise invalid_field(field, "TOO_LONG", "Must have at most 64 KiB.")
    try:
        value = jsontext.loads(text) if text else None
        for fault in faults_of_text(value):
            raise invalid_field(field, fault.reason, fault.message)
        return jsontext.dumps(value)
    except (ValueError, RecursionError):
        raise invalid_field(field, "NOT_JSON", "Must be JSON that is not nested deeply.") from None


def faults_of_rule(_before: ScoringRule | None, after: ScoringRule) -> Iterator[FieldViolation]:
    """An operator that cannot apply to the field, or cannot work with the value."""
    known = cast("Operator", after.operator)
    if sentence := misapplied(after.field, known):
        yield FieldViolation("operator", "WRONG_OPERATOR", sentence)
    if sentence := misfit(known, jsontext.loads(after.value)):
        yield FieldViolation("value", "WRONG_VALUE", sentence)
