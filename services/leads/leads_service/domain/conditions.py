"""Conditions over a lead's values, as scoring rules and SLA policies use them (spec: scoring)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_OF_DAY = timedelta(days=1) // _MICROSECOND

# Whether a value passes at an instant.
Test = Callable[[Any, datetime], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A field in its REST name or ``customFields.<key>``, an operator, and the value to compare with."""

    field: str
    operator: str
    value: Any = None
    # Made once, since every write of a lead asks every rule.
    test: Test = dataclass_field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what the value is compared with."""
        prepare = _OPERATORS.get(self.operator)
        object.__setattr__(self, "test", prepare(self.value) if prepare else _never)


def matches(condition: Condition, actual: Any, now: datetime) -> bool:
    """Whether the condition holds for a value at ``now``.

    Text compares without case, numbers as decimals, also when they come as text. Text operators are for text,
    ``contains`` also for lists; comparisons are for numbers. A condition that cannot apply to a value, or whose
    operator is unknown, does not hold. A value that is not there equals nothing and contains nothing, so that
    the three operators with ``not`` hold for it.
    """
    return condition.test(actual, now)


def _never(_actual: Any, _now: datetime) -> bool:
    return False


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _number(value: Any) -> Decimal | None:
    """The number, also when it comes as text."""
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(str(value))
    return None


def _text(value: Any) -> str | None:
    """A single value as text without case; nothing for lists and objects."""
    if value is None or isinstance(value, dict) or _is_list(value):
        return None
    return str(value).strip().casefold()


def _is_empty(actual: Any) -> bool:
    return actual is None or (isinstance(actual, str) and not actual.strip()) or actual in ([], {}, ())


def _is_single(actual: Any) -> bool:
    """Whether equality can apply: to a single value, or to none."""
    return _is_empty(actual) or _text(actual) is not None


def _can_contain(actual: Any) -> bool:
    return _is_empty(actual) or isinstance(actual, str) or _is_list(actual)


def _equal_to(wanted: Any) -> Callable[[Any], bool]:
    text, number = _text(wanted), _number(wanted)

    def equals(actual: Any) -> bool:
        if text is None:
            return False
        if number is not None and (other := _number(actual)) is not None:
            return other == number
        return _text(actual) == text

    return equals


def _containing(wanted: Any) -> Callable[[Any], bool]:
    """A list holds a value, a text holds a text."""
    equals, part = _equal_to(wanted), _text(wanted)

    def contains(actual: Any) -> bool:
        if _is_list(actual):
            return any(equals(item) for item in actual)
        return bool(part) and isinstance(actual, str) and str(part) in actual.casefold()

    return contains


def _among(wanted: Any) -> Callable[[Any], bool]:
    """What equals one of the values of a list, and never where there is no list."""
    values = wanted if _is_list(wanted) else ()
    texts = {text for each in values if (text := _text(each)) is not None}
    numbers = {number for each in values if (number := _number(each)) is not None}

    def among(actual: Any) -> bool:
        text = _text(actual)
        return text is not None and (text in texts or (bool(numbers) and _number(actual) in numbers))

    return among


def _containing_any(wanted: Any) -> Callable[[Any], bool]:
    tests = [_containing(each) for each in wanted] if _is_list(wanted) else []
    return lambda actual: any(test(actual) for test in tests)


def _timeless(test: Callable[[Any], bool]) -> Test:
    return lambda actual, _now: test(actual)


def _not_equal_to(wanted: Any) -> Test:
    equals = _equal_to(wanted)
    return lambda actual, _now: _is_single(actual) and not equals(actual)


def _not_containing(wanted: Any) -> Test:
    contains = _containing(wanted)
    return lambda actual, _now: _can_contain(actual) and not contains(actual)


def _not_in(wanted: Any) -> Test:
    among = _among(wanted)
    return (lambda actual, _now: _is_single(actual) and not among(actual)) if _is_list(wanted) else _never


def _starting_with(wanted: Any) -> Test:
    start = _text(wanted)
    if not start:
        return _never
    return lambda actual, _now: isinstance(actual, str) and actual.strip().casefold().startswith(start)


def _compared(compare: Callable[[Decimal, Decimal], bool]) -> Callable[[Any], Test]:
    def prepare(wanted: Any) -> Test:
        limit = _number(wanted)
        if limit is None:
            return _never
        return lambda actual, _now: (number := _number(actual)) is not None and compare(number, limit)

    return prepare


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


def _older_than_days(wanted: Any) -> Test:
    days = _number(wanted)
    if days is None or not days.is_finite():
        return _never
    longest = Fraction(days) * _MICROSECONDS_OF_DAY

    def is_older(actual: Any, now: datetime) -> bool:
        instant = _instant(actual)
        return instant is not None and (now - instant) // _MICROSECOND > longest

    return is_older


_OPERATORS: dict[str, Callable[[Any], Test]] = {
    "equals": lambda wanted: _timeless(_equal_to(wanted)),
    "not_equals": _not_equal_to,
    "contains": lambda wanted: _timeless(_containing(wanted)),
    "not_contains": _not_containing,
    "starts_with": _starting_with,
    "in": lambda wanted: _timeless(_among(wanted)),
    "not_in": _not_in,
    "contains_any": lambda wanted: _timeless(_containing_any(wanted)),
    "is_empty": lambda _wanted: _timeless(_is_empty),
    "is_not_empty": lambda _wanted: lambda actual, _now: not _is_empty(actual),
    "greater_than": _compared(lambda left, right: left > right),
    "less_than": _compared(lambda left, right: left < right),
    "greater_or_equal": _compared(lambda left, right: left >= right),
    "less_or_equal": _compared(lambda left, right: left <= right),
    "older_than_days": _older_than_days,
}
OPERATORS = frozenset(_OPERATORS)
