"""The activities of the lead-sla workflow against a real gRPC server."""

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import sla_service_pb2
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from kit.errors import LeadlineError, forbidden, invalid_field, not_found, refused, unavailable
from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import (
    ClockAnswer,
    ClockOperation,
    MilestoneAnswer,
    MilestoneKind,
    MilestoneOutcome,
    OperateClock,
    RecordMilestone,
)
from leadline_workflows.runtime.wiring import open_activities
from tests.workflows.scripted_service import Script, serving
from tests.workflows.scripted_services import LEADS, Services, settings_for

RECORD = RecordMilestone("lead-1", MilestoneKind.ESCALATION, 2)
EXTEND = OperateClock("lead-1", ClockOperation.EXTEND, "ana", "why", "run-1/update-1", "2025-01-20T15:00:00.250+01:00")
UNTIL = Timestamp(seconds=1_737_381_600, nanos=250_000_000)


async def test_a_milestone_is_told_and_the_clock_comes_back(services: Services) -> None:
    at = Timestamp(seconds=1_737_381_600, nanos=250_000_000)
    services.leads.answers["RecordMilestone"] = sla_service_pb2.RecordMilestoneResponse(
        outcome=sla_service_pb2.MILESTONE_OUTCOME_NOT_DUE,
        clock=sla_service_pb2.SlaClock(version=7, deadline=at, escalations=[at]),
    )
    instant = "2025-01-20T14:00:00.250000+00:00"
    assert await services.run(names.RECORD_MILESTONE, RECORD) == MilestoneAnswer(
        MilestoneOutcome.NOT_DUE, 7, "", instant, [instant], "", paused=False
    )
    assert services.leads.of("RecordMilestone") == [
        sla_service_pb2.RecordMilestoneRequest(
            lead_id="lead-1", kind=sla_service_pb2.MILESTONE_KIND_ESCALATION, escalation_index=2
        )
    ]


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        (ClockOperation.EXTEND, {"extend_until": UNTIL}),
        (ClockOperation.PAUSE, {"pause": sla_service_pb2.PauseClock()}),
        (ClockOperation.RESUME, {"resume": sla_service_pb2.ResumeClock()}),
        (ClockOperation.READ, {"read": sla_service_pb2.ReadClock()}),
    ],
)
async def test_an_operation_is_asked_for_under_its_key_and_the_clock_comes_back(
    services: Services, operation: ClockOperation, asked: dict[str, Any]
) -> None:
    services.leads.answers["OperateClock"] = sla_service_pb2.OperateClockResponse(
        clock=sla_service_pb2.SlaClock(version=7, at_risk_at=UNTIL, paused=True)
    )
    answer = await services.run(names.OPERATE_CLOCK, replace(EXTEND, operation=operation))
    assert answer == ClockAnswer(7, "2025-01-20T14:00:00.250000+00:00", paused=True)
    request = sla_service_pb2.OperateClockRequest(lead_id="lead-1", by="ana", reason="why", **asked)
    assert services.leads.of("OperateClock") == [request]
    assert [call.idempotency_key for call in services.leads.calls] == ["run-1/update-1"]


@pytest.mark.parametrize(
    ("refusal", "final"),
    [
        (refused("CLOCK_CLOSED", "The clock is over: the lead is answered."), True),
        (invalid_field("until", "OUT_OF_RANGE", "Must be later."), True),
        (not_found("LEAD_NOT_FOUND", "There is no such lead."), True),
        (refused("IDEMPOTENCY_IN_PROGRESS", "The first request is still running."), False),
        (unavailable("away"), False),
        (forbidden("PERMISSION_MISSING", "no"), False),
    ],
    ids=lambda value: value.reason if isinstance(value, LeadlineError) else "",
)
async def test_an_operation_is_tried_again_only_while_the_answer_may_still_change(
    services: Services, refusal: LeadlineError, final: bool
) -> None:
    services.leads.answers["OperateClock"] = refusal
    failure = await services.failure(names.OPERATE_CLOCK, EXTEND)
    assert (failure.type, failure.message, failure.non_retryable) == (refusal.reason, refusal.message, final)


async def test_reading_the_clock_of_a_lead_that_nobody_knows_answers_a_closed_one(services: Services) -> None:
    services.leads.answers["OperateClock"] = not_found("LEAD_NOT_FOUND", "There is no such lead.")
    answer = await services.run(names.OPERATE_CLOCK, replace(EXTEND, operation=ClockOperation.READ))
    assert (answer.closed_by, answer.version > 2**60) == ("deleted", True)


async def test_a_call_that_no_request_ordered_carries_the_workflow_id_for_both_ids(services: Services) -> None:
    services.leads.answers["RecordMilestone"] = sla_service_pb2.RecordMilestoneResponse(
        outcome=sla_service_pb2.MILESTONE_OUTCOME_RECORDED
    )
    await services.run(names.RECORD_MILESTONE, RECORD)
    workflow_id = ActivityEnvironment().info.workflow_id
    assert [(call.request_id, call.workflow_id) for call in services.leads.calls] == [(workflow_id, workflow_id)]


async def test_a_lead_that_nobody_knows_has_a_closed_clock(services: Services) -> None:
    services.leads.answers["RecordMilestone"] = not_found("LEAD_NOT_FOUND", "There is no such lead.")
    answer = await services.run(names.RECORD_MILESTONE, RECORD)
    assert (answer.outcome, answer.closed_by) == (MilestoneOutcome.CLOSED, "deleted")


@pytest.mark.parametrize(
    "refusal",
    [unavailable("away"), forbidden("PERMISSION_MISSING", "no"), invalid_field("leadId", "NOT_A_UUID", "no")],
    ids=lambda error: error.reason,
)
async def test_a_milestone_is_never_given_up(services: Services, refusal: LeadlineError) -> None:
    services.leads.answers["RecordMilestone"] = refusal
    failure = await services.failure(names.RECORD_MILESTONE, RECORD)
    assert (failure.type, failure.non_retryable) == (refusal.reason, False)


async def test_a_service_that_is_gone_is_for_the_next_attempt() -> None:
    async with open_activities(settings_for("127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1")) as opened:
        record_milestone, _ = opened.sla
        with pytest.raises(ApplicationError) as raised:
            await ActivityEnvironment().run(record_milestone, RECORD)
    assert (raised.value.type, raised.value.non_retryable) == ("PART_UNAVAILABLE", False)


async def test_a_worker_without_a_valid_token_is_for_an_operator_to_heal() -> None:
    async with serving(Script(), LEADS) as address:
        other = "another secret of the tests, 32 bytes or more"
        async with open_activities(settings_for(address, address, address, secret=other)) as opened:
            record_milestone, _ = opened.sla
            with pytest.raises(ApplicationError) as raised:
                await ActivityEnvironment().run(record_milestone, RECORD)
    assert (raised.value.type, raised.value.non_retryable) == ("TOKEN_INVALID", False)
