"""What a conversion is to make or link, as it is fixed when the lead is reserved."""

from decimal import Decimal
from typing import Any

import pytest

from kit.ids import new_id
from leads_service.domain import conversion
from leads_service.domain.conversion import ConversionRequest, Surroundings
from leads_service.domain.lead import Lead
from leads_service.domain.product_lines import ProductLine
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONFIGURATION,
    DEALS,
    DOCUMENTED,
    NOW,
    PROSPECTING,
    created,
    make_lead,
)
from tests.unit.leads.refusals import refusal

ACCOUNT, CONTACT, OPPORTUNITY = new_id(), new_id(), new_id()
ALWAYS = ("ownerId", "hasNotes", "hasDocuments", "hasTeam")
LEAD = created(DOCUMENTED).lead


def planned(lead: Lead, request: ConversionRequest | None = None, around: Surroundings | None = None) -> Any:
    wanted = request or ConversionRequest()
    place = conversion.check_request(wanted, CONFIGURATION)
    return conversion.plan(lead, around or Surroundings(), wanted, place, BOB, CONFIGURATION)


def line(quantity: str, price: str, total: str, discount: str = "0") -> ProductLine:
    return ProductLine(
        id=new_id(),
        lead_id=LEAD.id,
        product_id=new_id(),
        product_name="Enterprise Plan",
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        discount=Decimal(discount),
        total=Decimal(total),
        created_by=ALICE,
        created_at=NOW,
        updated_at=NOW,
    )


def test_the_plan_has_all_that_is_made_with_ids_of_its_own() -> None:
    plan = planned(LEAD)
    assert plan["ownerId"] == str(BOB)
    account, contact, opportunity = plan["account"], plan["contact"], plan["opportunity"]
    assert len({account.pop("newId"), contact.pop("newId"), opportunity.pop("newId")}) == 3
    assert account == {
        "linkId": None,
        "name": "StartupIO",
        "emailDomain": "startup.io",
        "phone": "+1234567890",
        "isPerson": False,
        "personEmail": None,
        "customFields": {},
    }
    assert contact == {
        "linkId": None,
        "firstName": "Alice",
        "lastName": "Johnson",
        "email": "alice@startup.io",
        "phone": "+1234567890",
        "phoneE164": "+1234567890",
        "title": "Founder",
        "customFields": {},
    }
    assert opportunity == {
        "linkId": None,
        "name": "StartupIO",
        "pipelineId": str(DEALS.id),
        "stageId": str(PROSPECTING.id),
        "value": "50000.00",
        "currency": "USD",
        "description": "Inbound from pricing page",
        "lines": [],
        "customFields": {"utm_source": "google", "company_size": "50-100"},
    }


def test_product_lines_go_along_and_say_what_the_opportunity_is_worth() -> None:
    lines = [line("2", "5000", "9000.00", "10"), line("0.5", "1.01", "0.51")]
    opportunity = planned(LEAD, around=Surroundings(lines=lines))["opportunity"]
    assert opportunity["value"] == "9000.51"
    assert opportunity["lines"] == [
        {
            "id": str(each.id),
            "productId": str(each.product_id),
            "productName": "Enterprise Plan",
            "quantity": str(each.quantity),
            "unitPrice": str(each.unit_price),
            "discount": str(each.discount),
        }
        for each in lines
    ]
    assert planned(make_lead(last_name="J"))["opportunity"]["value"] is None


def test_lines_that_come_to_more_than_an_opportunity_can_be_worth_are_refused() -> None:
    lines = [line("1", "9999999999999.99", "9999999999999.99")]
    assert planned(LEAD, around=Surroundings(lines=lines))["opportunity"]["value"] == "9999999999999.99"
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        planned(LEAD, around=Surroundings(lines=[*lines, line("1", "0.01", "0.01")]))
    assert [each.field for each in refused.value.violations] == ["products"]
    without = ConversionRequest(create_opportunity=False)
    assert "opportunity" not in planned(LEAD, without, around=Surroundings(lines=lines * 2))


def test_the_plan_says_what_else_stands_around_the_lead() -> None:
    plan = planned(LEAD, around=Surroundings(has_notes=True, has_team=True))
    assert (plan["hasNotes"], plan["hasDocuments"], plan["hasTeam"]) == (True, False, True)


def test_the_account_of_a_lead_without_company_is_the_persons() -> None:
    account = planned(make_lead(last_name="Smith", email="smith@gmail.com", phone="+12125550123"))["account"]
    assert (account["isPerson"], account["personEmail"]) == (True, "smith@gmail.com")
    assert (account["emailDomain"], account["phone"]) == (None, None)


def test_an_id_wins_over_making_one_and_what_is_not_wanted_is_not_planned() -> None:
    request = ConversionRequest(account_id=ACCOUNT, create_contact=False, create_opportunity=False)
    plan = planned(LEAD, request)
    assert plan.keys() == {*ALWAYS, "account"}
    assert plan["account"]["linkId"] == str(ACCOUNT)
    given_ids = ConversionRequest(
        create_account=False,
        create_contact=False,
        create_opportunity=False,
        contact_id=CONTACT,
        opportunity_id=OPPORTUNITY,
    )
    linked = planned(LEAD, given_ids)
    assert linked.keys() == {*ALWAYS, "contact", "opportunity"}
    assert (linked["contact"]["linkId"], linked["opportunity"]["linkId"]) == (str(CONTACT), str(OPPORTUNITY))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"company": "StartupIO", "last_name": "J"}, "StartupIO"),
        ({"first_name": "Alice", "last_name": "Johnson", "email": "a@b.io"}, "Alice Johnson"),
        ({"email": "a@b.io", "phone": "+12125550123"}, "a@b.io"),
        ({"phone": "+12125550123"}, "+12125550123"),
        ({"first_name": "x" * 200, "last_name": "y" * 200}, "x" * 200),
    ],
)
def test_records_are_named_by_the_best_that_is_known(fields: dict[str, str], name: str) -> None:
    plan = planned(make_lead(**fields))
    assert (plan["account"]["name"], plan["opportunity"]["name"]) == (name, name)


def test_the_opportunity_may_have_a_name_of_its_own() -> None:
    plan = planned(LEAD, ConversionRequest(opportunity_name=" Enterprise Deal "))
    assert plan["opportunity"]["name"] == "Enterprise Deal"


def test_a_contact_of_whom_nothing_is_known_has_the_name_of_the_company() -> None:
    assert planned(make_lead(company="StartupIO"))["contact"]["lastName"] == "StartupIO"
    assert planned(make_lead(company="StartupIO", email="a@b.io"))["contact"]["lastName"] is None


@pytest.mark.parametrize("address", ["alice@gmail.com", "Alice@GoogleMail.com", "a@web.de"])
def test_a_free_mail_domain_stands_for_no_company(address: str) -> None:
    assert planned(make_lead(company="StartupIO", email=address))["account"]["emailDomain"] is None
