"""What a condition on a lead compares: its operators, and the values and fields that each can work with.

Spec: scoring.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

from settings_service.domain.lead_fields import Nature, nature_of

Operator = Literal[
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "starts_with",
    "in",
    "not_in",
    "contains_any",
    "is_empty",
    "is_not_empty",
    "greater_than",
    "less_than",
    "greater_or_equal",
    "less_or_equal",
    "older_than_days",
]

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_LONGEST_TEXT = 1_000
_MOST_VALUES = 1_000


def _is_one_value(value: Any) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= _LONGEST_TEXT)


def _is_part(value: Any) -> bool:
    return _is_one_value(value) and not isinstance(value, bool) and bool(str(value).strip())


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= _MOST_VALUES and all(map(_is_one_value, value))


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_days(value: Any) -> bool:
    return _is_number(value) and Decimal(str(value).strip()) >= 0


def _is_absent(value: Any) -> bool:
    return value is None


_Expected = tuple[Callable[[Any], bool], str]
_ONE_VALUE: _Expected = (_is_one_value, f"Must be one value; a text has at most {_LONGEST_TEXT} characters.")
_PART: _Expected = (_is_part, f"Must be a number, or a text of 1 to {_LONGEST_TEXT} characters.")
_NUMERIC: _Expected = (_is_number, "Must be a number; it may come as text.")
_LIST: _Expected = (_is_list, f"Must be a list of 1 to {_MOST_VALUES} values.")
_NOTHING: _Expected = (_is_absent, "This operator takes no value.")

_EXPECTED: dict[Operator, _Expected] = {
    "equals": _ONE_VALUE,
    "not_equals": _ONE_VALUE,
    "contains": _PART,
    "not_contains": _PART,
    "starts_with": _PART,
    "in": _LIST,
    "not_in": _LIST,
    "contains_any": _LIST,
    "is_empty": _NOTHING,
    "is_not_empty": _NOTHING,
    "greater_than": _NUMERIC,
    "less_than": _NUMERIC,
    "greater_or_equal": _NUMERIC,
    "less_or_equal": _NUMERIC,
    "older_than_days": (_is_days, "Must be a number of days, 0 or more."),
}


def misfit(operator: Operator, value: Any) -> str | None:
    """Why the operator cannot work with this value, in a sentence; None where it can."""
    fits, sentence = _EXPECTED[operator]
    return None if fits(value) else sentence


_PARTS: frozenset[Operator] = frozenset({"contains", "not_contains", "starts_with", "contains_any"})
_AMOUNTS: frozenset[Operator] = frozenset({"greater_than", "less_than", "greater_or_equal", "less_or_equal"})
_AGE: frozenset[Operator] = frozenset({"older_than_days"})
# What never says anything about values of that nature.
_POINTLESS: Mapping[Nature, tuple[str, frozenset[Operator]]] = {
    "text": ("text", _AMOUNTS | _AGE),
    "number": ("a number", _PARTS | _AGE),
    "instant": ("an instant", _PARTS | _AMOUNTS),
    "id": ("an id", _PARTS | _AMOUNTS | _AGE),
}


def misapplied(field: str, operator: Operator) -> str | None:
    """Why the operator cannot apply to this known field, in a sentence; None where it can."""
    nature = nature_of(field)
    if nature is None:
        return None
    words, pointless = _POINTLESS[nature]
    return f"Cannot apply to {field}, which is {words}." if operator in pointless else None
