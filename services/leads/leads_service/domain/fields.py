"""Checks and normal forms of the values that a caller writes. All that is wrong is named at once."""

import json
import unicodedata
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from kit.errors import FieldViolation, LeadlineError, invalid
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import REST_NAMES

_LONGEST = {"first_name": 200, "last_name": 200, "company": 200, "title": 200, "email": 320, "phone": 60}
_LONGEST_TEXT = 20_000
_MOST_CUSTOM_BYTES = 32 * 1024
_MOST_MONEY = Decimal("9999999999999.99")
_CENT = Decimal("0.01")
_LINE_BREAKS = "\t\n\r"

Values = Mapping[str, Any]


class _WrongError(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def clean_fields(given: Values, configuration: Configuration) -> dict[str, Any]:
    """The written fields, by attribute of ``Lead``, in their normal form. None clears a field.

    Text is trimmed, and empty text clears; an e-mail is kept as typed; a phone number gets its E.164 form beside it;
    money is rounded half up to two decimals.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each field at fault.
    """
    cleaned: dict[str, Any] = {}
    violations: list[FieldViolation] = []
    for attribute, value in given.items():
        try:
            cleaned |= _clean(attribute, value, configuration)
        except _WrongError as wrong:
            violations.append(FieldViolation(REST_NAMES[attribute], wrong.reason, wrong.message))
    if violations:
        raise invalid(*violations)
    return cleaned


def _clean(attribute: str, value: Any, configuration: Configuration) -> dict[str, Any]:
    if attribute == "phone":
        return _phone(value, configuration.settings.default_region)
    return {attribute: _CLEANERS[attribute](attribute, value, configuration)}


def _text(attribute: str, value: str | None, _configuration: Configuration) -> str | None:
    if value is None:
        return None
    longest = _LONGEST.get(attribute, _LONGEST_TEXT)
    allowed = _LINE_BREAKS if attribute == "description" else ""
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in allowed for char in value):
        raise _WrongError("CONTROL_CHARACTER", "Must not contain control characters.")
    value = value.strip()
    if len(value) > longest:
        raise _WrongError("TOO_LONG", f"Must have at most {longest} characters.")
    return value or None


def _email(attribute: str, value: str | None, configuration: Configuration) -> str | None:
    text = _text(attribute, value, configuration)
    if text is None:
        return None
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise _WrongError("NOT_AN_EMAIL", f"Must be an e-mail address. {error}") from error
    return text


def _phone(value: str | None, region: str) -> dict[str, Any]:
    if value is None or not value.strip():
        return {"phone": None, "phone_e164": None}
    value = value.strip()
    if len(value) > _LONGEST["phone"]:
        raise _WrongError("TOO_LONG", f"Must have at most {_LONGEST['phone']} characters.")
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException as error:
        raise _WrongError("NOT_A_PHONE_NUMBER", "Must be a phone number, such as +12125550123.") from error
    # Numbering plans change faster than libraries: what can be a number is taken, valid today or not.
    if not phonenumbers.is_possible_number(number):
        raise _WrongError("NOT_A_PHONE_NUMBER", "Has too few or too many digits for a phone number.")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return {"phone": value, "phone_e164": e164}


def _source(attribute: str, value: str | None, configuration: Configuration) -> str | None:
    source = _text(attribute, value, configuration)
    if source is not None and source not in configuration.sources:
        raise _WrongError("NOT_CONFIGURED", f"Use one of {', '.join(configuration.sources)}.")
    return source


def _priority(attribute: str, value: str | None, configuration: Configuration) -> str:
    priority = _text(attribute, value, configuration)
    if priority is None:
        return configuration.default_priority().name
    names = [each.name for each in configuration.priorities]
    if priority not in names:
        raise _WrongError("NOT_CONFIGURED", f"Use one of {', '.join(names)}.")
    return priority


def _money(_attribute: str, value: Decimal | None, _configuration: Configuration) -> Decimal | None:
    return None if value is None else money(value)


def money(value: Decimal) -> Decimal:
    """Two decimals, rounded half up; raises ``_WrongError`` for what is negative, too large or no number."""
    if not value.is_finite() or value < 0:
        raise _WrongError("OUT_OF_RANGE", "Must be 0 or more.")
    if value > _MOST_MONEY:
        raise _WrongError("OUT_OF_RANGE", f"Must be at most {_MOST_MONEY}.")
    rounded = value.quantize(_CENT, ROUND_HALF_UP)
    return min(rounded, _MOST_MONEY)


def _object(_attribute: str, value: Mapping[str, Any] | None, _configuration: Configuration) -> Mapping[str, Any]:
    if value is None:
        return {}
    text = json.dumps(value, ensure_ascii=False)
    if _has_nul(value):
        raise _WrongError("CONTROL_CHARACTER", "Must not contain NUL characters.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise _WrongError("NOT_TEXT", "Must not contain halves of surrogate pairs.") from error
    if size > _MOST_CUSTOM_BYTES:
        raise _WrongError("TOO_LONG", f"Must have at most {_MOST_CUSTOM_BYTES // 1024} KiB.")
    return value


def _has_nul(value: Any) -> bool:
    """Whether any text within holds a NUL, which PostgreSQL does not take."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


def _id(_attribute: str, value: UUID | None, _configuration: Configuration) -> UUID | None:
    return value


_CLEANERS: dict[str, Callable[[str, Any, Configuration], Any]] = {
    "first_name": _text,
    "last_name": _text,
    "email": _email,
    "company": _text,
    "title": _text,
    "source": _source,
    "priority": _priority,
    "pipeline_id": _id,
    "stage_id": _id,
    "estimated_value": _money,
    "description": _text,
    "custom_fields": _object,
    "stage_field_values": _object,
    "assigned_to": _id,
}


def clean_text(name: str, value: str, *, longest: int, required: bool = True) -> str:
    """A text of several lines that stands on its own, such as a note.

    Raises:
        LeadlineError: VALIDATION_FAILED naming the field.
    """
    allowed = _LINE_BREAKS
    text = value.strip()
    if any(unicodedata.category(char) in {"Cc", "Cs"} and char not in allowed for char in value):
        raise violation(name, "CONTROL_CHARACTER", "Must not contain control characters.")
    if required and not text:
        raise violation(name, "REQUIRED", "Must not be empty.")
    if len(text) > longest:
        raise violation(name, "TOO_LONG", f"Must have at most {longest} characters.")
    return text


def violation(name: str, reason: str, message: str) -> LeadlineError:
    """The refusal of one field."""
    return invalid(FieldViolation(name, reason, message))
