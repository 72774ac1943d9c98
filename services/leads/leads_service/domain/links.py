"""Records that a conversion is to link: whether they are there and belong together (spec: conversion)."""

from dataclasses import dataclass, replace
from uuid import UUID

from kit.errors import FieldViolation, LeadlineError, invalid
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.faults import Faults
from leads_service.domain.fields import violation


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedRecords:
    """What the CRM says of the ids in a request: whether each is there, and whose the contact and opportunity are."""

    account_exists: bool = False
    contact_exists: bool = False
    contact_account_id: UUID | None = None
    opportunity_exists: bool = False
    opportunity_account_id: UUID | None = None


def resolve_links(request: ConversionRequest, found: LinkedRecords) -> ConversionRequest:
    """The request with the account that its records belong to, which a given contact or opportunity decides too.

    Raises:
        LeadlineError: VALIDATION_FAILED for what is not there, or for an opportunity of another account;
            CONTACT_OF_ANOTHER_ACCOUNT.
    """
    faults = Faults()
    faults.note(lambda: _require("accountId", request.account_id, exists=found.account_exists))
    faults.note(lambda: _require("contactId", request.contact_id, exists=found.contact_exists))
    faults.note(lambda: _require("opportunityId", request.opportunity_id, exists=found.opportunity_exists))
    faults.refuse()
    account_id = request.account_id or found.contact_account_id or found.opportunity_account_id
    if found.contact_account_id not in {None, account_id}:
        raise _contact_of_another_account(found.contact_account_id)
    if found.opportunity_account_id not in {None, account_id}:
        raise violation("opportunityId", "OF_ANOTHER_ACCOUNT", "The opportunity belongs to another account.")
    return replace(request, account_id=account_id)


def _require(field: str, given: UUID | None, *, exists: bool) -> None:
    if given is not None and not exists:
        raise violation(field, "NOT_FOUND", f"There is no record {given}.")


def _contact_of_another_account(account_id: UUID | None) -> LeadlineError:
    at_fault = FieldViolation("contactId", "OF_ANOTHER_ACCOUNT", f"The contact belongs to the account {account_id}.")
    return invalid(at_fault, reason="CONTACT_OF_ANOTHER_ACCOUNT")
