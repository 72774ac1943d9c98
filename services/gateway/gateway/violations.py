"""What pydantic finds wrong, in the words of the API."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kit.errors import FieldViolation

_MOST = 100
_LONGEST_NAME = 100
_SUBJECT = re.compile(r"^\w+ should")

# pydantic's error types, in our reasons and words. Types of our own validators are their reasons already.
_KNOWN: dict[str, tuple[str, str]] = {
    "missing": ("REQUIRED", "This must be given."),
    "extra_forbidden": ("UNKNOWN_FIELD", "There is nothing of this name to be given here."),
    "string_type": ("WRONG_TYPE", "Must be a string."),
    "int_type": ("WRONG_TYPE", "Must be a whole number."),
    "bool_type": ("WRONG_TYPE", "Must be true or false."),
    "dict_type": ("WRONG_TYPE", "Must be an object."),
    "model_type": ("WRONG_TYPE", "Must be an object."),
    "model_attributes_type": ("WRONG_TYPE", "Must be an object."),
    "list_type": ("WRONG_TYPE", "Must be a list."),
}
_REASONS = {
    "literal_error": "NOT_ALLOWED",
    "string_too_long": "TOO_LONG",
    "string_too_short": "TOO_SHORT",
    "too_long": "TOO_LONG",
    "too_short": "TOO_SHORT",
    "greater_than_equal": "OUT_OF_RANGE",
    "less_than_equal": "OUT_OF_RANGE",
}


def violations_of(errors: Sequence[Mapping[str, Any]]) -> list[FieldViolation]:
    """The fields at fault, at most a hundred of them."""
    return [_violation(error) for error in errors[:_MOST]]


def _violation(error: Mapping[str, Any]) -> FieldViolation:
    kind = error["type"]
    # The first part of the place says whether it is path, query, header or body: names are unique without it.
    where, *parts = error["loc"]
    if where == "query":  # the place within a list by comma says little
        parts = parts[:1]
    name = _path(parts) or str(where)
    reason, message = _KNOWN.get(kind) or (_REASONS.get(kind, kind.upper()), _sentence(error["msg"]))
    return FieldViolation(name[:_LONGEST_NAME], reason, message)


def _path(parts: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def _sentence(message: str) -> str:
    return _SUBJECT.sub("Must", message).partition(" after validation")[0].rstrip(".") + "."
