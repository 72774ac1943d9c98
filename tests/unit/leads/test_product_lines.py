"""The product lines of a lead: exact money, what a line may say, and what is written along."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kit.errors import ErrorKind, unavailable
from kit.ids import new_id
from leads_service.domain import product_lines
from leads_service.domain.fields import MOST_MONEY
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.product_lines import MOST_QUANTITY, Product, ProductLine, Wanted
from tests.unit.leads.building import ALICE, HOUR, NOW, by_person, make_lead, types_of
from tests.unit.leads.refusals import faults, refusal

LATER = NOW + HOUR
LEAD = make_lead()
PLAN = Product(new_id(), "Enterprise Plan", Decimal("5000.00"), is_active=True)


def added(
    lead: Lead = LEAD,
    lines: tuple[ProductLine, ...] = (),
    product: Product | None = PLAN,
    offered: Callable[[], Product | None] | None = None,
    **written: Any,
) -> tuple[ProductLine, Change]:
    wanted = Wanted(
        product_id=product.id if product else PLAN.id,
        given=written,
        added_by=ALICE,
        offered=offered or (lambda: product),
    )
    return product_lines.add(lead, lines, wanted, by_person(NOW))


def changed(line: ProductLine, ident: UUID | None = None, version: int | None = None, **written: Any) -> Any:
    return product_lines.change(
        LEAD, (line,), ident or line.product_id, written, expected_version=version, situation=by_person(LATER)
    )


def removed(lead: Lead, lines: tuple[ProductLine, ...], ident: UUID, version: int | None = None) -> Any:
    return product_lines.remove(lead, lines, ident, expected_version=version, situation=by_person(LATER))


def line(product: Product = PLAN, **written: Any) -> ProductLine:
    return added(product=product, **written)[0]


def decimals(least: str, most: Decimal, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), most, places=places)


QUANTITIES = decimals("0.0001", MOST_QUANTITY, 4)
PRICES = decimals("0", MOST_MONEY, 2)
DISCOUNTS = decimals("0", Decimal(100), 2)


def half_up(exact: Fraction) -> Fraction:
    return Fraction((exact * 100 + Fraction(1, 2)).__floor__(), 100)


@given(QUANTITIES, PRICES, DISCOUNTS)
# With the usual precision of 28 digits it would be rounded twice, to a cent more.
@example(Decimal("999999.9999"), Decimal("9999999499899.99"), Decimal("0.01"))
@example(Decimal("0.5"), Decimal("0.01"), Decimal(0))
def test_a_total_is_exact_and_rounded_half_up_once(quantity: Decimal, price: Decimal, discount: Decimal) -> None:
    total = product_lines.total_of(quantity, price, discount)
    exact = Fraction(quantity) * Fraction(price) * (1 - Fraction(discount) / 100)
    assert Fraction(total) == half_up(exact)
    assert total.as_tuple().exponent == -2
    made = line(quantity=str(quantity), unit_price=str(price), discount=str(discount))
    assert (made.quantity, made.unit_price, made.discount, made.total) == (quantity, price, discount, total)


@given(QUANTITIES, PRICES, DISCOUNTS)
def test_whatever_the_callers_decimal_context_is_the_total_is_the_same(
    quantity: Decimal, price: Decimal, discount: Decimal
) -> None:
    with localcontext(prec=5):
        rounded = product_lines.total_of(quantity, price, discount)
    assert rounded == product_lines.total_of(quantity, price, discount)


def test_the_documented_line_comes_out() -> None:
    assert line(quantity="1", unit_price="5000", discount="10").total == Decimal("4500.00")


def test_what_is_not_said_is_one_at_the_catalogues_price_without_discount() -> None:
    for made in (line(), line(quantity=None, unit_price=None, discount=None)):
        assert [made.quantity, made.unit_price, made.discount, made.total] == [1, 5000, 0, 5000]
        assert (made.product_name, made.version, made.created_by) == ("Enterprise Plan", 1, ALICE)
    assert line(unit_price="0").total == 0


def test_a_product_is_added_and_the_lead_stays_as_it_is() -> None:
    made, change = added(quantity="2.5", discount="12.50")
    assert (made.lead_id, made.product_id, made.created_at, made.updated_at) == (LEAD.id, PLAN.id, NOW, NOW)
    assert (change.lead, change.changed, change.history, change.clock_changed) == (LEAD, False, (), False)
    assert types_of(change) == ["product_added"]
    activity = change.activities[0]
    assert (activity.performed_by, activity.title) == (ALICE, "Product added")
    assert activity.metadata == {
        "lineId": str(made.id),
        "productId": str(PLAN.id),
        "productName": "Enterprise Plan",
        "quantity": 2.5,
        "unitPrice": 5000,
        "discount": 12.5,
    }


def test_a_change_says_what_was_before_and_raises_the_lines_version() -> None:
    before = line(quantity="2", discount="10")
    for ident in (before.product_id, before.id):
        after, change = changed(before, ident, quantity="3", discount=None)
        assert (after.quantity, after.discount, after.total) == (3, 0, Decimal("15000.00"))
        assert (after.version, after.created_at, after.updated_at) == (2, NOW, LATER)
        assert types_of(change) == ["product_changed"]
        assert change.activities[0].metadata["before"] == {"quantity": 2, "discount": 10}
        assert change.activities[0].metadata["quantity"] == 3
        assert (change.lead, change.changed) == (LEAD, False)


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    before = line(quantity="2")
    for written in ({}, {"quantity": "2.000"}, {"unit_price": "5000"}, {"discount": None}):
        after, change = changed(before, **written)
        assert (after, change.activities, change.changed) == (before, (), False)


def test_a_line_goes_by_its_products_id_or_its_own() -> None:
    one, other = line(), line(replace(PLAN, id=new_id()))
    for ident in (one.id, one.product_id):
        gone, change = removed(LEAD, (other, one), ident)
        assert (gone, types_of(change), change.changed) == (one, ["product_removed"], False)
        assert change.activities[0].metadata["lineId"] == str(one.id)


def test_a_products_id_wins_over_a_lines_own() -> None:
    one = line()
    other = replace(line(replace(PLAN, id=new_id())), id=one.product_id)
    for lines in ((one, other), (other, one)):
        assert removed(LEAD, lines, one.product_id)[0] == one


NO_NUMBERS = ["", "x", "NaN", "Infinity", "-Infinity", "1,5"]
QUANTITY_FAULTS = [("0", "OUT_OF_RANGE"), ("-1", "OUT_OF_RANGE"), ("1000000.0001", "OUT_OF_RANGE")]
QUANTITY_FAULTS += [("0.00001", "TOO_PRECISE"), ("1.23456", "TOO_PRECISE"), ("1e999999", "OUT_OF_RANGE")]
PRICE_FAULTS = [("-0.01", "OUT_OF_RANGE"), ("10000000000000", "OUT_OF_RANGE"), ("1.005", "TOO_PRECISE")]
DISCOUNT_FAULTS = [("101", "OUT_OF_RANGE"), ("100.01", "OUT_OF_RANGE"), ("-1", "OUT_OF_RANGE")]
DISCOUNT_FAULTS += [("10.001", "TOO_PRECISE"), ("1e-999999", "TOO_PRECISE")]
WRONG = [
    *(("quantity", "quantity", *each) for each in QUANTITY_FAULTS),
    *(("unit_price", "unitPrice", *each) for each in PRICE_FAULTS),
    *(("discount", "discount", *each) for each in DISCOUNT_FAULTS),
    *(("quantity", "quantity", text, "WRONG_TYPE") for text in NO_NUMBERS),
]


@pytest.mark.parametrize(("name", "path", "text", "reason"), WRONG)
def test_a_wrong_number_is_refused_whether_the_line_is_new_or_there(
    name: str, path: str, text: str, reason: str
) -> None:
    written: dict[str, Any] = {name: text}
    with faults((path, reason)):
        added(**written)
    with faults((path, reason)):
        changed(line(), **written)


def test_all_that_is_wrong_is_named_at_once() -> None:
    with faults(("quantity", "OUT_OF_RANGE"), ("unitPrice", "TOO_PRECISE"), ("discount", "OUT_OF_RANGE")):
        changed(line(), quantity="0", unit_price="1.001", discount="101")
    with faults(("quantity", "OUT_OF_RANGE"), ("productId", "NOT_IN_CATALOGUE")):
        added(product=None, quantity="0")


def test_quantity_and_price_of_a_line_cannot_be_cleared() -> None:
    with faults(("quantity", "REQUIRED"), ("unitPrice", "REQUIRED")):
        changed(line(), quantity=None, unit_price=None)


def test_a_product_must_be_one_that_the_catalogue_offers() -> None:
    with faults(("productId", "NOT_IN_CATALOGUE")):
        added(product=None)
    with faults(("productId", "INACTIVE")):
        added(product=replace(PLAN, is_active=False))


def test_the_catalogue_is_not_missed_where_the_addition_is_refused_anyhow() -> None:
    def away() -> Product | None:
        raise unavailable("The CRM does not answer.")

    with refusal("PART_UNAVAILABLE", ErrorKind.UNAVAILABLE):
        added(offered=away)
    with refusal("LEAD_CLOSED"):
        added(replace(LEAD, status=LeadStatus.CONVERTED), offered=away)
    with refusal("PRODUCT_ALREADY_ADDED"):
        added(lines=(line(),), offered=away)


def test_a_lead_takes_each_product_once() -> None:
    there = line()
    with refusal("PRODUCT_ALREADY_ADDED") as refused:
        added(lines=(there,))
    assert refused.value.metadata == {"lineId": str(there.id)}


def test_a_lead_has_at_most_a_hundred_lines() -> None:
    others = tuple(line(replace(PLAN, id=new_id())) for _ in range(100))
    with refusal("LIST_FULL"):
        added(lines=others)
    assert added(lines=others[1:])[0].product_id == PLAN.id


def test_a_line_that_is_not_there_is_neither_changed_nor_removed() -> None:
    with refusal("PRODUCT_LINE_NOT_FOUND", ErrorKind.NOT_FOUND):
        changed(line(), new_id(), quantity="1")
    with refusal("PRODUCT_LINE_NOT_FOUND", ErrorKind.NOT_FOUND):
        removed(LEAD, (line(),), new_id())


def test_a_line_that_changed_since_it_was_read_stays_as_it_is() -> None:
    there = replace(line(), version=3)
    with refusal("VERSION_STALE", ErrorKind.STALE):
        changed(there, version=2, quantity="5")
    with refusal("VERSION_STALE", ErrorKind.STALE):
        removed(LEAD, (there,), there.id, version=4)
    assert changed(there, version=3, quantity="5")[0].version == 4


CLOSED = [
    (replace(LEAD, status=LeadStatus.CONVERTED), "LEAD_CLOSED"),
    (replace(LEAD, status=LeadStatus.DISQUALIFIED), "LEAD_CLOSED"),
    (replace(LEAD, conversion_id=new_id()), "LEAD_CONVERTING"),
]


@pytest.mark.parametrize(("lead", "reason"), CLOSED)
def test_the_lines_of_a_lead_that_is_not_open_stay_as_they_are(lead: Lead, reason: str) -> None:
    there = line()
    situation = by_person(LATER)
    with refusal(reason):
        added(lead)
    with refusal(reason):
        product_lines.change(lead, (there,), there.id, {}, expected_version=None, situation=situation)
    with refusal(reason):
        removed(lead, (there,), there.id)
