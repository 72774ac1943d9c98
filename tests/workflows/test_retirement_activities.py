"""The forward steps of a deletion against real gRPC servers: what they ask, and what is final."""

from collections.abc import Callable
from typing import Any

import pytest
from leadline.crm.v1 import placement_service_pb2 as crm_pb2
from leadline.leads.v1 import retirement_service_pb2 as leads_pb2
from leadline.settings.v1 import retirement_service_pb2 as settings_pb2

from kit.errors import LeadlineError, invalid_field, refused
from leadline_workflows.activities import stint
from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import CountRetiring, EndRetirement, MovedRetiring, RetirementRef
from tests.workflows.retirement_orders import AWAY, BOTH, CLOSED, LEADS_ONLY, OBSTACLES, RETIREMENT, UNKNOWN, reports
from tests.workflows.scripted_services import Services

COUNT = CountRetiring(RETIREMENT, ["stage-1", "stage-2"])


def moved(*batches: tuple[int, int]) -> Callable[[Any], leads_pb2.MoveRetiringResponse]:
    """Answers to MoveRetiring, one after the other: so many moved, so many left."""
    answers = iter(batches)

    def answer(_request: object) -> leads_pb2.MoveRetiringResponse:
        done, left = next(answers)
        return leads_pb2.MoveRetiringResponse(moved=done, left=left)

    return answer


async def test_leads_conversions_and_opportunities_are_counted_and_the_number_is_kept(services: Services) -> None:
    services.leads.answers["CountRetiring"] = leads_pb2.CountRetiringResponse(records=2, conversions=3)
    services.crm.answers["CountOpportunities"] = crm_pb2.CountOpportunitiesResponse(opportunities=7)
    assert await services.run(names.COUNT_RETIRING, COUNT) == 12
    assert services.leads.of("CountRetiring") == [leads_pb2.CountRetiringRequest(retirement_id=RETIREMENT)]
    asked = crm_pb2.CountOpportunitiesRequest(stage_ids=["stage-1", "stage-2"])
    assert services.crm.of("CountOpportunities") == [asked]
    assert reports(services) == [(12, 0)]


async def test_what_only_leads_use_is_not_counted_in_the_crm(services: Services) -> None:
    services.leads.answers["CountRetiring"] = leads_pb2.CountRetiringResponse(records=2)
    assert await services.run(names.COUNT_RETIRING, CountRetiring(RETIREMENT)) == 2
    assert services.crm.calls == []


@OBSTACLES
@pytest.mark.parametrize("method", ["CountRetiring", "CountOpportunities", "ReportRetirement"])
async def test_a_count_waits_for_every_part(services: Services, method: str, obstacle: LeadlineError) -> None:
    services.leads.answers["CountRetiring"] = leads_pb2.CountRetiringResponse()
    services.crm.answers["CountOpportunities"] = crm_pb2.CountOpportunitiesResponse()
    for script in (services.leads, services.crm, services.settings):
        if method in script.answers:
            script.answers[method] = obstacle
    failure = await services.failure(names.COUNT_RETIRING, COUNT)
    assert (failure.type, failure.non_retryable) == (obstacle.reason, False)


@pytest.mark.parametrize("part", ["leads", "settings"])
async def test_a_deletion_that_a_service_does_not_know_is_not_begun(services: Services, part: str) -> None:
    services.leads.answers["CountRetiring"] = UNKNOWN if part == "leads" else leads_pb2.CountRetiringResponse()
    services.settings.answers["ReportRetirement"] = UNKNOWN
    failure = await services.failure(names.COUNT_RETIRING, CountRetiring(RETIREMENT))
    assert (failure.type, failure.non_retryable) == ("RETIREMENT_NOT_FOUND", True)


async def test_leads_are_moved_batch_by_batch(services: Services) -> None:
    services.leads.answers["MoveRetiring"] = moved((200, 400), (200, 200), (200, 0))
    assert await services.run(names.MOVE_RETIRING, LEADS_ONLY) == MovedRetiring(600, 0)
    assert services.leads.of("MoveRetiring") == [leads_pb2.MoveRetiringRequest(retirement_id=RETIREMENT)] * 3
    assert services.crm.calls == []
    assert reports(services) == [(700, 700)]


async def test_opportunities_are_moved_after_the_leads(services: Services) -> None:
    services.leads.answers["MoveRetiring"] = moved((5, 1), (0, 0))
    found = iter([crm_pb2.MoveOpportunitiesResponse(moved=200, left=40), crm_pb2.MoveOpportunitiesResponse(moved=41)])
    services.crm.answers["MoveOpportunities"] = lambda _request: next(found)
    assert await services.run(names.MOVE_RETIRING, BOTH) == MovedRetiring(246, 0)
    move = crm_pb2.StageMove(from_stage_id="stage-1", to_pipeline_id="pipeline-2", to_stage_id="stage-2")
    assert (
        services.crm.of("MoveOpportunities")
        == [crm_pb2.MoveOpportunitiesRequest(retirement_id=RETIREMENT, moves=[move])] * 2
    )


async def test_where_nothing_can_be_moved_nothing_is_repeated(services: Services) -> None:
    services.leads.answers["MoveRetiring"] = moved((200, 3), (0, 3))
    assert await services.run(names.MOVE_RETIRING, LEADS_ONLY) == MovedRetiring(200, 3)
    assert reports(services) == [(700, 697)]


async def test_after_some_seconds_the_workflow_hears_how_far_the_moving_is(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stint, "SECONDS", 0.0)
    services.leads.answers["MoveRetiring"] = moved((200, 400))
    assert await services.run(names.MOVE_RETIRING, LEADS_ONLY) == MovedRetiring(200, 400)
    assert reports(services) == [(700, 300)]


@pytest.mark.parametrize(
    "refusal",
    [
        invalid_field("budget", "MISSING", "The stage asks for it."),
        refused("RETIRING", "The target is being deleted."),
        UNKNOWN,
    ],
    ids=lambda error: error.reason,
)
@pytest.mark.parametrize("part", ["leads", "crm"])
async def test_a_refusal_to_move_is_final(services: Services, part: str, refusal: LeadlineError) -> None:
    services.leads.answers["MoveRetiring"] = refusal if part == "leads" else moved((0, 0))
    services.crm.answers["MoveOpportunities"] = refusal
    failure = await services.failure(names.MOVE_RETIRING, BOTH)
    assert (failure.type, failure.message, failure.non_retryable) == (refusal.reason, refusal.message, True)


@OBSTACLES
@pytest.mark.parametrize("part", ["leads", "crm"])
async def test_an_obstacle_to_moving_is_for_the_next_attempt(
    services: Services, part: str, obstacle: LeadlineError
) -> None:
    services.leads.answers["MoveRetiring"] = obstacle if part == "leads" else moved((0, 0))
    services.crm.answers["MoveOpportunities"] = obstacle
    failure = await services.failure(names.MOVE_RETIRING, BOTH)
    assert (failure.type, failure.non_retryable) == (obstacle.reason, False)


async def test_moving_does_not_wait_for_those_who_look(services: Services) -> None:
    services.leads.answers["MoveRetiring"] = moved((200, 0))
    services.settings.answers["ReportRetirement"] = AWAY
    assert await services.run(names.MOVE_RETIRING, LEADS_ONLY) == MovedRetiring(200, 0)
    assert len(reports(services)) == 1


async def test_moving_ends_where_the_settings_service_knows_no_such_deletion(services: Services) -> None:
    services.leads.answers["MoveRetiring"] = moved((200, 0))
    services.settings.answers["ReportRetirement"] = UNKNOWN
    failure = await services.failure(names.MOVE_RETIRING, LEADS_ONLY)
    assert (failure.type, failure.non_retryable) == ("RETIREMENT_NOT_FOUND", True)


async def test_an_entry_is_deleted_and_the_revision_comes_back(services: Services) -> None:
    services.settings.answers["CompleteRetirement"] = settings_pb2.CompleteRetirementResponse(revision=42)
    assert await services.run(names.COMPLETE_RETIREMENT, RetirementRef(RETIREMENT)) == 42
    assert services.settings.of("CompleteRetirement") == [
        settings_pb2.CompleteRetirementRequest(retirement_id=RETIREMENT)
    ]


@pytest.mark.parametrize(
    ("refusal", "final"), [(UNKNOWN, True), (CLOSED, True), (AWAY, False)], ids=["unknown", "failed before", "away"]
)
async def test_an_entry_that_cannot_be_deleted_is_opened_again_unless_the_answer_may_change(
    services: Services, refusal: LeadlineError, final: bool
) -> None:
    services.settings.answers["CompleteRetirement"] = refusal
    failure = await services.failure(names.COMPLETE_RETIREMENT, RetirementRef(RETIREMENT))
    assert (failure.type, failure.non_retryable) == (refusal.reason, final)


@pytest.mark.parametrize("revision", [42, None], ids=["completed", "failed"])
async def test_the_leads_service_hears_how_it_ended(services: Services, revision: int | None) -> None:
    services.leads.answers["EndRetirement"] = leads_pb2.EndRetirementResponse()
    await services.run(names.END_RETIREMENT, EndRetirement(RETIREMENT, revision))
    (request,) = services.leads.of("EndRetirement")
    assert (request.retirement_id, request.HasField("revision"), request.revision) == (
        RETIREMENT,
        revision is not None,
        revision or 0,
    )
