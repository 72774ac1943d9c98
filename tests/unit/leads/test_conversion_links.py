"""The records that a conversion is to link: they are there, and belong together."""

from dataclasses import replace
from typing import Any

import pytest

from kit.ids import new_id
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.links import LinkedRecords, resolve_links
from tests.unit.leads.refusals import faults

ACCOUNT, CONTACT, OPPORTUNITY = new_id(), new_id(), new_id()
ALL_THERE = LinkedRecords(account_exists=True, contact_exists=True, opportunity_exists=True)


def test_records_that_belong_to_nobody_are_linked_as_they_are() -> None:
    request = ConversionRequest(account_id=ACCOUNT, contact_id=CONTACT, opportunity_id=OPPORTUNITY)
    assert resolve_links(request, ALL_THERE) == request
    assert resolve_links(ConversionRequest(), LinkedRecords()) == ConversionRequest()


@pytest.mark.parametrize("whose", ["contact_account_id", "opportunity_account_id"])
def test_a_given_record_brings_its_account(whose: str) -> None:
    given_id: dict[str, Any] = {whose.replace("_account", ""): CONTACT}
    owner: dict[str, Any] = {whose: ACCOUNT}
    assert resolve_links(ConversionRequest(**given_id), replace(ALL_THERE, **owner)).account_id == ACCOUNT


def test_ids_that_nothing_has_are_named() -> None:
    request = ConversionRequest(account_id=ACCOUNT, contact_id=CONTACT, opportunity_id=OPPORTUNITY)
    with faults(*((name, "NOT_FOUND") for name in ("accountId", "contactId", "opportunityId"))):
        resolve_links(request, LinkedRecords())


def test_records_of_another_account_are_refused() -> None:
    with faults(("contactId", "OF_ANOTHER_ACCOUNT"), reason="CONTACT_OF_ANOTHER_ACCOUNT"):
        resolve_links(
            ConversionRequest(account_id=ACCOUNT, contact_id=CONTACT), replace(ALL_THERE, contact_account_id=new_id())
        )
    with faults(("opportunityId", "OF_ANOTHER_ACCOUNT")):
        resolve_links(
            ConversionRequest(account_id=ACCOUNT, opportunity_id=OPPORTUNITY),
            replace(ALL_THERE, opportunity_account_id=new_id()),
        )
    with faults(("opportunityId", "OF_ANOTHER_ACCOUNT")):
        resolve_links(
            ConversionRequest(contact_id=CONTACT, opportunity_id=OPPORTUNITY),
            replace(ALL_THERE, contact_account_id=ACCOUNT, opportunity_account_id=new_id()),
        )
