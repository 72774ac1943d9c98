"""Accounts, contacts, opportunities and products."""

from typing import Annotated

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body, PageQuery
from gateway.schemas.types import Id, Instant, Money


class SearchQuery(PageQuery):
    """A page of what matches."""

    search: str = Field(
        "", max_length=200, description="A part of the name; contacts: also e-mail, products: also sku."
    )


class RecordQuery(SearchQuery):
    """A page of what matches, of one account or of all."""

    account_id: Id | None = None


class RecordNote(Answer):
    """A note that came over from a lead."""

    id: Id
    content: str
    created_by: Id
    created_at: Instant


class ListedAccount(Answer):
    """A company, in a list."""

    id: Id
    name: str
    email_domain: str | None
    phone: str | None
    owner_id: Id | None
    lead_id: Id | None = Field(description="The lead whose conversion made it.")
    version: int
    created_at: Instant
    updated_at: Instant


class Account(ListedAccount):
    """A company, with its newest 100 notes."""

    notes: list[RecordNote]


class ListedContact(Answer):
    """A person, in a list."""

    id: Id
    account_id: Id | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    phone_e164: Annotated[str | None, Field(alias="phoneE164")]
    title: str | None
    owner_id: Id | None
    lead_id: Id | None
    version: int
    created_at: Instant
    updated_at: Instant


class Contact(ListedContact):
    """A person, with the newest 100 notes."""

    notes: list[RecordNote]


class ListedOpportunity(Answer):
    """A deal, in a list."""

    id: Id
    name: str
    account_id: Id | None
    contact_id: Id | None
    pipeline_id: Id
    stage_id: Id
    value: Money | None
    currency: str
    description: str | None
    owner_id: Id | None
    lead_id: Id | None
    version: int
    created_at: Instant
    updated_at: Instant


class Opportunity(ListedOpportunity):
    """A deal, with its newest 100 notes."""

    notes: list[RecordNote]


class Product(Answer):
    """A product of the catalogue."""

    id: Id
    name: str
    sku: str | None
    description: str | None
    unit_price: Money
    is_active: bool
    version: int
    created_at: Instant
    updated_at: Instant


class ProductFields(Body):
    """What a caller may write of a product."""

    name: str | None = None
    sku: str | None = Field(None, description="Unique where given.")
    description: str | None = None
    unit_price: Money | None = Field(None, description="At least 0, two decimals.")
    is_active: bool | None = None


class NewProduct(ProductFields):
    """A new product: name and price are needed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Enterprise Plan", "sku": "ENT", "unitPrice": 5000}]}
    )


class ProductChanges(ProductFields):
    """The fields to change; null clears one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unitPrice": 5500}]})
