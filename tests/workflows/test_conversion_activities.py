"""The activities of the convert-lead workflow against real gRPC servers: what they ask, and what is final."""

from datetime import UTC, datetime

import pytest
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.leads.v1 import conversion_service_pb2
from temporalio.exceptions import ApplicationErrorCategory

from kit.errors import LeadlineError, forbidden, not_found, refused, unavailable
from leadline_workflows.activities import conversion_plans
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionEnd,
    ConversionRecords,
    ConversionRef,
    ConversionState,
    EnsuredRecord,
    FailConversion,
    PlanOutline,
)
from tests.workflows.scripted_services import PLAN, Services


async def test_the_plan_is_outlined_without_what_it_says(services: Services) -> None:
    services.leads.answers["GetConversionPlan"] = conversion_service_pb2.GetConversionPlanResponse(
        plan=conversion_service_pb2.ConversionPlan(
            state=conversion_service_pb2.CONVERSION_STATE_RUNNING,
            contact=PLAN.contact,
            has_documents=True,
        )
    )
    outline = await services.run(names.READ_PLAN, ConversionRef("conversion-1"))
    assert outline == PlanOutline(ConversionState.RUNNING, contact=True, documents=True)


async def test_the_plan_says_that_it_is_being_undone(services: Services) -> None:
    services.leads.answers["GetConversionPlan"] = conversion_service_pb2.GetConversionPlanResponse(
        plan=conversion_service_pb2.ConversionPlan(
            state=conversion_service_pb2.CONVERSION_STATE_RUNNING, undone_because="STAGE_NOT_FOUND"
        )
    )
    outline = await services.run(names.READ_PLAN, ConversionRef("conversion-1"))
    assert outline == PlanOutline(ConversionState.RUNNING, undone_because="STAGE_NOT_FOUND")


STATES = conversion_service_pb2.ConversionState.items()


@pytest.mark.parametrize(("name", "state"), STATES[1:], ids=[name for name, _ in STATES[1:]])
async def test_each_state_has_its_word(services: Services, name: str, state: int) -> None:
    plan = conversion_service_pb2.ConversionPlan(state=conversion_service_pb2.ConversionState.ValueType(state))
    services.leads.answers["GetConversionPlan"] = conversion_service_pb2.GetConversionPlanResponse(plan=plan)
    outline = await services.run(names.READ_PLAN, ConversionRef("conversion-1"))
    assert outline == PlanOutline(ConversionState(name.removeprefix("CONVERSION_STATE_").lower()))


async def test_a_plan_that_nobody_knows_is_unknown(services: Services) -> None:
    services.leads.answers["GetConversionPlan"] = not_found("CONVERSION_NOT_FOUND", "none")
    assert await services.run(names.READ_PLAN, ConversionRef("c")) == PlanOutline(ConversionState.UNKNOWN)


async def test_the_account_of_the_plan_is_asked_for(services: Services) -> None:
    services.crm.answers["EnsureAccount"] = records_pb2.EnsureAccountResponse(account_id="a-1", made=True)
    ensured = await services.run(names.ENSURE_ACCOUNT, ConversionRecords("conversion-1"))
    assert ensured == EnsuredRecord("a-1", made=True)
    assert services.crm.of("EnsureAccount") == [
        records_pb2.EnsureAccountRequest(
            conversion_id="conversion-1",
            lead_id="lead-1",
            new_id="a-1",
            name="StartupIO",
            email_domain="startup.io",
            owner_id="owner-1",
        )
    ]


async def test_the_contact_of_the_plan_is_asked_for_at_the_ensured_account(services: Services) -> None:
    services.crm.answers["EnsureContact"] = records_pb2.EnsureContactResponse(contact_id="c-0")
    ensured = await services.run(names.ENSURE_CONTACT, ConversionRecords("conversion-1", "a-9"))
    assert ensured == EnsuredRecord("c-0", made=False)
    assert services.crm.of("EnsureContact") == [
        records_pb2.EnsureContactRequest(
            conversion_id="conversion-1",
            lead_id="lead-1",
            link_id="c-0",
            new_id="c-1",
            account_id="a-9",
            last_name="Johnson",
            email="alice@startup.io",
            owner_id="owner-1",
        )
    ]


async def test_the_opportunity_of_the_plan_is_asked_for_with_what_was_ensured(services: Services) -> None:
    services.crm.answers["EnsureOpportunity"] = records_pb2.EnsureOpportunityResponse(opportunity_id="o-1", made=True)
    ensured = await services.run(names.ENSURE_OPPORTUNITY, ConversionRecords("conversion-1", "a-9", "c-9"))
    assert ensured == EnsuredRecord("o-1", made=True)
    assert services.crm.of("EnsureOpportunity") == [
        records_pb2.EnsureOpportunityRequest(
            conversion_id="conversion-1",
            lead_id="lead-1",
            new_id="o-1",
            name="Deal",
            account_id="a-9",
            contact_id="c-9",
            pipeline_id="p-1",
            stage_id="s-1",
            value="50000.00",
            currency="USD",
            owner_id="owner-1",
            custom_fields='{"utm":1}',
            lines=[
                records_pb2.NewOpportunityLine(
                    id="line-1", product_id="p-1", product_name="Plan", quantity="2", unit_price="5000", discount="10"
                )
            ],
        )
    ]


async def test_a_plan_is_read_once_by_a_worker_and_by_another_one_anew(services: Services) -> None:
    services.crm.answers["EnsureAccount"] = records_pb2.EnsureAccountResponse(account_id="a-1", made=True)
    order = ConversionRecords("conversion-1")
    # The run began on another worker.
    await services.run(names.ENSURE_ACCOUNT, order)
    assert len(services.leads.of("GetConversionPlan")) == 1
    await services.run(names.READ_PLAN, ConversionRef("conversion-1"))
    for _ in range(3):
        await services.run(names.ENSURE_ACCOUNT, order)
    assert len(services.leads.of("GetConversionPlan")) == 2
    # Its state is not known for good.
    await services.run(names.READ_PLAN, ConversionRef("conversion-1"))
    assert len(services.leads.of("GetConversionPlan")) == 3


async def test_no_more_plans_are_kept_than_a_worker_has_room_for(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion_plans, "_MOST_PLANS", 2)
    services.crm.answers["EnsureAccount"] = records_pb2.EnsureAccountResponse(account_id="a-1", made=True)
    for ident in ("one", "two", "three"):
        await services.run(names.READ_PLAN, ConversionRef(ident))
    for ident, read in (("three", 3), ("two", 3), ("one", 4)):
        await services.run(names.ENSURE_ACCOUNT, ConversionRecords(ident))
        assert len(services.leads.of("GetConversionPlan")) == read


STARTED = datetime(2025, 1, 20, 10, tzinfo=UTC)


async def test_a_step_that_waits_says_so_and_when_it_goes_on(services: Services) -> None:
    services.crm.answers["EnsureAccount"] = unavailable("The CRM is away.")
    order = ConversionRecords("conversion-1")
    failure = await services.failure(names.ENSURE_ACCOUNT, order, scheduled_time=STARTED)
    assert failure.type == "PART_UNAVAILABLE"
    services.crm.answers["EnsureAccount"] = records_pb2.EnsureAccountResponse(account_id="a-1", made=True)
    await services.run(names.ENSURE_ACCOUNT, order, attempt=2)
    waits = conversion_service_pb2.ConversionWait(
        step="ensure account", reason="PART_UNAVAILABLE", message="The CRM is away."
    )
    waits.since.FromDatetime(STARTED)
    assert services.leads.of("ReportConversion") == [
        conversion_service_pb2.ReportConversionRequest(conversion_id="conversion-1", waits=waits),
        conversion_service_pb2.ReportConversionRequest(conversion_id="conversion-1"),
    ]


async def test_nothing_is_said_of_what_is_done_at_once_tried_at_once_or_refused(services: Services) -> None:
    order = ConversionRecords("conversion-1")
    services.crm.answers["EnsureAccount"] = records_pb2.EnsureAccountResponse(account_id="a-1", made=True)
    await services.run(names.ENSURE_ACCOUNT, order)
    await services.run(names.ENSURE_ACCOUNT, order, is_local=True, attempt=2)
    services.crm.answers["EnsureAccount"] = unavailable("The CRM is away.")
    await services.failure(names.ENSURE_ACCOUNT, order, is_local=True)
    services.crm.answers["EnsureAccount"] = refused("CONVERSION_CLOSED", "It is undone.")
    await services.failure(names.ENSURE_ACCOUNT, order)
    assert services.leads.of("ReportConversion") == []


async def test_a_word_that_nobody_hears_stops_no_step(services: Services) -> None:
    services.leads.answers["ReportConversion"] = unavailable("The leads service is away.")
    services.crm.answers["EnsureAccount"] = unavailable("The CRM is away.")
    order = ConversionRecords("conversion-1")
    assert (await services.failure(names.ENSURE_ACCOUNT, order)).message == "The CRM is away."
    services.crm.answers["EnsureAccount"] = records_pb2.EnsureAccountResponse(account_id="a-1", made=True)
    assert await services.run(names.ENSURE_ACCOUNT, order, attempt=2) == EnsuredRecord("a-1", made=True)


async def test_a_refusal_of_a_step_is_final_and_business_as_usual(services: Services) -> None:
    services.crm.answers["EnsureContact"] = refused("CONTACT_OF_ANOTHER_ACCOUNT", "It belongs elsewhere.")
    failure = await services.failure(names.ENSURE_CONTACT, ConversionRecords("conversion-1"))
    assert (failure.type, failure.message) == ("CONTACT_OF_ANOTHER_ACCOUNT", "It belongs elsewhere.")
    assert failure.non_retryable
    assert failure.category is ApplicationErrorCategory.BENIGN


@pytest.mark.parametrize(
    "obstacle", [unavailable("away"), forbidden("PERMISSION_MISSING", "no")], ids=lambda error: error.reason
)
async def test_an_obstacle_to_a_step_is_for_the_next_attempt(services: Services, obstacle: LeadlineError) -> None:
    services.crm.answers["EnsureContact"] = obstacle
    failure = await services.failure(names.ENSURE_CONTACT, ConversionRecords("conversion-1"))
    assert (failure.type, failure.non_retryable) == (obstacle.reason, False)


async def test_a_fault_of_the_service_is_for_the_next_attempt_and_tells_nothing(services: Services) -> None:
    def crash(_request: object) -> records_pb2.EnsureContactResponse:
        message = "SELECT secret"
        raise RuntimeError(message)

    services.crm.answers["EnsureContact"] = crash
    failure = await services.failure(names.ENSURE_CONTACT, ConversionRecords("conversion-1"))
    assert (failure.type, failure.message, failure.non_retryable) == (
        "INTERNAL",
        "The service answered INTERNAL.",
        False,
    )


async def test_a_lead_is_marked_converted_with_what_was_ensured(services: Services) -> None:
    services.leads.answers["CompleteConversion"] = conversion_service_pb2.CompleteConversionResponse()
    await services.run(names.COMPLETE_CONVERSION, ConversionRecords("conversion-1", "a-9", None, "o-9"))
    assert services.leads.of("CompleteConversion") == [
        conversion_service_pb2.CompleteConversionRequest(
            conversion_id="conversion-1", account_id="a-9", opportunity_id="o-9"
        )
    ]


UNDOS = {
    names.RELEASE_ACCOUNT: ("ReleaseAccount", records_pb2.ReleaseAccountResponse()),
    names.RELEASE_CONTACT: ("ReleaseContact", records_pb2.ReleaseContactResponse()),
    names.RELEASE_OPPORTUNITY: ("ReleaseOpportunity", records_pb2.ReleaseOpportunityResponse()),
    names.REMOVE_NOTES: ("RemoveNotes", records_pb2.RemoveNotesResponse()),
    names.REMOVE_DOCUMENTS: ("RemoveDocuments", records_pb2.RemoveDocumentsResponse()),
    names.REMOVE_TEAM: ("RemoveTeam", records_pb2.RemoveTeamResponse()),
}


@pytest.mark.parametrize("name", UNDOS)
async def test_an_undo_is_asked_for_and_never_given_up(services: Services, name: str) -> None:
    method, done = UNDOS[name]
    services.crm.answers[method] = refused("CONVERSION_CLOSED", "over")
    failure = await services.failure(name, ConversionRef("conversion-1"))
    assert (failure.type, failure.non_retryable) == ("CONVERSION_CLOSED", False)
    services.crm.answers[method] = done
    await services.run(name, ConversionRef("conversion-1"))
    assert [request.conversion_id for request in services.crm.of(method)] == ["conversion-1"] * 2


FAIL = FailConversion("conversion-1", "CONTACT_NOT_FOUND", "There is no such contact.")


@pytest.mark.parametrize(
    ("found", "end"),
    [
        (
            conversion_service_pb2.Conversion(state=conversion_service_pb2.CONVERSION_STATE_RUNNING),
            ConversionEnd(ConversionState.RUNNING),
        ),
        (
            conversion_service_pb2.Conversion(
                state=conversion_service_pb2.CONVERSION_STATE_COMPLETED, account_id="a", contact_id="c"
            ),
            ConversionEnd(ConversionState.COMPLETED, "a", "c"),
        ),
    ],
    ids=["to be undone", "completed before"],
)
async def test_the_leads_service_decides_whether_it_is_undone(
    services: Services, found: conversion_service_pb2.Conversion, end: ConversionEnd
) -> None:
    services.leads.answers["StartUndoingConversion"] = conversion_service_pb2.StartUndoingConversionResponse(
        conversion=found
    )
    assert await services.run(names.START_UNDOING, FAIL) == end
    assert services.leads.of("StartUndoingConversion") == [
        conversion_service_pb2.StartUndoingConversionRequest(
            conversion_id="conversion-1", reason="CONTACT_NOT_FOUND", message="There is no such contact."
        )
    ]


async def test_undoing_what_the_leads_service_does_not_know_goes_on_and_one_that_is_away_is_waited_for(
    services: Services,
) -> None:
    services.leads.answers["StartUndoingConversion"] = not_found("CONVERSION_NOT_FOUND", "unknown")
    assert await services.run(names.START_UNDOING, FAIL) == ConversionEnd(ConversionState.UNKNOWN)
    services.leads.answers["StartUndoingConversion"] = refused("PERMISSION_MISSING", "not yet")
    failure = await services.failure(names.START_UNDOING, FAIL)
    assert (failure.type, failure.non_retryable) == ("PERMISSION_MISSING", False)


async def test_the_lead_is_freed_with_the_reason(services: Services) -> None:
    services.leads.answers["FailConversion"] = conversion_service_pb2.FailConversionResponse()
    await services.run(names.FAIL_CONVERSION, FAIL)
    assert services.leads.of("FailConversion") == [
        conversion_service_pb2.FailConversionRequest(
            conversion_id="conversion-1", reason="CONTACT_NOT_FOUND", message="There is no such contact."
        )
    ]


@pytest.mark.parametrize("reason", ["CONVERSION_NOT_FOUND", "CONVERSION_CLOSED"])
async def test_a_conversion_that_holds_no_lead_needs_no_freeing(services: Services, reason: str) -> None:
    kind = not_found if reason == "CONVERSION_NOT_FOUND" else refused
    services.leads.answers["FailConversion"] = kind(reason, "over")
    await services.run(names.FAIL_CONVERSION, FAIL)
    assert len(services.leads.of("FailConversion")) == 1


async def test_freeing_the_lead_is_never_given_up(services: Services) -> None:
    services.leads.answers["FailConversion"] = unavailable("away")
    failure = await services.failure(names.FAIL_CONVERSION, FAIL)
    assert (failure.type, failure.non_retryable) == ("PART_UNAVAILABLE", False)
