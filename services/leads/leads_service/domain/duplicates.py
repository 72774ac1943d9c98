"""Leads that may be the same person: by e-mail without case, else by phone in E.164 (spec: leads)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kit.errors import FieldViolation, LeadlineError, invalid, refused
from leads_service.domain.configuration import Configuration
from leads_service.domain.email_key import email_key
from leads_service.domain.fields import clean_fields
from leads_service.domain.lead import Lead

MOST_DUPLICATES = 25


@dataclass(frozen=True, slots=True)
class Sought:
    """What duplicates have in common: an e-mail by its key, a phone number in E.164, or one of both."""

    email: str | None
    phone_e164: str | None

    @classmethod
    def of(cls, email: str | None, phone_e164: str | None) -> "Sought":
        """What is looked for by an e-mail as it was typed and a phone number."""
        return cls(email_key(email) if email else None, phone_e164)

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return self.email is not None or self.phone_e164 is not None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A lead that matches. ``match_field`` is email or phone; email where both match."""

    lead: Lead
    match_field: str


def sought(given: Mapping[str, str], configuration: Configuration) -> Sought:
    """What to look for, of the ``email`` and ``phone`` that a caller wrote.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each field at fault, or both where there is neither.
    """
    cleaned = clean_fields(given, configuration)
    wanted = Sought.of(cleaned.get("email"), cleaned.get("phone_e164"))
    if not wanted:
        message = "Give at least one of email and phone."
        raise invalid(*(FieldViolation(name, "REQUIRED", message) for name in ("email", "phone")))
    return wanted


def sought_of(lead: Lead) -> Sought:
    """What duplicates of a lead have in common with it."""
    return Sought.of(lead.email, lead.phone_e164)


def duplicate(ids: Sequence[UUID]) -> LeadlineError:
    """The refusal of a new lead that is there already."""
    return refused(
        "LEAD_DUPLICATE",
        "There is a lead with this e-mail or phone already.",
        metadata={"duplicateIds": ",".join(map(str, ids))},
    )
