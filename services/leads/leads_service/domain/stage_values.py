"""The values of stage fields: what each type takes, and the form in which it is kept (spec: stages)."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from kit.errors import LeadlineError, invalid_field
from leads_service.domain.configuration import Configuration, StageField
from leads_service.domain.json_values import instant_text, json_number
from leads_service.domain.texts import email_address, one_line, phone_number, several_lines

_LONGEST_TEXT = 20_000
_LONGEST_URL = 2_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})")


def clean_value(field: StageField, path: str, value: Any, configuration: Configuration) -> Any:
    """A value that came for a stage field. Text is trimmed, an instant is in UTC; empty text is no value.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``path``.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _CLEANERS[field.type](field, path, value, configuration)


def fits(field: StageField, value: Any, configuration: Configuration) -> bool:
    """Whether a value that the lead has already, perhaps from another stage, is one for this field."""
    try:
        return clean_value(field, field.name, value, configuration) is not None
    except LeadlineError:
        return False


def _wrong(path: str, message: str) -> LeadlineError:
    return invalid_field(path, "WRONG_TYPE", message)


def _text(_field: StageField, path: str, value: Any, _configuration: Configuration) -> str:
    return several_lines(path, value, _LONGEST_TEXT)


def _number(_field: StageField, path: str, value: Any, _configuration: Configuration) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise _wrong(path, "Must be a number.")
    number = Decimal(str(value))
    if not number.is_finite():
        raise _wrong(path, "Must be a number.")
    return json_number(number) if isinstance(value, Decimal) else value


def _date(_field: StageField, path: str, value: Any, _configuration: Configuration) -> str:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value.strip()):
            return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        pass
    raise _wrong(path, "Must be a date such as 2025-03-01.")


def _datetime(_field: StageField, path: str, value: Any, _configuration: Configuration) -> str:
    try:
        if isinstance(value, str) and _DATETIME.fullmatch(value.strip()):
            return instant_text(datetime.fromisoformat(value.strip()).astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    raise _wrong(path, "Must be a date and time with zone such as 2025-03-01T10:00:00Z.")


def _boolean(_field: StageField, path: str, value: Any, _configuration: Configuration) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, "Must be true or false.")
    return value


def _select(field: StageField, path: str, value: Any, _configuration: Configuration) -> str:
    if not isinstance(value, str) or value.strip() not in field.options:
        raise invalid_field(path, "NOT_ALLOWED", f"Use one of {', '.join(field.options)}.")
    return value.strip()


def _email(_field: StageField, path: str, value: Any, _configuration: Configuration) -> str:
    return email_address(path, value)


def _phone(_field: StageField, path: str, value: Any, configuration: Configuration) -> str:
    return phone_number(path, value, configuration.settings.default_region)[0]


def _url(_field: StageField, path: str, value: Any, _configuration: Configuration) -> str:
    text = one_line(path, value, _LONGEST_URL)
    try:
        parts = urlsplit(text)
        if parts.scheme in {"http", "https"} and parts.hostname and not any(map(str.isspace, text)):
            return text
    except ValueError:
        pass
    raise _wrong(path, "Must be a web address such as https://startup.io/pricing.")


_CLEANERS: dict[str, Callable[[StageField, str, Any, Configuration], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "boolean": _boolean,
    "select": _select,
    "email": _email,
    "phone": _phone,
    "url": _url,
}
