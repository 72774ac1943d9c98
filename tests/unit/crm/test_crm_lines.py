"""What is sold with an opportunity, and custom fields: exact, bounded, and refused by name."""

import json
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crm_service.domain.custom_fields import json_object
from crm_service.domain.fields import decimal
from crm_service.domain.lines import OpportunityLine
from kit.errors import LeadlineError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcö", max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.decimals("0.0001", 1_000_000, places=4),
    st.decimals(0, "9999999999999.99", places=2),
    st.decimals(0, 100, places=2),
)
def test_a_total_is_the_nearest_cent_and_the_upper_one_in_between(
    quantity: Decimal, unit_price: Decimal, discount: Decimal
) -> None:
    line = OpportunityLine(
        id=UUID(int=1),
        product_id=UUID(int=2),
        product_name="Plan",
        quantity=quantity,
        unit_price=unit_price,
        discount=discount,
    )
    exact = Fraction(quantity) * Fraction(unit_price) * (100 - Fraction(discount)) / 100
    assert Fraction(-1, 200) < Fraction(line.total) - exact <= Fraction(1, 200)
    assert line.total.as_tuple().exponent == -2


@given(st.decimals(-5, 105, places=3))
def test_a_decimal_is_kept_as_it_is_or_refused_for_what_is_wrong_with_it(amount: Decimal) -> None:
    rule = decimal(Decimal(100), places=2)
    try:
        kept = rule("discount", str(amount))
    except LeadlineError as error:
        reason = error.violations[0].reason
        assert reason == ("TOO_PRECISE" if 0 <= amount <= 100 else "OUT_OF_RANGE")
        assert not 0 <= amount <= 100 or amount != round(amount, 2)
    else:
        assert kept == amount
        assert 0 <= kept <= 100


@given(st.dictionaries(st.text("abc", max_size=4), JSON, max_size=4))
def test_custom_fields_are_kept_as_they_are(fields: dict[str, object]) -> None:
    assert json_object("customFields", json.dumps(fields)) == fields


@given(st.text(max_size=60) | JSON.map(json.dumps))
def test_whatever_is_no_object_is_refused_by_name(text: str) -> None:
    try:
        is_object = isinstance(json.loads(text or "{}"), dict)
    except ValueError:
        is_object = False
    assume(not is_object)
    with pytest.raises(LeadlineError) as refused:
        json_object("customFields", text)
    assert [(each.field, each.reason) for each in refused.value.violations] == [("customFields", "WRONG_TYPE")]


def test_thirty_two_levels_are_deep_enough_and_one_more_is_not() -> None:
    def nested(levels: int) -> str:
        return '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"

    assert json_object("customFields", nested(32))
    with pytest.raises(LeadlineError) as refused:
        json_object("customFields", nested(33))
    assert refused.value.violations[0].reason == "TOO_DEEP"
    with pytest.raises(LeadlineError):
        json_object("customFields", nested(100_000))
