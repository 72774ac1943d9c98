"""Custom fields: a JSON object that callers write and that PostgreSQL can keep."""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from kit import jsontext
from kit.errors import invalid_field

_LARGEST_BYTES = 32 * 1024
_DEEPEST = 32
_LINE_BREAKS = "\t\n\r"


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
    if any(map(_has_control_character, _texts(field, kept))):
        raise invalid_field(field, "CONTROL_CHARACTER", "Must not contain control characters.")
    return kept


def _has_control_character(text: str) -> bool:
    return any(unicodedata.category(each) == "Cc" and each not in _LINE_BREAKS for each in text)


def _texts(field: str, value: Any) -> Iterator[str]:
    """All keys and texts, without recursion: the depth is the caller's choice."""
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > _DEEPEST:
            raise invalid_field(field, "TOO_DEEP", f"Must be at most {_DEEPEST} levels deep.")
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            yield from each
            waiting += ((item, depth + 1) for item in each.values())
        elif isinstance(each, list):
            waiting += ((item, depth + 1) for item in each)
