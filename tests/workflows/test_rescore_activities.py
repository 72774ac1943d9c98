"""The activities of the rescore workflows against a real gRPC server."""

from collections.abc import Iterator

import pytest
from leadline.leads.v1 import scoring_service_pb2 as pb
from temporalio.testing import ActivityEnvironment

from kit.errors import LeadlineError, forbidden, invalid_field, refused, unavailable
from leadline_workflows.activities import stint
from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreProgress
from tests.workflows.scripted_services import Services

PASS = [
    pb.Rescore(state=pb.RESCORE_STATE_RUNNING, processed=1000, total=2500, changed=10),
    pb.Rescore(state=pb.RESCORE_STATE_REQUESTED, total=2500),
    pb.Rescore(state=pb.RESCORE_STATE_COMPLETED, processed=2500, total=2500, changed=30),
]


def one_after_the_other(found: list[pb.Rescore]) -> Iterator[pb.RescoreLeadsResponse]:
    yield from (pb.RescoreLeadsResponse(rescore=each) for each in found)


async def test_batches_are_asked_for_until_the_pass_is_completed(services: Services) -> None:
    answers, told = one_after_the_other(PASS), list[RescoreProgress]()
    services.leads.answers["RescoreLeads"] = lambda _request: next(answers)
    environment = ActivityEnvironment()
    environment.on_heartbeat = told.append
    progress = await environment.run(services.activities[names.RESCORE_BATCH])
    assert progress == RescoreProgress("completed", 2500, 2500, 30)
    assert told == [RescoreProgress("running", 1000, 2500, 10), RescoreProgress("requested", 0, 2500, 0), progress]
    assert services.leads.of("RescoreLeads") == [pb.RescoreLeadsRequest()] * 3


async def test_after_some_seconds_the_workflow_hears_how_far_it_is(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stint, "SECONDS", 0.0)
    answers = one_after_the_other(PASS)
    services.leads.answers["RescoreLeads"] = lambda _request: next(answers)
    assert await services.run(names.RESCORE_BATCH) == RescoreProgress("running", 1000, 2500, 10)
    assert len(services.leads.calls) == 1


async def test_where_nothing_was_asked_for_nothing_is_repeated(services: Services) -> None:
    none = pb.RescoreLeadsResponse(rescore=pb.Rescore(state=pb.RESCORE_STATE_NONE))
    services.leads.answers["RescoreLeads"] = none
    assert await services.run(names.RESCORE_BATCH) == RescoreProgress("none")
    assert len(services.leads.calls) == 1


@pytest.mark.parametrize("requested", [True, False])
async def test_a_days_request_says_whether_a_rule_depends_on_time(services: Services, requested: bool) -> None:
    services.leads.answers["RequestDailyRescore"] = pb.RequestDailyRescoreResponse(requested=requested)
    assert await services.run(names.REQUEST_DAILY_RESCORE) is requested


@pytest.mark.parametrize("name", [names.RESCORE_BATCH, names.REQUEST_DAILY_RESCORE])
@pytest.mark.parametrize(
    "refusal",
    [
        unavailable("away"),
        forbidden("PERMISSION_MISSING", "no"),
        invalid_field("limit", "TOO_LARGE", "no"),
        refused("RETIRING", "no"),
    ],
    ids=lambda error: error.reason,
)
async def test_scoring_is_never_given_up(services: Services, name: str, refusal: LeadlineError) -> None:
    services.leads.answers |= {"RescoreLeads": refusal, "RequestDailyRescore": refusal}
    failure = await services.failure(name)
    assert (failure.type, failure.non_retryable) == (refusal.reason, False)
