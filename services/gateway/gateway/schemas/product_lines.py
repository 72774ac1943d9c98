"""What a lead may buy."""

from typing import Any

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, Money

_PRODUCT_ID = "018f4e6e-0000-7000-8000-000000000006"
_LINE: dict[str, Any] = {
    "id": "018f4e6e-0000-7000-8000-000000000007",
    "productId": _PRODUCT_ID,
    "productName": "Enterprise Plan",
    "quantity": 1,
    "unitPrice": 5000,
    "discount": 10,
    "total": 4500,
    "leadId": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
    "version": 1,
    "createdBy": "018f4e6e-0000-7000-8000-000000000005",
    "createdAt": "2025-01-20T10:00:00Z",
    "updatedAt": "2025-01-20T10:00:00Z",
}


class ProductLineFields(Body):
    """What a caller may write of a product line."""

    quantity: Money | None = Field(None, description="Over 0, at most 1,000,000, up to four decimals.")
    unit_price: Money | None = Field(None, description="At least 0, up to two decimals.")
    discount: Money | None = Field(None, description="Percent, 0 to 100, up to two decimals.")


class NewProductLine(ProductLineFields):
    """A product that the lead may buy: one of it, at the catalogue's price, without discount, unless given."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"productId": _PRODUCT_ID, "quantity": 2, "unitPrice": 5000, "discount": 0}]}
    )

    product_id: Id = Field(description="An active product of the catalogue.")


class ProductLineChanges(ProductLineFields):
    """The values to change; null takes a discount away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 3, "discount": 12.5}]})


class ProductLine(Answer):
    """A product that the lead may buy."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    id: Id
    product_id: Id
    product_name: str = Field(description="As the catalogue had it when the line was added.")
    quantity: Money
    unit_price: Money
    discount: Money
    total: Money = Field(description="quantity × unitPrice × (1 − discount/100), two decimals, rounded half up.")
    lead_id: Id
    version: int
    created_by: Id
    created_at: Instant
    updated_at: Instant
