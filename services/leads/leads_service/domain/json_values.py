"""JSON that callers write: an object that PostgreSQL can keep and that every client can read back."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from kit import jsontext
from kit.errors import invalid_field
from leads_service.domain.texts import has_refused_characters

LARGEST_BYTES = 32 * 1024
_DEEPEST = 32


def json_object(field: str, value: Any) -> dict[str, Any]:
    """The object, at most 32 KiB of JSON in UTF-8 and 32 levels deep, without control characters.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    if not isinstance(value, Mapping):
        raise invalid_field(field, "WRONG_TYPE", "Must be a JSON object.")
    for text in jsontext.texts_within(field, value, _DEEPEST):
        if has_refused_characters(text):
            raise invalid_field(field, "CONTROL_CHARACTER", "Must not contain control characters.")
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
    except (ValueError, TypeError) as error:
        raise invalid_field(field, "WRONG_TYPE", "Must hold JSON values only.") from error
    if size > LARGEST_BYTES:
        raise invalid_field(field, "TOO_LONG", f"Must have at most {LARGEST_BYTES // 1024} KiB.")
    return dict(value)


def instant_text(instant: datetime) -> str:
    """The instant, which is UTC, as a text of JSON."""
    return instant.isoformat().replace("+00:00", "Z")


def json_number(number: Decimal) -> int | float:
    """The same number for JSON. Money keeps all its digits: at most 15, which a double holds."""
    return int(number) if number == number.to_integral_value() else float(number)
