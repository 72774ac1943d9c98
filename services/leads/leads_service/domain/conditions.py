"""Conditions over a lead's values, as scoring rules and SLA policies use them (spec: scoring)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_SECONDS_OF_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Condition:
    """A field in its REST name or ``customFields.<key>``, an operator, and the value to compare with."""

    field: str
    operator: str
    value: Any = None


def matches(condition: Condition, actual: Any, now: datetime) -> bool:
    """Whether the condition holds for a value at ``now``.

    Text compares without case, numbers as decimals, also when they come as text. Text operators are for text,
    ``contains`` also for lists; comparisons are for numbers. A condition that cannot apply to a value, or whose
    operator is unknown, does not hold. A value that is not there equals nothing and contains nothing, so that
    the three operators with ``not`` hold for it.
    """
    test = _TESTS.get(condition.operator)
    return test is not None and test(actual, condition.value, now)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _number(value: Any) -> Decimal | None:
    """The number, also when it comes as text."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def _text(value: Any) -> str | None:
    """A single value as text without case; nothing for lists and objects."""
    if value is None or isinstance(value, dict) or _is_list(value):
        return None
    return str(value).strip().casefold()


def _is_empty(actual: Any) -> bool:
    return actual is None or (isinstance(actual, str) and not actual.strip()) or actual in ([], {}, ())


def _equals(actual: Any, wanted: Any) -> bool:
    left, right = _number(actual), _number(wanted)
    if left is not None and right is not None:
        return left == right
    text = _text(actual)
    return text is not None and text == _text(wanted)


def _contains(actual: Any, wanted: Any) -> bool:
    """A list holds a value, a text holds a text."""
    if _is_list(actual):
        return any(_equals(item, wanted) for item in actual)
    part = _text(wanted)
    return isinstance(actual, str) and bool(part) and str(part) in actual.casefold()


def _starts_with(actual: Any, wanted: Any) -> bool:
    start = _text(wanted)
    return isinstance(actual, str) and bool(start) and actual.strip().casefold().startswith(str(start))


def _among(actual: Any, wanted: Any) -> bool:
    return _is_list(wanted) and any(_equals(actual, each) for each in wanted)


def _contains_any(actual: Any, wanted: Any) -> bool:
    return _is_list(wanted) and any(_contains(actual, each) for each in wanted)


def _is_single(actual: Any) -> bool:
    """Whether equality can apply: to a single value, or to none."""
    return _is_empty(actual) or _text(actual) is not None


def _can_contain(actual: Any) -> bool:
    return _is_empty(actual) or isinstance(actual, str) or _is_list(actual)


def _compare(test: Callable[[Decimal, Decimal], bool]) -> Callable[[Any, Any, datetime], bool]:
    def compare(actual: Any, wanted: Any, _now: datetime) -> bool:
        left, right = _number(actual), _number(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def _instant(value: Any) -> datetime | None:
    """The instant; a date is its first moment in UTC, and so is a time without a zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _older_than_days(actual: Any, wanted: Any, now: datetime) -> bool:
    instant, days = _instant(actual), _number(wanted)
    if instant is None or days is None:
        return False
    return Decimal((now - instant).total_seconds()) > days * _SECONDS_OF_DAY


_TESTS: dict[str, Callable[[Any, Any, datetime], bool]] = {
    "equals": lambda actual, wanted, _: _equals(actual, wanted),
    "not_equals": lambda actual, wanted, _: _is_single(actual) and not _equals(actual, wanted),
    "contains": lambda actual, wanted, _: _contains(actual, wanted),
    "not_contains": lambda actual, wanted, _: _can_contain(actual) and not _contains(actual, wanted),
    "starts_with": lambda actual, wanted, _: _starts_with(actual, wanted),
    "in": lambda actual, wanted, _: _among(actual, wanted),
    "not_in": lambda actual, wanted, _: _is_list(wanted) and _is_single(actual) and not _among(actual, wanted),
    "contains_any": lambda actual, wanted, _: _contains_any(actual, wanted),
    "is_empty": lambda actual, _wanted, _: _is_empty(actual),
    "is_not_empty": lambda actual, _wanted, _: not _is_empty(actual),
    "greater_than": _compare(lambda left, right: left > right),
    "less_than": _compare(lambda left, right: left < right),
    "greater_or_equal": _compare(lambda left, right: left >= right),
    "less_or_equal": _compare(lambda left, right: left <= right),
    "older_than_days": _older_than_days,
}
OPERATORS = frozenset(_TESTS)
