"""What is sold with an opportunity: copies of a lead's product lines, with exact money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from uuid import UUID

from crm_service.domain.fields import Rule, decimal, id_, line, money, required
from kit.errors import FieldViolation, invalid, invalid_field

MOST_LINES = 100
_MOST_QUANTITY = Decimal(1_000_000)
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
# The largest product of a quantity, a price and a percentage has 31 digits; the usual 28 would round it.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def _quantity(field: str, value: str | None) -> Decimal | None:
    kept: Decimal | None = decimal(_MOST_QUANTITY, places=4)(field, value)
    if kept == 0:
        raise invalid_field(field, "OUT_OF_RANGE", f"Must be over 0, and at most {_MOST_QUANTITY}.")
    return kept


def _percent(field: str, value: str | None) -> Decimal:
    kept: Decimal | None = decimal(_HUNDRED, places=2)(field, value)
    return kept or Decimal(0)


LINE: Mapping[str, Rule] = {
    "id": required(id_),
    "product_id": required(id_),
    "product_name": required(line(500)),
    "quantity": required(_quantity),
    "unit_price": required(money),
    "discount": _percent,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityLine:
    """A product that is sold, named as the lead's line had it. ``discount`` is percent."""

    id: UUID
    product_id: UUID
    product_name: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal

    @property
    def total(self) -> Decimal:
        """What it comes to: two decimals, rounded half up once, at the end."""
        with localcontext(_EXACT):
            return (self.quantity * self.unit_price * (_HUNDRED - self.discount) / _HUNDRED).quantize(_CENT)


def require_distinct(lines: Sequence[OpportunityLine]) -> None:
    """Refuse a line that comes twice.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each.
    """
    seen: set[UUID] = set()
    violations = []
    for place, each in enumerate(lines):
        if each.id in seen:
            violations.append(FieldViolation(f"lines.{place}.id", "NOT_UNIQUE", "Another line has this id."))
        seen.add(each.id)
    if violations:
        raise invalid(*violations)
