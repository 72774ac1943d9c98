"""What a conversion is to make, and what it finds, with a real CRM: through the gRPC door."""

import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import pytest
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import team_service_pb2 as team
from leadline.leads.v1 import team_service_pb2_grpc as team_grpc
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, unique
from tests.integration.leads import papers, shop
from tests.integration.leads.coming_back import disqualify
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.converting import check, converted, convertible, fail, maps, newest, plan, sets
from tests.integration.leads.door import USER_TOKEN, Door, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.shop import open_crm
from tests.integration.leads.stage_rules import HIDDEN, restricts
from tests.support import tokens

SELLER_TOKEN = tokens.token("leads:view", "leads:edit", "accounts:view", "contacts:view", "opportunities:view")


@pytest.fixture(scope="module")
async def crm(create_database: Callable[[str], str]) -> AsyncIterator[CrmDoor]:
    async with open_crm(create_database("planning_crm")) as opened:
        yield opened


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
    crm: CrmDoor,
) -> AsyncIterator[House]:
    async with open_house(create_database("planning"), configuration, clock, crm.address) as opened:
        yield opened


@pytest.fixture
def door(house: House) -> Door:
    return house.door


@pytest.fixture
def seller(house: House) -> Door:
    """Somebody who sees what is linked."""
    return Door(house.door.channel, house.door.configuration, SELLER_TOKEN)


def link(kind: str, record_id: str) -> dict[str, Any]:
    return {f"{kind}_id": record_id}


async def planned(door: Door, lead: lead_pb2.Lead, **wanted: Any) -> pb.ConversionPlan:
    return await plan(door, (await door.convert(lead.id, **wanted)).id)


async def test_product_lines_notes_documents_and_team_are_in_the_plan(door: Door, crm: CrmDoor) -> None:
    lead = await convertible(door)
    product = await crm.add_product(name=unique("Plan"), unit_price="5000")
    line = await shop.add(door, lead.id, product.id, quantity="2", discount="10")
    other = await crm.add_product(name=unique("Support"), unit_price="0.05")
    await shop.add(door, lead.id, other.id, quantity="0.5")
    await door.add_note(lead.id, "Called")
    await papers.add(door, lead.id)
    member = team.AddTeamMemberRequest(lead_id=lead.id, user_id=str(new_id()), role="sales_rep")
    await door.ask(team_grpc.TeamServiceStub(door.channel).AddTeamMember, member)
    fixed = await planned(door, lead)
    assert (fixed.has_notes, fixed.has_documents, fixed.has_team) == (True, True, True)
    # 2 x 5000.00 less 10 percent, and half of 0.05 rounded to the cent.
    assert fixed.opportunity.value == "9000.03"
    first = fixed.opportunity.lines[0]
    assert (first.id, first.product_id, first.product_name) == (line.id, product.id, product.name)
    assert [Decimal(each) for each in (first.quantity, first.unit_price, first.discount)] == [2, 5_000, 10]
    assert len(fixed.opportunity.lines) == 2


async def test_a_lead_with_nothing_around_it_is_worth_what_was_estimated(door: Door) -> None:
    fixed = await planned(door, await convertible(door, estimated_value="12.5"))
    assert (fixed.has_notes, fixed.has_documents, fixed.has_team) == (False, False, False)
    assert (fixed.opportunity.value, list(fixed.opportunity.lines)) == ("12.50", [])
    assert (fixed.account.custom_fields, fixed.contact.custom_fields, fixed.opportunity.custom_fields) == ("", "", "")


async def test_fields_go_where_settings_say_and_the_other_custom_fields_with_the_deal(house: House, door: Door) -> None:
    custom = {"legal": "StartupIO GmbH", "mail": "alicia@startup.io", "worth": 7.5, "team": {"size": 5}, "left": None}
    lead = await convertible(door, description="Wants a demo", custom_fields=custom)
    await house.push(
        maps(
            ("customFields.legal", "account.name"),
            ("customFields.mail", "contact.email"),
            ("customFields.worth", "opportunity.value"),
            ("company", "opportunity.description"),
            ("description", "account.customFields.firstWord"),
            ("customFields.team", "contact.customFields.org"),
            ("customFields.nothing", "contact.title"),
        )
    )
    fixed = await planned(door, lead)
    await house.push(sets(fieldMap=[]))
    assert (fixed.account.name, json.loads(fixed.account.custom_fields)) == (
        "StartupIO GmbH",
        {"firstWord": "Wants a demo"},
    )
    assert (fixed.contact.email, fixed.contact.HasField("title"), json.loads(fixed.contact.custom_fields)) == (
        "alicia@startup.io",
        False,
        {"org": {"size": 5}},
    )
    assert (fixed.opportunity.value, fixed.opportunity.description) == ("7.50", "StartupIO")
    assert json.loads(fixed.opportunity.custom_fields) == {"left": None}


async def test_a_field_that_does_not_fit_is_said_by_the_check_and_refused_by_the_conversion(
    house: House, door: Door
) -> None:
    lead = await convertible(door, custom_fields={"mail": "nobody", "worth": "much"})
    await house.push(maps(("customFields.mail", "contact.email"), ("customFields.worth", "opportunity.value")))
    said = await check(door, lead.id)
    error = await refusal(door.convert(lead.id))
    only = await door.convert(lead.id, create_contact=False, create_opportunity=False)
    await house.push(sets(fieldMap=[]))
    assert (said.can_convert, len(said.reasons)) == (False, 2)
    assert (error.kind, error.reason, fields_at_fault(error)) == (
        ErrorKind.REFUSED,
        "CONVERSION_NOT_ALLOWED",
        {("customFields.mail", "NOT_AN_EMAIL"), ("customFields.worth", "WRONG_TYPE")},
    )
    assert json.loads((await plan(door, only.id)).account.custom_fields) == {"mail": "nobody", "worth": "much"}


async def test_the_check_names_what_would_be_linked_and_what_matches_as_well(door: Door, crm: CrmDoor) -> None:
    name, phone = unique("Startup"), "+12125550199"
    address = f"{new_id().hex}@{new_id().hex}.example"
    domain = address.partition("@")[2]
    by_domain = (await Conversion(crm).account(unique(), email_domain=domain)).account_id
    by_name = (await Conversion(crm).account(f"{name}, Inc.")).account_id
    far = (await Conversion(crm).account(unique())).account_id
    elsewhere = (await Conversion(crm).contact(email=address, last_name="Elsewhere", account_id=far)).contact_id
    here = (await Conversion(crm).contact(email=address.upper(), last_name="Here", account_id=by_name)).contact_id
    shares = (await Conversion(crm).contact(phone=phone, phone_e164=phone, first_name="Shares")).contact_id
    lead = await convertible(door, company=name.upper(), email=address, phone=phone)
    before = (await door.activities(lead.id), await crm.accounts(limit=100), await crm.contacts(limit=100))
    said = await check(door, lead.id)
    assert (said.can_convert, list(said.reasons), list(said.missing_fields)) == (True, [], [])
    assert said.existing_account == pb.RecordMatch(id=by_name, name=f"{name}, Inc.")
    assert [each.id for each in said.possible_accounts] == [by_domain]
    assert said.existing_contact == pb.RecordMatch(id=here, name="Here")
    assert [(each.id, each.name) for each in said.possible_contacts] == [(elsewhere, "Elsewhere"), (shares, "Shares")]
    assert (await door.activities(lead.id), await crm.accounts(limit=100), await crm.contacts(limit=100)) == before


async def test_a_free_mail_domain_is_no_company(door: Door, crm: CrmDoor) -> None:
    await Conversion(crm).account(unique(), email_domain="gmail.com")
    said = await check(door, (await convertible(door, company=unique(), email="somebody@gmail.com")).id)
    assert not said.HasField("existing_account")
    assert not said.possible_accounts


async def test_what_a_stage_hides_is_not_told_by_the_check(house: House, door: Door, crm: CrmDoor) -> None:
    name, address = unique("Startup"), f"{new_id().hex}@startup.example"
    accounts = [(await Conversion(crm).account(name)).account_id]
    accounts.append((await Conversion(crm).account(unique(), email_domain="startup.example")).account_id)
    await Conversion(crm).contact(email=address, last_name="Johnson")
    lead = await convertible(door, company=name, email=address)
    await house.push(restricts(door.stage("New"), company=HIDDEN, lastName=HIDDEN))
    said = await check(door, lead.id)
    await house.push(lambda configuration: configuration.ClearField("field_visibility"))
    # By the domain that is seen, not by the name that is not.
    assert (said.existing_account, list(said.possible_accounts)) == (pb.RecordMatch(id=accounts[1]), [])
    assert (bool(said.existing_contact.id), said.existing_contact.name) == (True, "")


async def test_the_check_says_why_it_cannot_be_done(house: House, door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    running = await convertible(door)
    await door.convert(running.id)
    lost = await disqualify(door, (await convertible(door)).id)
    done = await converted(door)
    said = await check(door, lead.id)
    assert (said.can_convert, list(said.required_fields), list(said.missing_fields)) == (
        False,
        ["estimatedValue"],
        ["estimatedValue"],
    )
    reasons = [list((await check(door, each)).reasons) for each in (running.id, lost.id, done.lead_id)]
    assert reasons == [
        ["A conversion of this lead is running, or being undone."],
        ["The lead is disqualified."],
        ["The lead is converted."],
    ]


# Bad input of each kind: each its own reason, and nothing made.


async def nothing_happened(door: Door, crm: CrmDoor, lead: lead_pb2.Lead, attempt: Any) -> Any:
    """The refusal of an attempt that leaves lead and CRM as they were."""
    before = (await door.happened(lead.id), (await crm.accounts()).total, (await crm.opportunities()).total)
    error = await refusal(attempt)
    assert (await door.happened(lead.id), (await crm.accounts()).total, (await crm.opportunities()).total) == before
    assert await door.get(lead.id) == lead
    return error


@pytest.mark.parametrize("kind", ["account", "contact", "opportunity"])
async def test_a_record_that_is_not_there_is_named(door: Door, seller: Door, crm: CrmDoor, kind: str) -> None:
    lead = await convertible(door)
    attempt = seller.convert(lead.id, **link(kind, str(new_id())))
    error = await nothing_happened(door, crm, lead, attempt)
    assert (error.kind, error.reason, fields_at_fault(error)) == (
        ErrorKind.INVALID,
        "VALIDATION_FAILED",
        {(f"{kind}Id", "NOT_FOUND")},
    )


async def test_records_that_do_not_belong_together_are_refused(door: Door, seller: Door, crm: CrmDoor) -> None:
    lead = await convertible(door)
    mine, other = [(await Conversion(crm).account(unique())).account_id for _ in range(2)]
    contact = (await Conversion(crm).contact(last_name="J", account_id=other)).contact_id
    deal = (await Conversion(crm).opportunity(account_id=other)).opportunity_id
    error = await nothing_happened(door, crm, lead, seller.convert(lead.id, account_id=mine, contact_id=contact))
    assert (error.reason, fields_at_fault(error)) == (
        "CONTACT_OF_ANOTHER_ACCOUNT",
        {("contactId", "OF_ANOTHER_ACCOUNT")},
    )
    error = await nothing_happened(door, crm, lead, seller.convert(lead.id, account_id=mine, opportunity_id=deal))
    assert (error.reason, fields_at_fault(error)) == (
        "VALIDATION_FAILED",
        {("opportunityId", "OF_ANOTHER_ACCOUNT")},
    )
    # What belongs to an account brings it along.
    linked = await plan(door, (await seller.convert(lead.id, contact_id=contact, opportunity_id=deal)).id)
    assert (linked.account.link_id, linked.contact.link_id, linked.opportunity.link_id) == (other, contact, deal)


async def test_a_place_that_is_none_for_opportunities_is_refused(house: House, door: Door, crm: CrmDoor) -> None:
    lead = await convertible(door)
    sales = next(each.id for each in house.settings.current.pipelines if each.module == 1)
    bad: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"opportunity_pipeline_id": str(new_id())}, ("opportunityPipelineId", "NOT_CONFIGURED")),
        ({"opportunity_pipeline_id": sales}, ("opportunityPipelineId", "NOT_CONFIGURED")),
        ({"opportunity_stage_id": str(new_id())}, ("opportunityStageId", "NOT_CONFIGURED")),
        ({"opportunity_stage_id": door.stage("New")}, ("opportunityStageId", "NOT_CONFIGURED")),
    ]
    for wanted, fault in bad:
        error = await nothing_happened(door, crm, lead, door.convert(lead.id, **wanted))
        assert (error.reason, fields_at_fault(error)) == ("VALIDATION_FAILED", {fault})
    nothing: dict[str, Any] = dict.fromkeys(("create_account", "create_contact", "create_opportunity"), False)
    error = await nothing_happened(door, crm, lead, door.convert(lead.id, **nothing))
    assert fields_at_fault(error) == {
        (each, "REQUIRED") for each in ("createAccount", "createContact", "createOpportunity")
    }


async def test_an_opportunity_stage_of_another_pipeline_is_refused(house: House, door: Door, crm: CrmDoor) -> None:
    pipeline, stage = str(new_id()), str(new_id())

    def edit(configuration: configuration_service_pb2.Configuration) -> None:
        configuration.pipelines.add(id=pipeline, name="Partners", module=2)
        configuration.stages.add(id=stage, pipeline_id=pipeline, name="Introduced", position=1)

    await house.push(edit)
    lead = await convertible(door)
    wanted: dict[str, Any] = {
        "opportunity_pipeline_id": pipeline,
        "opportunity_stage_id": door.opportunity_stage("Prospecting"),
    }
    error = await nothing_happened(door, crm, lead, door.convert(lead.id, **wanted))
    assert fields_at_fault(error) == {("opportunityStageId", "OF_ANOTHER_PIPELINE")}
    fixed = await planned(door, lead, opportunity_pipeline_id=pipeline)
    assert (fixed.opportunity.pipeline_id, fixed.opportunity.stage_id) == (pipeline, stage)


async def test_a_lead_that_is_not_open_has_a_reason_for_each_way_of_that(door: Door, crm: CrmDoor) -> None:
    done = await converted(door)
    lost = await disqualify(door, (await convertible(door)).id)
    running = await convertible(door)
    begun = await door.convert(running.id)
    for lead_id, reason in (
        (done.lead_id, "LEAD_ALREADY_CONVERTED"),
        (lost.id, "LEAD_CLOSED"),
        (running.id, "LEAD_CONVERTING"),
    ):
        lead = await door.get(lead_id)
        error = await nothing_happened(door, crm, lead, door.convert(lead_id))
        assert (error.kind, error.reason) == (ErrorKind.REFUSED, reason)
    assert await newest(door, running.id) == begun
    deleted = await convertible(door)
    await door.delete(deleted.id)
    assert (await refusal(door.convert(deleted.id))).reason == "LEAD_NOT_FOUND"
    assert (await refusal(door.convert(str(new_id())))).reason == "LEAD_NOT_FOUND"


@pytest.mark.parametrize("kind", ["account", "contact", "opportunity"])
async def test_nobody_links_what_they_may_not_see(door: Door, crm: CrmDoor, kind: str) -> None:
    lead = await convertible(door)
    others = {"accounts": "account", "contacts": "contact", "opportunities": "opportunity"}
    missing = next(permission for permission, each in others.items() if each == kind)
    permissions = [f"{each}:view" for each in others if each != missing]
    some = tokens.token("leads:view", "leads:edit", *permissions)
    made = Conversion(crm)
    records = {
        "account": (await made.account(unique())).account_id,
        "contact": (await made.contact(last_name=unique())).contact_id,
        "opportunity": (await made.opportunity()).opportunity_id,
    }
    without = Door(door.channel, door.configuration, some)
    attempt = without.convert(lead.id, **link(kind, records[kind]))
    error = await nothing_happened(door, crm, lead, attempt)
    assert (error.kind, error.reason, error.metadata) == (
        ErrorKind.FORBIDDEN,
        "PERMISSION_MISSING",
        {"permission": f"{missing}:view"},
    )
    # An id that nobody has is no way to find out what is there.
    attempt = without.convert(lead.id, **link(kind, str(new_id())))
    assert (await refusal(attempt)).reason == "PERMISSION_MISSING"
    whole = Door(door.channel, door.configuration, SELLER_TOKEN)
    begun = await whole.convert(lead.id, **link(kind, records[kind]))
    await fail(door, begun.id)


async def test_making_records_asks_for_no_more_than_editing_leads(door: Door) -> None:
    lead = await convertible(door)
    looks = tokens.token("leads:view", "accounts:view")
    request = pb.ConvertLeadRequest(lead_id=lead.id)
    error = await refusal(door.ask(door.conversion_stub.ConvertLead, request, sent=looks))
    assert (error.reason, error.metadata) == ("PERMISSION_MISSING", {"permission": "leads:edit"})
    assert (await door.ask(door.conversion_stub.ConvertLead, request, sent=USER_TOKEN)).conversion.id
