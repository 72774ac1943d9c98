"""What single fields may hold. A rule takes a value, answers it in the form that is kept, or refuses it."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, LeadlineError, invalid_field
from kit.ids import parse_id
from settings_service.domain.refusal import refuse

# Gets the REST name of the field and its value; raises VALIDATION_FAILED naming that field.
Rule = Callable[[str, Any], Any]

LONGEST_NAME = 100
HIGHEST_THRESHOLD = 1_000_000
MOST_ENTRIES = 1_000
ANY_PRIORITY = "*"

_COLOR = re.compile(r"#[0-9a-f]{6}")


def rest_name(name: str) -> str:
    """The REST name of a field: ``isDefault`` for ``is_default``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def has_control_characters(text: str) -> bool:
    """Whether there is anything in it that moves a cursor instead of being read, NUL included."""
    return any(unicodedata.category(character) == "Cc" for character in text)


def name(field: str, value: str) -> str:
    """One line of 1 to 100 characters, without white space around it."""
    text = value.strip()
    if not text:
        raise invalid_field(field, "REQUIRED", "Must not be empty.")
    if len(text) > LONGEST_NAME:
        raise invalid_field(field, "TOO_LONG", f"Must have at most {LONGEST_NAME} characters.")
    if has_control_characters(text):
        raise invalid_field(field, "CONTROL_CHARACTER", "Must be one line without control characters.")
    return text


def priority_name(field: str, value: str) -> str:
    """A name but ``*``, which stands for any priority in the settings document."""
    text = name(field, value)
    if text == ANY_PRIORITY:
        raise invalid_field(field, "NOT_ALLOWED", f"{ANY_PRIORITY} stands for any priority.")
    return text


def line(field: str, value: str) -> str:
    """Like a name, but it may be empty."""
    return name(field, value) if value.strip() else ""


def identifier(field: str, value: str) -> UUID:
    """The id of another entry."""
    return parse_id(value, field)


def color(field: str, value: str) -> str:
    """A colour as ``#rrggbb``, kept in lower case."""
    text = value.lower()
    if not _COLOR.fullmatch(text):
        raise invalid_field(field, "NOT_A_COLOR", "Must be a colour such as #1f6feb.")
    return text


def flag(_field: str, value: bool) -> bool:
    """Yes or no."""
    return value


def whole(lowest: int, highest: int) -> Rule:
    """A whole number from ``lowest`` to ``highest``."""

    def rule(field: str, value: int) -> int:
        if not lowest <= value <= highest:
            raise invalid_field(field, "OUT_OF_RANGE", f"Must be from {lowest} to {highest}.")
        return value

    return rule


def one_of(*allowed: str) -> Rule:
    """One of these words."""

    def rule(field: str, value: str | None) -> str:
        if value not in allowed:
            raise invalid_field(field, "NOT_ALLOWED", f"Use one of {', '.join(allowed)}.")
        return value

    return rule


def checked(rules: Mapping[str, Rule], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields in the form that is kept.

    Raises:
        LeadlineError: VALIDATION_FAILED naming every field at fault.
    """
    kept: dict[str, Any] = {}
    violations: list[FieldViolation] = []
    for field, value in given.items():
        try:
            kept[field] = rules[field](rest_name(field), value)
        except LeadlineError as error:
            violations.extend(error.violations)
    refuse(violations)
    return kept
