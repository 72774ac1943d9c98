"""The records, as plain values. Times are UTC, and each change of a record raises its ``version`` by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What a step of a conversion ensures or copies."""

    ACCOUNT = "account"
    CONTACT = "contact"
    OPPORTUNITY = "opportunity"
    NOTES = "notes"
    DOCUMENTS = "documents"
    TEAM = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every record has."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Record):
    """A company that buys or may buy. ``lead_id`` is the lead whose conversion made it."""

    name: str
    email_domain: str | None
    phone: str | None
    owner_id: UUID | None
    lead_id: UUID | None
    custom_fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Record):
    """A person at an account, or on their own."""

    account_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    title: str | None
    owner_id: UUID | None
    lead_id: UUID | None
    custom_fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity(Record):
    """A deal. ``value`` has two decimals, ``currency`` is an ISO 4217 code."""

    name: str
    account_id: UUID | None
    contact_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    value: Decimal | None
    currency: str
    description: str | None
    owner_id: UUID | None
    lead_id: UUID | None
    custom_fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Record):
    """A product of the catalogue. ``unit_price`` has two decimals."""

    name: str
    sku: str | None
    description: str | None
    unit_price: Decimal
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNote:
    """A note that came over from a lead, under the lead note's id."""

    id: UUID
    content: str
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDocument:
    """A link to a lead's document, under the document's id."""

    id: UUID
    lead_id: UUID
    name: str
    content_type: str
    size_bytes: int
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMember:
    """A user who came over from a lead's team."""

    user_id: UUID
    role: str
    created_by: UUID
    created_at: datetime
