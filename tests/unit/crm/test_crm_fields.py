"""What single fields may hold."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from crm_service.domain.fields import MOST_MONEY, checked, domain, e164, line, money, required, text
from kit.errors import LeadlineError

DECIMALS = st.decimals(0, MOST_MONEY, allow_nan=False, allow_infinity=False, places=6)


@given(DECIMALS)
@example(Decimal("0.005"))
@example(Decimal("2.675"))
@example(Decimal("1E+3"))
def test_money_is_the_nearest_cent_and_the_upper_one_in_between(amount: Decimal) -> None:
    kept = money("value", str(amount))
    assert kept is not None
    assert kept.as_tuple().exponent == -2
    assert Fraction(-1, 200) < Fraction(kept) - Fraction(amount) <= Fraction(1, 200)


@given(st.text(min_size=1, max_size=60))
@example("٣")
@example("1_0")
@example("NaN")
def test_whatever_is_no_amount_is_refused_as_such(value: str) -> None:
    assume(re.fullmatch("[0-9.eE+-]*", value) is None)
    with pytest.raises(LeadlineError) as refused:
        money("value", value)
    assert refused.value.violations[0].reason == "NOT_A_NUMBER"


@given(st.integers(-999, 999), st.integers(0, 10**39))
def test_amounts_of_any_size_are_decided_at_once(exponent: int, digits: int) -> None:
    amount = f"{digits}e{exponent}"
    try:
        kept = money("value", amount)
    except LeadlineError:
        assert Decimal(amount) > MOST_MONEY
    else:
        assert kept is not None
        assert abs(kept - Decimal(amount)) <= Decimal("0.005")


@given(st.text(max_size=50))
def test_a_line_holds_no_control_character_and_no_white_space_around_it(value: str) -> None:
    try:
        kept = line(40)("name", value)
    except LeadlineError as error:
        (violation,) = error.violations
        reasons = {"TOO_LONG": len(value.strip()) > 40, "CONTROL_CHARACTER": not value.strip().isprintable()}
        assert reasons[violation.reason]
    else:
        assert kept == (value.strip() or None)
        assert kept is None or not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in kept)


def test_a_text_may_have_lines() -> None:
    assert text(100)("note", " one\r\n\ttwo ") == "one\r\n\ttwo"


def test_empty_is_nothing_unless_it_is_required() -> None:
    for rule in (line(1), text(1), money, e164, domain):
        assert rule("field", "") is None
        assert rule("field", None) is None
        with pytest.raises(LeadlineError) as refused:
            required(rule)("field", "")
        assert refused.value.violations[0].reason == "REQUIRED"


def test_all_faults_are_named_at_once_by_their_rest_names() -> None:
    rules = {"unit_price": required(money), "phone_e164": e164, "name": line(3)}
    with pytest.raises(LeadlineError) as refused:
        checked(rules, {"unit_price": None, "phone_e164": "1", "name": "four"}, path="lines.2.")
    assert [violation.field for violation in refused.value.violations] == [
        "lines.2.unitPrice",
        "lines.2.phoneE164",
        "lines.2.name",
    ]
