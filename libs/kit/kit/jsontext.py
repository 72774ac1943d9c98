"""JSON text where exactness counts more than speed: whole numbers of any size come back as they went in."""

import json
from typing import Any


def dumps(value: Any) -> str:
    """Compact JSON text; NaN and infinities are refused with ValueError."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _no_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def loads(text: str) -> Any:
    """The value of JSON text; raises ValueError for anything else, NaN and infinities included."""
    return json.loads(text, parse_constant=_no_constant)
