"""Conditions: what each operator compares, and that what cannot be compared never matches."""

import operator as op
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads_service.domain.conditions import OPERATORS, Condition, matches
from leads_service.domain.facts import facts_of
from tests.unit.leads.building import CONFIGURATION, NEW, NOW, make_lead

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
values = (
    json_values | st.decimals(allow_nan=False, allow_infinity=False) | st.datetimes(timezones=st.just(UTC)) | st.uuids()
)


def holds(operator: str, actual: Any, wanted: Any = None) -> bool:
    return matches(Condition("field", operator, wanted), actual, NOW)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(OPERATORS)), values, json_values)
def test_any_operator_answers_for_any_value(operator: str, actual: Any, wanted: Any) -> None:
    assert holds(operator, actual, wanted) in {True, False}


@settings(max_examples=200, deadline=None)
@given(values, json_values)
def test_an_operator_and_its_opposite_never_both_hold(actual: Any, wanted: Any) -> None:
    for one, opposite in (("equals", "not_equals"), ("contains", "not_contains"), ("in", "not_in")):
        assert not (holds(one, actual, wanted) and holds(opposite, actual, wanted))
    assert holds("is_empty", actual) is not holds("is_not_empty", actual)


@settings(max_examples=100, deadline=None)
@given(
    st.decimals(-(10**12), 10**12, places=3),
    st.decimals(-(10**12), 10**12, places=3),
    st.sampled_from(
        [("greater_than", op.gt), ("less_than", op.lt), ("greater_or_equal", op.ge), ("less_or_equal", op.le)]
    ),
)
def test_numbers_compare_as_decimals_also_as_text(left: Decimal, right: Decimal, pair: Any) -> None:
    name, compare = pair
    assert holds(name, f"{left:f}", f"{right:f}") is compare(left, right)
    assert holds(name, left, f"{right:f}") is compare(left, right)


@pytest.mark.parametrize(
    ("operator", "actual", "wanted"),
    [
        ("equals", "Website", "wEBSITE"),
        ("equals", Decimal("50000.00"), 50000),
        ("equals", "0.10", 0.1),
        ("equals", 3, "3.0"),
        ("equals", True, True),
        ("equals", "STRASSE", "straße"),
        ("not_equals", "website", "referral"),
        ("not_equals", None, "website"),
        ("contains", "Startup.IO Ltd", "startup"),
        ("contains", ["VIP", "eu"], "vip"),
        ("contains", [1, 2], "2"),
        ("not_contains", "Startup", "bank"),
        ("not_contains", None, "bank"),
        ("not_contains", [], "bank"),
        ("starts_with", " Startup.IO", "STARTUP"),
        ("in", "Website", ["referral", "website"]),
        ("in", 5, ["4", "5.0"]),
        ("not_in", "partner", ["referral", "website"]),
        ("not_in", None, ["referral"]),
        ("contains_any", "Head of Sales", ["ceo", "HEAD"]),
        ("contains_any", ["eu", "us"], ["US"]),
        ("is_empty", "  ", None),
        ("is_empty", [], None),
        ("is_not_empty", 0, None),
        ("is_not_empty", False, None),
        ("greater_than", "50", "9"),
        ("less_or_equal", Decimal("0.30"), 0.3),
        ("older_than_days", NOW - timedelta(days=3, seconds=1), 3),
        ("older_than_days", "2025-01-17T09:59:59Z", "3"),
        ("older_than_days", "2024-12-31", 19),
        ("older_than_days", NOW - timedelta(hours=13), 0.5),
        ("older_than_days", "1900-01-01", 40_000),
    ],
)
def test_it_matches(operator: str, actual: Any, wanted: Any) -> None:
    assert holds(operator, actual, wanted)


@pytest.mark.parametrize(
    ("operator", "actual", "wanted"),
    [
        ("equals", None, "website"),
        ("equals", None, None),
        ("equals", {"a": 1}, "a"),
        ("equals", True, 1),
        ("equals", "NaN", "nan ltd"),
        ("not_equals", {"a": 1}, "b"),
        ("not_equals", "50000", Decimal(50000)),
        ("contains", Decimal("50000.00"), "50"),
        ("contains", "anything", ""),
        ("not_contains", 50000, "7"),
        ("not_contains", {"a": 1}, "b"),
        ("starts_with", 94107, "94"),
        ("starts_with", None, "a"),
        ("in", "website", "website"),
        ("not_in", "website", "referral"),
        ("not_in", ["website"], ["referral"]),
        ("contains_any", 5, ["5"]),
        ("is_not_empty", {}, None),
        ("greater_than", "many", 5),
        ("greater_than", None, 5),
        ("greater_than", True, 0),
        ("greater_than", "1_000", 5),
        ("greater_than", [6], 5),
        ("less_than", 5, "infinity"),
        ("older_than_days", NOW - timedelta(days=3), 3),
        ("older_than_days", NOW + timedelta(days=3), 0),
        ("older_than_days", "last week", 3),
        ("older_than_days", 5, 3),
        ("older_than_days", None, 3),
        ("older_than_days", NOW - timedelta(days=3), "three"),
        ("sounds_like", "website", "website"),
    ],
)
def test_it_does_not_match(operator: str, actual: Any, wanted: Any) -> None:
    assert not holds(operator, actual, wanted)


def test_conditions_look_at_lead_fields_by_their_rest_names() -> None:
    lead = make_lead(last_name="Johnson", custom_fields={"a.b": "dotted", "size": 50}, estimated_value="10")
    fact = facts_of(lead, CONFIGURATION)
    assert fact("lastName") == "Johnson"
    assert fact("customFields.size") == 50
    assert fact("customFields.a.b") == "dotted"
    assert fact("estimatedValue") == 10
    assert fact("stageName") == NEW.name
    assert fact("createdAt") == datetime(2025, 1, 20, 10, tzinfo=UTC)
    assert fact("customFields.none") is None
    assert fact("phoneE164") is None
