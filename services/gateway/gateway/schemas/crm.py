"""Accounts, contacts, opportunities and products."""

from typing import Annotated

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, JsonObject, Money


class RecordNote(Answer):
    """A note that came over from a lead."""

    id: Id
    content: str
    created_by: Id
    created_at: Instant


class RecordDocument(Answer):
    """A link to a lead's document; its content is at `/leads/{leadId}/documents/{documentId}`."""

    document_id: Id
    lead_id: Id
    name: str
    content_type: str
    size_bytes: int
    created_by: Id
    created_at: Instant


class RecordMember(Answer):
    """A user who came over from a lead's team."""

    user_id: Id
    role: str
    added_by: Id
    added_at: Instant


class OpportunityLine(Answer):
    """What is sold: a copy of a lead's product line."""

    id: Id = Field(description="The lead's line's.")
    product_id: Id
    product_name: str = Field(description="As the lead's line had it.")
    quantity: Money
    unit_price: Money
    discount: Money
    total: Money = Field(description="quantity × unitPrice × (1 − discount/100), two decimals, rounded half up.")


class CameOver(Answer):
    """What came over from leads: the newest 100 notes and documents, and the team, each user once."""

    notes: list[RecordNote]
    documents: list[RecordDocument]
    team: list[RecordMember]


class ListedAccount(Answer):
    """A company, in a list."""

    id: Id
    name: str
    email_domain: str | None
    phone: str | None
    owner_id: Id | None
    lead_id: Id | None = Field(description="The lead whose conversion made it.")
    custom_fields: JsonObject
    version: int
    created_at: Instant
    updated_at: Instant


class Account(ListedAccount, CameOver):
    """A company, with what came over from leads."""


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
    custom_fields: JsonObject
    version: int
    created_at: Instant
    updated_at: Instant


class Contact(ListedContact, CameOver):
    """A person, with what came over from leads."""


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
    custom_fields: JsonObject
    version: int
    created_at: Instant
    updated_at: Instant


class Opportunity(ListedOpportunity, CameOver):
    """A deal, with what is sold and what came over from leads."""

    lines: list[OpportunityLine]


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
