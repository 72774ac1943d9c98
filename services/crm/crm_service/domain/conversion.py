"""What conversions ask for: records to make or to match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm_service.domain.company_name import company_key
from crm_service.domain.custom_fields import json_object
from crm_service.domain.fields import LONGEST_TEXT, Rule, currency, domain, e164, id_, line, money, required, text
from crm_service.domain.lines import OpportunityLine

# A record may be named after a lead's first and last name, which are longer together than a company's.
_NAME = line(500)
_LINE = line(200)
_EMAIL = line(320)
_PHONE = line(60)
_MADE: dict[str, Rule] = {
    "new_id": required(id_),
    "lead_id": required(id_),
    "owner_id": required(id_),
    "custom_fields": json_object,
}

NEW_ACCOUNT: Mapping[str, Rule] = _MADE | {
    "name": required(_NAME),
    "email_domain": domain,
    "phone": _PHONE,
    "person_email": _EMAIL,
}
NEW_CONTACT: Mapping[str, Rule] = _MADE | {
    "account_id": id_,
    "first_name": _LINE,
    "last_name": _LINE,
    "email": _EMAIL,
    "phone": _PHONE,
    "phone_e164": e164,
    "title": _LINE,
}
NEW_OPPORTUNITY: Mapping[str, Rule] = _MADE | {
    "name": required(_NAME),
    "account_id": id_,
    "contact_id": id_,
    "pipeline_id": required(id_),
    "stage_id": required(id_),
    "value": money,
    "currency": required(currency),
    "description": text(LONGEST_TEXT),
}
SOUGHT: Mapping[str, Rule] = {
    "email": _EMAIL,
    "phone_e164": e164,
    "company": _NAME,
    "email_domain": domain,
    "account_id": id_,
    "contact_id": id_,
    "opportunity_id": id_,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """What every record that a conversion makes gets."""

    id: UUID
    lead_id: UUID
    owner_id: UUID
    custom_fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount(NewRecord):
    """An account to make where none matches. ``email_domain`` is a company's own, not a free-mail provider's.

    One that is named after a person matches by the person's e-mail, since namesakes are other people.
    """

    name: str
    email_domain: str | None
    phone: str | None
    person_email: str | None
    is_person: bool

    @property
    def name_key(self) -> str:
        """What equal accounts are known by."""
        if not self.is_person:
            return company_key(self.name)
        return person_key(self.person_email) if self.person_email else person_key(str(self.id))

    @property
    def matches_by(self) -> set[str]:
        """What equal accounts have in common, one at least."""
        by_domain = {f"account domain {self.email_domain}"} if self.email_domain else set()
        return {f"account name {self.name_key}"} | by_domain


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLink:
    """A contact to link, for a conversion with this account or with none."""

    id: UUID
    account_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact(NewRecord):
    """A contact to make where none matches."""

    account_id: UUID | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    title: str | None

    @property
    def matches_by(self) -> set[str]:
        """What equal contacts have in common; nothing where there is no e-mail."""
        return {f"contact email {email_key(self.email)}"} if self.email else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOpportunity(NewRecord):
    """An opportunity to make, with what is sold."""

    name: str
    account_id: UUID | None
    contact_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    value: Decimal | None
    currency: str
    description: str | None
    lines: Sequence[OpportunityLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known of a lead, and the records that somebody wants to link."""

    email: str | None
    phone_e164: str | None
    company: str | None
    email_domain: str | None
    account_id: UUID | None
    contact_id: UUID | None
    opportunity_id: UUID | None


@dataclass(frozen=True, slots=True)
class Ensured:
    """What a step of a conversion came to: the record, its version then, and whether it was made or linked.

    ``account_given_at`` is the version of a linked contact once it had been given the conversion's account.
    """

    record_id: UUID
    made: bool
    record_version: int
    account_given_at: int | None = None


def email_key(email: str) -> str:
    """The form under which equal e-mail addresses are equal (spec: leads)."""
    return email.lower()


def person_key(email: str) -> str:
    """What the account of a person is known by. No company's key has the sign in it."""
    return f"@ {email_key(email)}"
