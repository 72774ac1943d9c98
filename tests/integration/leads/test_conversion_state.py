"""Reserving, completing and failing a conversion through the gRPC door: the lead's side of the saga."""

import asyncio
from typing import Any

import pytest
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import lead_pb2

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.leads.converting import (
    COMPLETED,
    FAILED,
    RUNNING,
    complete,
    convertible,
    fail,
    newest,
    plan,
    start_undoing,
)
from tests.integration.leads.door import Door, fields_at_fault, refusal


async def test_a_reserved_lead_is_locked_and_its_plan_is_fixed(door: Door) -> None:
    lead = await convertible(door)
    started = await door.convert(lead.id, opportunity_name="The deal")
    assert started.state == RUNNING
    for attempt in (door.update(lead.id, title="x"), door.delete(lead.id), door.convert(lead.id)):
        assert (await refusal(attempt)).reason == "LEAD_CONVERTING"
    fixed = await plan(door, started.id)
    assert (fixed.account.name, fixed.account.HasField("email_domain")) == ("StartupIO", False)
    assert (fixed.opportunity.name, fixed.opportunity.value, fixed.opportunity.currency) == ("The deal", "50.00", "USD")
    assert fixed.opportunity.stage_id == door.opportunity_stage("Prospecting")
    assert await plan(door, started.id) == fixed


async def test_twenty_conversions_at_once_reserve_the_lead_once(door: Door) -> None:
    lead = await convertible(door)
    attempts = await asyncio.gather(*(door.convert(lead.id) for _ in range(20)), return_exceptions=True)
    won = [attempt for attempt in attempts if isinstance(attempt, pb.Conversion)]
    lost = {attempt.reason for attempt in attempts if isinstance(attempt, LeadlineError)}
    assert (len(won), lost) == (1, {"LEAD_CONVERTING"})


async def test_a_completed_conversion_closes_the_lead_and_counts_as_its_answer(door: Door) -> None:
    lead = await convertible(door)
    started = await door.convert(lead.id)
    ids = {name: str(new_id()) for name in ("account_id", "contact_id", "opportunity_id")}
    first = await complete(door, started.id, **ids)
    assert await complete(door, started.id, **ids) == first
    after = await door.get(lead.id)
    assert (after.status, after.stage_name) == (lead_pb2.LEAD_STATUS_CONVERTED, "Converted")
    assert (after.account_id, after.contact_id, after.opportunity_id) == tuple(ids.values())
    assert (await door.lead_sla(lead.id)).status == "met"
    assert (await door.happened(lead.id)).count("lead_converted") == 1
    error = await refusal(door.convert(lead.id))
    assert (error.reason, error.metadata["accountId"]) == ("LEAD_ALREADY_CONVERTED", ids["account_id"])
    assert (await refusal(door.update(lead.id, title="x"))).reason == "LEAD_CLOSED"
    await door.add_note(lead.id, "Still takes notes")
    assert (await refusal(fail(door, started.id))).reason == "CONVERSION_CLOSED"


async def test_a_failed_conversion_frees_the_lead_for_another(door: Door) -> None:
    lead = await convertible(door)
    started = await door.convert(lead.id)
    failed = await fail(door, started.id)
    assert (failed.state, failed.failure_reason) == (FAILED, "ACCOUNT_NOT_FOUND")
    assert await fail(door, started.id) == failed
    assert (await door.get(lead.id)).status == lead_pb2.LEAD_STATUS_OPEN
    assert (await refusal(complete(door, started.id))).reason == "CONVERSION_CLOSED"
    again = await door.convert(lead.id)
    assert again.id != started.id


async def test_what_is_being_undone_completes_no_more_and_says_why_it_is_undone(door: Door) -> None:
    lead = await convertible(door)
    started = await door.convert(lead.id)
    undoing = await start_undoing(door, started.id)
    assert (undoing.state, undoing.failure_reason, undoing.HasField("ended_at")) == (RUNNING, "STAGE_NOT_FOUND", False)
    assert (await plan(door, started.id)).undone_because == "STAGE_NOT_FOUND"
    assert (await refusal(complete(door, started.id))).reason == "CONVERSION_CLOSED"
    assert (await refusal(door.convert(lead.id))).reason == "LEAD_CONVERTING"
    assert await start_undoing(door, started.id, "ACCOUNT_NOT_FOUND") == undoing
    failed = await fail(door, started.id)
    assert (failed.state, failed.failure_reason, failed.failure_message) == (FAILED, "STAGE_NOT_FOUND", "It is gone.")
    assert (await plan(door, started.id)).undone_because == ""
    assert await start_undoing(door, started.id) == failed


async def test_what_is_completed_is_not_undone(door: Door) -> None:
    started = await door.convert((await convertible(door)).id)
    completed = await complete(door, started.id, account_id=str(new_id()))
    assert await start_undoing(door, started.id) == completed
    assert (await newest(door, started.lead_id)).state == COMPLETED


async def test_of_completing_and_undoing_at_once_one_happens(door: Door) -> None:
    for _ in range(10):
        started = await door.convert((await convertible(door)).id)
        completing, undoing = await asyncio.gather(
            complete(door, started.id), start_undoing(door, started.id), return_exceptions=True
        )
        assert isinstance(undoing, pb.Conversion)
        if undoing.state == COMPLETED:
            assert isinstance(completing, pb.Conversion)
        else:
            assert isinstance(completing, LeadlineError)
            assert completing.reason == "CONVERSION_CLOSED"


async def test_undoing_what_nobody_knows_is_said_to_be_unknown(door: Door) -> None:
    assert (await refusal(start_undoing(door, str(new_id())))).reason == "CONVERSION_NOT_FOUND"


async def test_whoever_waits_hears_of_the_end_at_once(door: Door) -> None:
    lead = await convertible(door)
    waiting = asyncio.create_task(door.convert(lead.id, wait=10))
    while True:
        try:
            started = await newest(door, lead.id)
            break
        except LeadlineError as error:
            assert error.reason == "CONVERSION_NOT_FOUND"  # noqa: PT017 - until it has begun
    await complete(door, started.id)
    ended = await asyncio.wait_for(waiting, 3)
    assert ended.state == COMPLETED


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"create_account": False, "create_contact": False, "create_opportunity": False}, "createAccount"),
        ({"opportunity_stage_id": str(new_id())}, "opportunityStageId"),
        ({"opportunity_pipeline_id": str(new_id())}, "opportunityPipelineId"),
        ({"account_id": "x"}, "accountId"),
        ({"opportunity_name": "x" * 201}, "opportunityName"),
        ({"wait": 61}, "maxWait"),
    ],
)
async def test_a_request_that_makes_no_sense_leaves_the_lead_free(
    door: Door, wanted: dict[str, Any], field: str
) -> None:
    lead = await convertible(door)
    error = await refusal(door.convert(lead.id, **wanted))
    assert field in {name for name, _ in fields_at_fault(error)}
    assert await door.get(lead.id) == lead


async def test_a_lead_stage_is_no_opportunity_stage(door: Door) -> None:
    lead = await convertible(door)
    error = await refusal(door.convert(lead.id, opportunity_stage_id=door.stage("New")))
    assert {name for name, _ in fields_at_fault(error)} == {"opportunityStageId"}


async def test_a_lead_that_lacks_what_settings_require_is_not_converted(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    error = await refusal(door.convert(lead.id))
    assert (error.reason, fields_at_fault(error)) == ("CONVERSION_NOT_ALLOWED", {("estimatedValue", "REQUIRED")})
