"""The activity of the lead-sla workflow against a real gRPC server."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import sla_service_pb2
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from kit.errors import LeadlineError, forbidden, invalid_field, not_found, unavailable
from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import (
    MilestoneAnswer,
    MilestoneKind,
    MilestoneOutcome,
    RecordMilestone,
)
from leadline_workflows.runtime.wiring import open_activities
from tests.workflows.scripted_service import Script, serving
from tests.workflows.scripted_services import LEADS, Services, settings_for

RECORD = RecordMilestone("lead-1", MilestoneKind.ESCALATION, 2)


async def test_a_milestone_is_told_and_the_clock_comes_back(services: Services) -> None:
    at = Timestamp(seconds=1_737_381_600, nanos=250_000_000)
    services.leads.answers["RecordMilestone"] = sla_service_pb2.RecordMilestoneResponse(
        outcome=sla_service_pb2.MILESTONE_OUTCOME_NOT_DUE,
        clock=sla_service_pb2.SlaClock(version=7, deadline=at, escalations=[at]),
    )
    instant = "2025-01-20T14:00:00.250000+00:00"
    assert await services.run(names.RECORD_MILESTONE, RECORD) == MilestoneAnswer(
        MilestoneOutcome.NOT_DUE, 7, "", instant, [instant], ""
    )
    assert services.leads.of("RecordMilestone") == [
        sla_service_pb2.RecordMilestoneRequest(
            lead_id="lead-1", kind=sla_service_pb2.MILESTONE_KIND_ESCALATION, escalation_index=2
        )
    ]


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
        (record_milestone,) = opened.sla
        with pytest.raises(ApplicationError) as raised:
            await ActivityEnvironment().run(record_milestone, RECORD)
    assert (raised.value.type, raised.value.non_retryable) == ("PART_UNAVAILABLE", False)


async def test_a_worker_without_a_valid_token_is_for_an_operator_to_heal() -> None:
    async with serving(Script(), LEADS) as address:
        other = "another secret of the tests, 32 bytes or more"
        async with open_activities(settings_for(address, address, address, secret=other)) as opened:
            (record_milestone,) = opened.sla
            with pytest.raises(ApplicationError) as raised:
                await ActivityEnvironment().run(record_milestone, RECORD)
    assert (raised.value.type, raised.value.non_retryable) == ("TOKEN_INVALID", False)
