"""JSON text where exactness counts more than speed: whole numbers of any size come back as they went in."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kit.errors import invalid_field


def _no_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


# Made once: every lead that is read or written passes here several times.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def dumps(value: Any) -> str:
    """Compact JSON text; NaN and infinities are refused with ValueError."""
    return _ENCODER.encode(value)


def loads(text: str | bytes) -> Any:
    """The value of JSON text; raises ValueError for anything else, NaN and infinities included."""
    text = text if isinstance(text, str) else text.decode()
    if not text.startswith("{"):
        return _DECODER.decode(text)
    # What the database writes has nothing around it: it is not looked through for that.
    value, end = _DECODER.raw_decode(text)
    return value if end == len(text) else _DECODER.decode(text)


def texts_within(field: str, value: Any, deepest: int) -> Iterator[str]:
    """All keys and texts of a value, without recursion: how deep it is, is its caller's choice.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field`` where it has more levels than ``deepest``.
    """
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > deepest:
            raise invalid_field(field, "TOO_DEEP", f"Must be at most {deepest} levels deep.")
        if isinstance(each, str):
            yield each
        elif isinstance(each, Mapping):
            yield from each
            waiting += ((item, depth + 1) for item in each.values())
        elif isinstance(each, (list, tuple)):
            waiting += ((item, depth + 1) for item in each)
