"""Custom fields: a JSON object that callers write and that PostgreSQL can keep."""

from typing import Any

from crm_service.domain.fields import LINE_BREAKS, has_control_character
from kit import jsontext
from kit.errors import invalid_field

_LARGEST_BYTES = 32 * 1024
_DEEPEST = 32


def json_object(field: str, value: str | None) -> dict[str, Any]:
    """The object of a JSON text, at most 32 KiB in UTF-8 and 32 levels deep, without control characters.

    No text is an empty object. Raises VALIDATION_FAILED naming ``field``.
    """
    if not value:
        return {}
    try:
        kept = jsontext.loads(value)
        # Numbers beyond all bounds are read, but are no JSON.
        size = len(jsontext.dumps(kept).encode())
    except (ValueError, RecursionError):
        raise invalid_field(field, "WRONG_TYPE", "Must be a JSON object.") from None
    if not isinstance(kept, dict):
        raise invalid_field(field, "WRONG_TYPE", "Must be a JSON object.")
    if size > _LARGEST_BYTES:
        raise invalid_field(field, "TOO_LONG", f"Must have at most {_LARGEST_BYTES // 1024} KiB.")
    if any(has_control_character(text, LINE_BREAKS) for text in jsontext.texts_within(field, kept, _DEEPEST)):
        raise invalid_field(field, "CONTROL_CHARACTER", "Must not contain control characters.")
    return kept
