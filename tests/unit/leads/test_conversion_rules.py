"""Converting: what a lead must have, and what becomes of the lead at the end."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from kit.ids import new_id
from leads_service.domain import conversion
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.lead import Lead, LeadStatus
from tests.unit.leads.building import (
    ALICE,
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


def ready_lead(**changes: Any) -> Lead:
    return replace(created(DOCUMENTED).lead, **changes)


LEAD = ready_lead()


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
