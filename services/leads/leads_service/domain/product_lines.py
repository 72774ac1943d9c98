"""What a lead may buy: lines of catalogue products, with exact money (spec: around a lead)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from functools import partial
from typing import Any
from uuid import UUID

from kit.errors import LeadlineError, invalid_field, not_found, refused, stale
from kit.ids import new_id
from leads_service.domain.faults import Faults
from leads_service.domain.fields import MOST_MONEY
from leads_service.domain.json_values import json_number
from leads_service.domain.lead import Activity, Change, Lead
from leads_service.domain.settling import Situation, settle
from leads_service.domain.standing import Deed, require

MOST_LINES = 100
MOST_QUANTITY = Decimal(1_000_000)

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
# The largest product of a quantity, a price and a percentage has 31 digits; the usual 28 would round it.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

# A value that a caller wrote, by attribute of a line; None where it is cleared.
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the catalogue has it."""

    id: UUID
    name: str
    unit_price: Decimal
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductLine:
    """A product that a lead may buy, named as the catalogue had it when the line was added."""

    id: UUID
    lead_id: UUID
    product_id: UUID
    product_name: str
    quantity: Decimal
    unit_price: Decimal
    # Percent.
    discount: Decimal
    total: Decimal
    version: int = 1
    created_by: UUID
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line that is to be added, and what the catalogue says of its product.

    ``offered`` answers nothing where the catalogue has no such product, and raises where it could not be asked.
    """

    product_id: UUID
    given: Given
    added_by: UUID
    offered: Callable[[], Product | None]


def total_of(quantity: Decimal, unit_price: Decimal, discount: Decimal) -> Decimal:
    """What a line comes to: two decimals, rounded half up once, at the end."""
    with localcontext(_EXACT):
        return (quantity * unit_price * (_HUNDRED - discount) / _HUNDRED).quantize(_CENT)


def add(lead: Lead, lines: Sequence[ProductLine], wanted: Wanted, situation: Situation) -> tuple[ProductLine, Change]:
    """A line, new among those of the lead. The lead itself stays as it is.

    Without a quantity it is one, without a price the catalogue's, without a discount none.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, PRODUCT_ALREADY_ADDED, LIST_FULL, VALIDATION_FAILED naming each
            field at fault, and whatever ``wanted.offered`` raises.
    """
    require(lead, Deed.CHANGE)
    _require_place(lines, wanted.product_id)
    faults = Faults()
    clean = _clean({name: value for name, value in wanted.given.items() if value is not None}, faults)
    product = faults.finish(lambda: _require_offered(wanted.offered()))
    unit_price = clean["unit_price"] if "unit_price" in clean else _price("unitPrice", product.unit_price)
    quantity, discount = clean.get("quantity", Decimal(1)), clean.get("discount", Decimal(0))
    line = ProductLine(
        id=new_id(),
        lead_id=lead.id,
        product_id=wanted.product_id,
        product_name=product.name,
        quantity=quantity,
        unit_price=unit_price,
        discount=discount,
        total=total_of(quantity, unit_price, discount),
        created_by=wanted.added_by,
        created_at=situation.now,
        updated_at=situation.now,
    )
    return line, settle(lead, lead, [_activity(lead, "product_added", "Product added", line, situation)], situation)


def change(
    lead: Lead,
    lines: Sequence[ProductLine],
    ident: UUID,
    given: Given,
    *,
    expected_version: int | None,
    situation: Situation,
) -> tuple[ProductLine, Change]:
    """The line of this product, or of this id, with the given values. The lead itself stays as it is.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, PRODUCT_LINE_NOT_FOUND, VERSION_STALE, VALIDATION_FAILED naming
            each field at fault.
    """
    line = _line_as_seen(lead, lines, ident, expected_version)
    faults = Faults()
    after = replace(line, **_clean(given, faults))
    faults.refuse()
    if after == line:
        return line, settle(lead, lead, [], situation)
    total = total_of(after.quantity, after.unit_price, after.discount)
    after = replace(after, total=total, version=line.version + 1, updated_at=situation.now)
    before = {name: value for name, value in _numbers(line).items() if value != _numbers(after)[name]}
    changed = _activity(lead, "product_changed", "Product changed", after, situation, before=before)
    return after, settle(lead, lead, [changed], situation)


def remove(
    lead: Lead, lines: Sequence[ProductLine], ident: UUID, *, expected_version: int | None, situation: Situation
) -> tuple[ProductLine, Change]:
    """The line of this product, or of this id, that goes. The lead itself stays as it is.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, PRODUCT_LINE_NOT_FOUND, VERSION_STALE.
    """
    line = _line_as_seen(lead, lines, ident, expected_version)
    return line, settle(lead, lead, [_activity(lead, "product_removed", "Product removed", line, situation)], situation)


def _require_place(lines: Sequence[ProductLine], product_id: UUID) -> None:
    there = next((line for line in lines if line.product_id == product_id), None)
    if there is not None:
        message = "The lead has a line of this product already."
        raise refused("PRODUCT_ALREADY_ADDED", message, metadata={"lineId": str(there.id)})
    if len(lines) >= MOST_LINES:
        raise refused("LIST_FULL", f"A lead has at most {MOST_LINES} product lines.")


def _require_offered(product: Product | None) -> Product:
    if product is None:
        raise invalid_field("productId", "NOT_IN_CATALOGUE", "Must be a product of the catalogue.")
    if not product.is_active:
        raise invalid_field("productId", "INACTIVE", "The catalogue does not offer this product any more.")
    return product


def _line_as_seen(lead: Lead, lines: Sequence[ProductLine], ident: UUID, expected: int | None) -> ProductLine:
    require(lead, Deed.CHANGE)
    # A product's id wins over a line's own.
    found = sorted((line for line in lines if ident in (line.product_id, line.id)), key=lambda line: line.id == ident)
    if not found:
        raise not_found("PRODUCT_LINE_NOT_FOUND", "The lead has no line of this product.")
    if expected is not None and expected != found[0].version:
        raise stale(found[0].version)
    return found[0]


def _clean(given: Given, faults: Faults) -> dict[str, Any]:
    """The given values that are right; what is wrong with the others is noted."""
    cleaned: dict[str, Any] = {}
    for name, value in given.items():
        rule, path = _RULES[name]
        number = faults.note(partial(rule, path, value))
        if number is not None:
            cleaned[name] = number
    return cleaned


def _quantity(path: str, value: Any) -> Decimal:
    message = f"Must be over 0 and at most {MOST_QUANTITY}."
    return _number(path, value, 4, message, lambda number: 0 < number <= MOST_QUANTITY)


def _price(path: str, value: Any) -> Decimal:
    message = f"Must be from 0 to {MOST_MONEY}."
    return _number(path, value, 2, message, lambda number: 0 <= number <= MOST_MONEY)


def _discount(path: str, value: Any) -> Decimal:
    # Cleared, there is none.
    given, message = 0 if value is None else value, "Must be from 0 to 100 percent."
    return _number(path, given, 2, message, lambda number: 0 <= number <= _HUNDRED)


# What is written of a line, with its name for the caller.
_RULES: dict[str, tuple[Callable[[str, Any], Decimal], str]] = {
    "quantity": (_quantity, "quantity"),
    "unit_price": (_price, "unitPrice"),
    "discount": (_discount, "discount"),
}


def _number(path: str, value: Any, places: int, message: str, is_in_range: Callable[[Decimal], bool]) -> Decimal:
    if value is None:
        raise invalid_field(path, "REQUIRED", "Must not be empty.")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise _no_number(path) from error
    if not number.is_finite():
        raise _no_number(path)
    if not is_in_range(number):
        raise invalid_field(path, "OUT_OF_RANGE", message)
    kept = number.quantize(Decimal(1).scaleb(-places))
    if kept != number:
        raise invalid_field(path, "TOO_PRECISE", f"Must have at most {places} decimals.")
    return abs(kept)


def _no_number(path: str) -> LeadlineError:
    return invalid_field(path, "WRONG_TYPE", "Must be a number.")


def _activity(lead: Lead, kind: str, title: str, line: ProductLine, situation: Situation, **more: Any) -> Activity:
    what = {"lineId": str(line.id), "productId": str(line.product_id), "productName": line.product_name}
    return situation.activity(lead, kind, title, metadata={**what, **_numbers(line), **more})


def _numbers(line: ProductLine) -> dict[str, int | float]:
    """What people wrote of the line, for JSON. Its total follows, and may have more digits than a double holds."""
    return {path: json_number(getattr(line, name)) for name, (_, path) in _RULES.items()}
