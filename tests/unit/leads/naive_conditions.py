"""What a condition means, read as naively as it can be written, to compare the real one with (spec: scoring)."""

import operator as operator_module
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any


def naively_matches(operator: str, actual: Any, wanted: Any, now: datetime) -> bool:
    """Whether the condition holds."""
    if operator == "older_than_days":
        return older(actual, wanted, now)
    if operator in COMPARISONS:
        left, right = number(actual), number(wanted)
        return left is not None and right is not None and COMPARISONS[operator](left, right)
    return operator in TESTS and TESTS[operator](actual, wanted)


def older(actual: Any, wanted: Any, now: datetime) -> bool:
    days = number(wanted)
    instant = actual
    if isinstance(actual, str):
        try:
            instant = datetime.fromisoformat(actual.strip())
        except ValueError:
            return False
    if days is None or not isinstance(instant, datetime):
        return False
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return Fraction((now - instant) / timedelta(microseconds=1)) > days * 24 * 60 * 60 * 1_000_000


def number(value: Any) -> Fraction | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(repr(value))
    if not isinstance(value, str):
        return None
    digits = value.strip().lstrip("+-")
    whole, dot, part = digits.partition(".")
    if len(value.strip()) - len(digits) > 1 or not whole.isdecimal() or (dot and not part.isdecimal()):
        return None
    return Fraction(value.strip())


def text(value: Any) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    return str(value).strip().casefold()


def equal(actual: Any, wanted: Any) -> bool:
    if number(actual) is not None and number(wanted) is not None:
        return number(actual) == number(wanted)
    return text(actual) is not None and text(actual) == text(wanted)


def holds(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, list):
        return any(equal(each, wanted) for each in actual)
    return isinstance(actual, str) and bool(text(wanted)) and str(text(wanted)) in actual.casefold()


def empty(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and value.strip() == "")


def single_or_empty(value: Any) -> bool:
    return empty(value) or not isinstance(value, (dict, list))


def starts(actual: Any, wanted: Any) -> bool:
    return isinstance(actual, str) and bool(text(wanted)) and str(text(actual)).startswith(str(text(wanted)))


def among(actual: Any, wanted: Any) -> bool:
    return isinstance(wanted, list) and any(equal(actual, each) for each in wanted)


COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "greater_than": operator_module.gt,
    "less_than": operator_module.lt,
    "greater_or_equal": operator_module.ge,
    "less_or_equal": operator_module.le,
}
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": equal,
    "not_equals": lambda actual, wanted: single_or_empty(actual) and not equal(actual, wanted),
    "contains": holds,
    "not_contains": lambda actual, wanted: (
        (empty(actual) or isinstance(actual, (str, list))) and not holds(actual, wanted)
    ),
    "starts_with": starts,
    "in": among,
    "not_in": lambda actual, wanted: isinstance(wanted, list) and single_or_empty(actual) and not among(actual, wanted),
    "contains_any": lambda actual, wanted: isinstance(wanted, list) and any(holds(actual, each) for each in wanted),
    "is_empty": lambda actual, _wanted: empty(actual),
    "is_not_empty": lambda actual, _wanted: not empty(actual),
}
