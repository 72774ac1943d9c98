"""Converting: what a lead must have, what is planned, and what becomes of the lead at the end."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from kit.ids import new_id
from leads_service.domain import conversion
from leads_service.domain.configuration import Configuration
from leads_service.domain.conversion import ConversionRequest, Surroundings
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.links import LinkedRecords, resolve_links
from leads_service.domain.product_lines import ProductLine
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONFIGURATION,
    CONVERTED,
    DEALS,
    DOCUMENTED,
    HOUR,
    INTRODUCED,
    MINUTE,
    NEW,
    NOW,
    PARTNERS,
    PROSPECTING,
    SALES,
    SIGNED,
    STEPS,
    by_leadline,
    by_person,
    configured,
    created,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import faults, refusal

ACCOUNT, CONTACT, OPPORTUNITY = new_id(), new_id(), new_id()
IDS: dict[str, UUID | None] = {"account_id": ACCOUNT, "contact_id": CONTACT, "opportunity_id": OPPORTUNITY}
LATER = NOW + HOUR
ALWAYS = ("ownerId", "hasNotes", "hasDocuments", "hasTeam")


def ready_lead(**changes: Any) -> Lead:
    return replace(created(DOCUMENTED).lead, **changes)


LEAD = ready_lead()


def planned(
    lead: Lead,
    request: ConversionRequest | None = None,
    configuration: Configuration = CONFIGURATION,
    around: Surroundings | None = None,
) -> Any:
    wanted = request or ConversionRequest()
    place = conversion.check_request(wanted, configuration)
    return conversion.plan(lead, around or Surroundings(), wanted, place, BOB, configuration)


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


def test_a_lead_with_all_that_is_required_can_be_converted() -> None:
    ready = conversion.readiness(ready_lead(), CONFIGURATION)
    assert (ready.can_convert, ready.required_fields, ready.missing_fields, ready.reasons) == (
        True,
        ("estimatedValue",),
        (),
        (),
    )
    assert conversion.prepared(LEAD, {}, by_person(LATER)) == LEAD


def test_missing_fields_are_named() -> None:
    configuration = configured(conversion_required_fields=("estimatedValue", "email", "customFields.budget"))
    lead = make_lead(last_name="J", email="a@b.io", custom_fields={"budget": ""})
    ready = conversion.readiness(lead, configuration)
    assert (ready.can_convert, ready.missing_fields) == (False, ("estimatedValue", "customFields.budget"))
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        conversion.prepared(lead, {}, by_person(LATER, configuration))
    assert [each.field for each in refused.value.violations] == ["estimatedValue", "customFields.budget"]


def test_an_estimated_value_of_nought_is_one() -> None:
    assert conversion.readiness(make_lead(last_name="J", estimated_value="0"), CONFIGURATION).can_convert


def test_settings_may_ask_for_qualified_leads() -> None:
    configuration = configured(conversion_requires_qualified=True)
    ready = conversion.readiness(ready_lead(), configuration)
    assert not ready.can_convert
    assert "60" in ready.reasons[0]
    assert conversion.readiness(ready_lead(qualified=True), configuration).can_convert


def test_a_converted_lead_answers_with_what_it_became() -> None:
    lead = ready_lead(status=LeadStatus.CONVERTED, account_id=ACCOUNT, contact_id=CONTACT)
    with refusal("LEAD_ALREADY_CONVERTED") as refused:
        conversion.prepared(lead, {}, by_person(LATER))
    assert refused.value.metadata == {"accountId": str(ACCOUNT), "contactId": str(CONTACT)}
    assert conversion.readiness(lead, CONFIGURATION).reasons == ("The lead is converted.",)


def test_a_second_conversion_waits_for_the_first() -> None:
    with refusal("LEAD_CONVERTING"):
        conversion.prepared(ready_lead(conversion_id=new_id()), {}, by_person(LATER))
    assert not conversion.readiness(ready_lead(conversion_id=new_id()), CONFIGURATION).can_convert


def test_a_disqualified_lead_is_not_converted() -> None:
    with refusal("LEAD_CLOSED"):
        conversion.prepared(ready_lead(status=LeadStatus.DISQUALIFIED), {}, by_person(LATER))


def test_asking_for_nothing_is_refused() -> None:
    nothing: dict[str, Any] = {"create_account": False, "create_contact": False, "create_opportunity": False}
    with faults(*((name, "REQUIRED") for name in ("createAccount", "createContact", "createOpportunity"))):
        conversion.check_request(ConversionRequest(**nothing), CONFIGURATION)
    for name in IDS:
        conversion.check_request(ConversionRequest(**nothing | {name: new_id()}), CONFIGURATION)


@pytest.mark.parametrize(
    ("pipeline_id", "stage_id", "place"),
    [
        (None, None, (DEALS.id, PROSPECTING.id)),
        (PARTNERS.id, None, (PARTNERS.id, INTRODUCED.id)),
        (PARTNERS.id, SIGNED.id, (PARTNERS.id, SIGNED.id)),
        (None, SIGNED.id, (PARTNERS.id, SIGNED.id)),
    ],
)
def test_an_opportunity_goes_where_it_is_wanted_else_to_the_first_stage(
    pipeline_id: UUID | None, stage_id: UUID | None, place: tuple[UUID, UUID]
) -> None:
    request = ConversionRequest(opportunity_pipeline_id=pipeline_id, opportunity_stage_id=stage_id)
    assert conversion.check_request(request, CONFIGURATION) == place


@pytest.mark.parametrize(
    ("pipeline_id", "stage_id", "fault"),
    [
        (SALES.id, None, ("opportunityPipelineId", "NOT_CONFIGURED")),
        (new_id(), None, ("opportunityPipelineId", "NOT_CONFIGURED")),
        (None, NEW.id, ("opportunityStageId", "NOT_CONFIGURED")),
        (None, new_id(), ("opportunityStageId", "NOT_CONFIGURED")),
        (PARTNERS.id, PROSPECTING.id, ("opportunityStageId", "OF_ANOTHER_PIPELINE")),
    ],
)
def test_a_place_that_is_none_for_opportunities_is_refused(
    pipeline_id: UUID | None, stage_id: UUID | None, fault: tuple[str, str]
) -> None:
    request = ConversionRequest(opportunity_pipeline_id=pipeline_id, opportunity_stage_id=stage_id)
    with faults(fault):
        conversion.check_request(request, CONFIGURATION)


@pytest.mark.parametrize(("name", "reason"), [("x" * 201, "TOO_LONG"), ("a\x00b", "CONTROL_CHARACTER")])
def test_a_name_that_no_opportunity_can_have_is_refused(name: str, reason: str) -> None:
    with faults(("opportunityName", reason)):
        conversion.check_request(ConversionRequest(opportunity_name=name), CONFIGURATION)


def test_the_plan_has_all_that_is_made_with_ids_of_its_own() -> None:
    plan = planned(ready_lead())
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
    plan = planned(ready_lead(), request)
    assert plan.keys() == {*ALWAYS, "account"}
    assert plan["account"]["linkId"] == str(ACCOUNT)
    given_ids = ConversionRequest(
        create_account=False,
        create_contact=False,
        create_opportunity=False,
        contact_id=CONTACT,
        opportunity_id=OPPORTUNITY,
    )
    linked = planned(ready_lead(), given_ids)
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
    plan = planned(ready_lead(), ConversionRequest(opportunity_name=" Enterprise Deal "))
    assert plan["opportunity"]["name"] == "Enterprise Deal"


def test_a_contact_of_whom_nothing_is_known_has_the_name_of_the_company() -> None:
    assert planned(make_lead(company="StartupIO"))["contact"]["lastName"] == "StartupIO"
    assert planned(make_lead(company="StartupIO", email="a@b.io"))["contact"]["lastName"] is None


@pytest.mark.parametrize("address", ["alice@gmail.com", "Alice@GoogleMail.com", "a@web.de"])
def test_a_free_mail_domain_stands_for_no_company(address: str) -> None:
    assert planned(make_lead(company="StartupIO", email=address))["account"]["emailDomain"] is None


def test_reserving_locks_the_lead_and_no_version_gets_stale() -> None:
    conversion_id = new_id()
    change = conversion.reserve(LEAD, LEAD, conversion_id, by_person(LATER))
    assert change.lead == replace(LEAD, conversion_id=conversion_id)
    assert (change.lead.version, types_of(change), change.history) == (1, ["conversion_started"], ())


def completed(lead: Lead, **more: Any) -> Any:
    return conversion.complete(lead, IDS, ALICE, by_leadline(LATER), **more)


def test_a_converted_lead_is_linked_answered_and_in_its_won_stage() -> None:
    change = completed(ready_lead(conversion_id=new_id()))
    lead = change.lead
    assert (lead.status, lead.stage_id, lead.conversion_id) == (LeadStatus.CONVERTED, CONVERTED.id, None)
    assert (lead.account_id, lead.contact_id, lead.opportunity_id) == (ACCOUNT, CONTACT, OPPORTUNITY)
    assert (lead.converted_at, lead.first_response_at, lead.version) == (LATER, LATER, 2)
    assert (change.clock_changed, lead.clock_closed_by) == (True, "converted")
    assert types_of(change) == ["lead_converted", "first_response"]
    assert change.activities[0].metadata == {
        "accountId": str(ACCOUNT),
        "contactId": str(CONTACT),
        "opportunityId": str(OPPORTUNITY),
    }
    assert {entry.field for entry in change.history} == {"status", "stageId", "accountId", "contactId", "opportunityId"}
    assert {entry.changed_by for entry in change.history} == {ALICE}


def test_converting_counts_as_an_answer_whatever_the_settings_say_from_when_it_was_asked_for() -> None:
    nothing_else = by_leadline(LATER, configured(first_response_on=frozenset()))
    lead = ready_lead(conversion_id=new_id())
    change = conversion.complete(lead, IDS, ALICE, nothing_else, started_at=NOW + MINUTE)
    assert change.lead.first_response_at == NOW + MINUTE


def test_an_earlier_answer_stays_the_first() -> None:
    lead = ready_lead(conversion_id=new_id(), first_response_at=NOW + MINUTE, clock_closed_by="answered")
    change = completed(lead)
    assert (change.lead.first_response_at, change.clock_changed) == (NOW + MINUTE, False)


def test_a_pipeline_without_won_stage_leaves_the_lead_where_it_is() -> None:
    lead = created({"last_name": "J", "pipeline_id": STEPS.id}).lead
    assert completed(replace(lead, conversion_id=new_id())).lead.stage_id == lead.stage_id


def test_a_failed_conversion_frees_the_lead_and_says_why() -> None:
    lead = ready_lead(conversion_id=new_id())
    change = conversion.fail(lead, "ACCOUNT_NOT_FOUND", "There is no such account.", by_leadline(LATER))
    assert change.lead == replace(lead, conversion_id=None)
    said = change.activities[0]
    assert (said.type, said.description, said.metadata) == (
        "conversion_failed",
        "There is no such account.",
        {"reason": "ACCOUNT_NOT_FOUND"},
    )
    assert not change.clock_changed


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
