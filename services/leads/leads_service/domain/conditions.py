"""Conditions over a lead's values, as scoring rules and SLA policies use them (spec: scoring)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """A field in its REST name or ``customFields.<key>``, an operator, and the value to compare with."""

    field: str
    operator: str
    value: Any = None


def matches(condition: Condition, actual: Any, now: datetime) -> bool:
    """Whether the condition holds for a value. One that cannot apply to it, or is unknown, does not."""
    test = _TESTS.get(condition.operator)
    return test is not None and test(actual, condition.value, now)


def _number(value: Any) -> Decimal | None:
    """The number, also when it comes as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any) -> str | None:
    """The text without case; nothing for what has no text of its own."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, (list, tuple, dict)):
        return None
    return str(value).strip().casefold()


def _empty(actual: Any) -> bool:
    return actual is None or (isinstance(actual, str) and not actual.strip()) or actual in ([], {}, ())


def _values(wanted: Any) -> Sequence[Any]:
    """The values of a list, also when it comes as text with commas."""
    if isinstance(wanted, (list, tuple)):
        return wanted
    return [part.strip() for part in wanted.split(",")] if isinstance(wanted, str) else [wanted]


def _equal(actual: Any, wanted: Any) -> bool:
    numbers = _number(actual), _number(wanted)
    if numbers[0] is not None and numbers[1] is not None:
        return numbers[0] == numbers[1]
    text = _text(actual)
    return text is not None and text == _text(wanted)


def _holds(actual: Any, wanted: Any) -> bool:
    """A list holds a value, a text holds a text."""
    if isinstance(actual, (list, tuple)):
        return any(_equal(item, wanted) for item in actual)
    text, part = _text(actual), _text(wanted)
    return text is not None and bool(part) and part is not None and part in text


def _compare(test: Callable[[Decimal, Decimal], bool]) -> Callable[[Any, Any, datetime], bool]:
    def compare(actual: Any, wanted: Any, _now: datetime) -> bool:
        left, right = _number(actual), _number(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


def _older_than_days(actual: Any, wanted: Any, now: datetime) -> bool:
    instant, days = _instant(actual), _number(wanted)
    if instant is None or days is None or not 0 <= days <= 36_500:
        return False
    return now - instant > timedelta(days=float(days))


_TESTS: dict[str, Callable[[Any, Any, datetime], bool]] = {
    "equals": lambda actual, wanted, _: _equal(actual, wanted),
    "not_equals": lambda actual, wanted, _: not _equal(actual, wanted),
    "contains": lambda actual, wanted, _: _holds(actual, wanted),
    "not_contains": lambda actual, wanted, _: not _holds(actual, wanted),
    "starts_with": lambda actual, wanted, _: (
        bool(_text(wanted)) and (_text(actual) or "").startswith(_text(wanted) or "")
    ),
    "in": lambda actual, wanted, _: any(_equal(actual, value) for value in _values(wanted)),
    "not_in": lambda actual, wanted, _: not any(_equal(actual, value) for value in _values(wanted)),
    "contains_any": lambda actual, wanted, _: any(_holds(actual, value) for value in _values(wanted)),
    "is_empty": lambda actual, _wanted, _: _empty(actual),
    "is_not_empty": lambda actual, _wanted, _: not _empty(actual),
    "greater_than": _compare(lambda left, right: left > right),
    "less_than": _compare(lambda left, right: left < right),
    "greater_or_equal": _compare(lambda left, right: left >= right),
    "less_or_equal": _compare(lambda left, right: left <= right),
    "older_than_days": _older_than_days,
}
OPERATORS = frozenset(_TESTS)
