"""Operators and the fields that they cannot apply to: none is refused that the leads service could ever match."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from uuid import uuid4

import pytest

from leads_service.domain.conditions import OPERATORS, Condition, matches
from settings_service.domain.conditions import Operator, misapplied
from settings_service.domain.lead_fields import KNOWN_FIELDS

NOW = datetime(2025, 1, 20, 10, tzinfo=UTC)
# What leads have in these fields, and for each operator a value that could match it.
HELD: dict[str, Any] = {
    "estimatedValue": Decimal("1000.50"),
    "createdAt": NOW - timedelta(days=3),
    "assignedTo": uuid4(),
}
WANTED: dict[str, list[Any]] = {
    "contains": ["0", 0],
    "starts_with": ["1", "2", 1],
    "contains_any": [["0", "1", 0]],
    "greater_than": [-1, "0"],
    "less_than": [10**9],
    "greater_or_equal": [-1],
    "less_or_equal": [10**9],
    "older_than_days": [1],
}


def test_both_services_know_the_same_operators() -> None:
    assert set(get_args(Operator)) == OPERATORS


@pytest.mark.parametrize("field", HELD)
@pytest.mark.parametrize("operator", WANTED)
def test_an_operator_is_refused_where_it_matches_nothing_that_the_field_holds(field: str, operator: Operator) -> None:
    held = HELD[field]
    found = any(matches(Condition(field, operator, wanted), held, NOW) for wanted in WANTED[operator])
    assert (misapplied(field, operator) is None) == found


@pytest.mark.parametrize("field", [*sorted(KNOWN_FIELDS), "customFields.size"])
@pytest.mark.parametrize("operator", ["equals", "not_equals", "in", "not_in", "is_empty", "is_not_empty"])
def test_every_field_can_be_compared_and_be_empty(field: str, operator: Operator) -> None:
    assert misapplied(field, operator) is None


@pytest.mark.parametrize("operator", get_args(Operator))
def test_every_operator_applies_to_custom_fields(operator: Operator) -> None:
    assert misapplied("customFields.size", operator) is None
