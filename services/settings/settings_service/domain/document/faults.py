"""Naming what is wrong with a document: the path to the place, a reason, a sentence."""

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from pydantic import ValidationError

from kit.errors import FieldViolation
from settings_service.domain.document.sla import TAG

_NO_VALUE = ("REQUIRED", "Must have a value.")
# Pydantic's types of errors in the words of the API; a sentence of None is pydantic's own.
_KNOWN: dict[str, tuple[str, str | None]] = {
    "missing": _NO_VALUE,
    "extra_forbidden": ("UNKNOWN_FIELD", "There is no such setting."),
    "model_type": ("WRONG_TYPE", "Must be an object."),
    "dict_type": ("WRONG_TYPE", "Must be an object."),
    "list_type": ("WRONG_TYPE", "Must be a list."),
    "string_type": ("WRONG_TYPE", "Must be a text."),
    "int_type": ("WRONG_TYPE", "Must be a whole number."),
    "bool_type": ("WRONG_TYPE", "Must be true or false."),
    "literal_error": ("NOT_ALLOWED", None),
    "too_long": ("TOO_LONG", None),
    "string_too_long": ("TOO_LONG", None),
    "too_short": ("TOO_SHORT", None),
    "string_too_short": ("TOO_SHORT", None),
    "decimal_max_places": ("TOO_PRECISE", None),
    "greater_than": ("OUT_OF_RANGE", None),
    "greater_than_equal": ("OUT_OF_RANGE", None),
    "less_than_equal": ("OUT_OF_RANGE", None),
}


def faults_of_shape(error: ValidationError) -> Iterator[FieldViolation]:
    """What pydantic found, in the words of the API."""
    for detail in error.errors(include_url=False):
        path = path_of(detail["loc"])
        if detail["input"] is None:
            yield FieldViolation(path, *_NO_VALUE)
        else:
            # Errors of a type that is not known here are our own: their types are reasons already.
            reason, sentence = _KNOWN.get(detail["type"], (detail["type"], None))
            yield FieldViolation(path, reason, sentence or detail["msg"].replace("Input should", "Must"))


def faults_of_text(value: Any) -> Iterator[FieldViolation]:
    """What JSON can say and no database keeps: NUL characters, halves of characters, numbers beyond measure."""
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), value)]
    while waiting:
        path, current = waiting.pop()
        if isinstance(current, dict):
            if not all(_is_text(key) for key in current):
                yield FieldViolation(path_of(path), "WRONG_CHARACTER", "Has a key with characters that cannot be kept.")
            waiting.extend(((*path, key), each) for key, each in current.items() if _is_text(key))
        elif isinstance(current, list):
            waiting.extend(((*path, place), each) for place, each in enumerate(current))
        elif isinstance(current, str) and not _is_text(current):
            yield FieldViolation(path_of(path), "WRONG_CHARACTER", "Has characters that cannot be kept.")
        elif isinstance(current, float) and not isfinite(current):
            yield FieldViolation(path_of(path), "OUT_OF_RANGE", "Is too large a number.")


def path_of(location: Iterable[int | str]) -> str:
    """The path in the form ``sla.policies[0].businessHours.hours.mon[1]``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]" and not part.startswith(TAG):
            path += f".{part}" if path else part
    return path


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
