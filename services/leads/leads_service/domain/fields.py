"""The values that a caller writes, in their normal form. All that is wrong is named at once (spec: leads)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from typing import Any
from uuid import UUID

from kit.errors import LeadlineError, invalid_field
from kit.ids import parse_id
from leads_service.domain.configuration import Configuration
from leads_service.domain.faults import Faults
from leads_service.domain.json_values import json_object
from leads_service.domain.lead import REST_NAMES
from leads_service.domain.texts import email_address, one_line, phone_number, several_lines

_LONGEST_LINE = 200
_LONGEST_TEXT = 20_000
MOST_MONEY = Decimal("9999999999999.99")
_CENT = Decimal("0.01")

Values = Mapping[str, Any]


def clean_fields(given: Values, configuration: Configuration, faults: Faults | None = None) -> dict[str, Any]:
    """The written fields, by attribute of ``Lead``, in their normal form. None clears a field.

    Text is trimmed, and empty text clears; an e-mail is kept as typed; a phone number gets its E.164 form beside it;
    money is rounded half up to two decimals; no priority is the default one. With ``faults``, what is wrong is noted
    there and left out of the answer.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each field at fault, unless ``faults`` are given.
    """
    noted = Faults() if faults is None else faults
    cleaned: dict[str, Any] = {}
    for attribute, value in given.items():
        clean = partial(clean_field, attribute, REST_NAMES[attribute], value, configuration)
        cleaned |= noted.note(clean) or {}
    if faults is None:
        noted.refuse()
    return cleaned


def clean_field(attribute: str, path: str, value: Any, configuration: Configuration) -> dict[str, Any]:
    """One written field, which may fill several attributes. ``path`` is its name for the caller.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``path``.
    """
    if isinstance(value, str) and not value.strip():
        value = None
    if attribute == "phone":
        return _phone(path, value, configuration)
    if value is None:
        return {attribute: _cleared(attribute, configuration)}
    return {attribute: _CLEANERS[attribute](path, value, configuration)}


def _cleared(attribute: str, configuration: Configuration) -> Any:
    if attribute == "priority":
        return configuration.default_priority().name
    return {} if attribute in {"custom_fields", "stage_field_values"} else None


def _line(path: str, value: str, _configuration: Configuration) -> str:
    return one_line(path, value, _LONGEST_LINE)


def _lines(path: str, value: str, _configuration: Configuration) -> str:
    return several_lines(path, value, _LONGEST_TEXT)


def _email(path: str, value: str, _configuration: Configuration) -> str:
    return email_address(path, value)


def _phone(path: str, value: str | None, configuration: Configuration) -> dict[str, Any]:
    if value is None:
        return {"phone": None, "phone_e164": None}
    phone, e164 = phone_number(path, value, configuration.settings.default_region)
    return {"phone": phone, "phone_e164": e164}


def _source(path: str, value: str, configuration: Configuration) -> str:
    return one_of(path, value, configuration.sources)


def _priority(path: str, value: str, configuration: Configuration) -> str:
    return one_of(path, value, [priority.name for priority in configuration.priorities])


def one_of(path: str, value: str, names: Sequence[str]) -> str:
    """A configured name.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``path`` and the configured ones.
    """
    name = one_line(path, value, _LONGEST_LINE)
    if name not in names:
        raise invalid_field(path, "NOT_CONFIGURED", f"Use one of {', '.join(names)}.")
    return name


def _money(path: str, value: Decimal | int | float | str, _configuration: Configuration) -> Decimal:
    """Two decimals, rounded half up, from 0 to 9999999999999.99."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise _no_number(path) from error
    if not amount.is_finite():
        raise _no_number(path)
    if not 0 <= amount <= MOST_MONEY:
        raise invalid_field(path, "OUT_OF_RANGE", f"Must be from 0 to {MOST_MONEY}.")
    return abs(amount.quantize(_CENT, ROUND_HALF_UP))


def _no_number(path: str) -> LeadlineError:
    return invalid_field(path, "WRONG_TYPE", "Must be a number.")


def _object(path: str, value: Mapping[str, Any], _configuration: Configuration) -> dict[str, Any]:
    return json_object(path, value)


def _id(path: str, value: UUID | str, _configuration: Configuration) -> UUID:
    return value if isinstance(value, UUID) else parse_id(value, path)


_CLEANERS: dict[str, Callable[[str, Any, Configuration], Any]] = {
    "first_name": _line,
    "last_name": _line,
    "email": _email,
    "company": _line,
    "title": _line,
    "source": _source,
    "priority": _priority,
    "pipeline_id": _id,
    "stage_id": _id,
    "estimated_value": _money,
    "description": _lines,
    "custom_fields": _object,
    "stage_field_values": _object,
    "assigned_to": _id,
}


def clean_text(name: str, value: str, *, longest: int, required: bool = True) -> str:
    """A text of several lines that stands on its own, such as a note.

    Raises:
        LeadlineError: VALIDATION_FAILED naming the field.
    """
    text = several_lines(name, value, longest)
    if required and not text:
        raise violation(name, "REQUIRED", "Must not be empty.")
    return text


def violation(name: str, reason: str, message: str) -> LeadlineError:
    """The refusal of one field."""
    return invalid_field(name, reason, message)
