"""The compensations of a deletion against real gRPC servers: what they ask, and that none gives up."""

from collections.abc import Callable
from typing import Any

import pytest
from leadline.crm.v1 import placement_service_pb2 as crm_pb2
from leadline.leads.v1 import retirement_service_pb2 as leads_pb2
from leadline.settings.v1 import retirement_pb2
from leadline.settings.v1 import retirement_service_pb2 as settings_pb2

from kit.errors import LeadlineError, forbidden, invalid_field, refused
from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import EndRetirement, FailRetirement, MovedRetiring
from tests.workflows.retirement_orders import AWAY, BOTH, CLOSED, LEADS_ONLY, RETIREMENT, UNKNOWN, reports
from tests.workflows.scripted_services import Services

FAIL = FailRetirement(RETIREMENT, "STAGE_FIELDS_MISSING", "Some leads lack what the stage asks for.")


def restored(*left: int) -> Callable[[Any], leads_pb2.RestoreRetiringResponse]:
    """Answers to RestoreRetiring, one after the other."""
    answers = iter(left)
    return lambda _request: leads_pb2.RestoreRetiringResponse(left=next(answers))


async def test_the_entry_is_opened_again_with_the_reason(services: Services) -> None:
    services.settings.answers["FailRetirement"] = settings_pb2.FailRetirementResponse()
    assert await services.run(names.FAIL_RETIREMENT, FAIL) is None
    assert services.settings.of("FailRetirement") == [
        settings_pb2.FailRetirementRequest(retirement_id=RETIREMENT, reason=FAIL.reason, message=FAIL.message)
    ]


@pytest.mark.parametrize("answer", [UNKNOWN, CLOSED], ids=lambda error: error.reason)
async def test_a_deletion_that_is_over_is_forgotten(services: Services, answer: LeadlineError) -> None:
    services.leads.answers["EndRetirement"] = answer
    await services.run(names.END_RETIREMENT, EndRetirement(RETIREMENT))
    assert len(services.leads.calls) == 1


async def test_an_entry_that_nobody_deletes_needs_no_opening(services: Services) -> None:
    services.settings.answers["FailRetirement"] = UNKNOWN
    assert await services.run(names.FAIL_RETIREMENT, FAIL) is None


async def test_an_entry_that_is_deleted_is_not_opened_and_its_revision_comes_back(services: Services) -> None:
    services.settings.answers["FailRetirement"] = CLOSED
    services.settings.answers["CompleteRetirement"] = settings_pb2.CompleteRetirementResponse(revision=42)
    assert await services.run(names.FAIL_RETIREMENT, FAIL) == 42


async def test_nothing_goes_back_to_an_entry_that_is_deleted(services: Services) -> None:
    completed = retirement_pb2.Retirement(state=retirement_pb2.RETIREMENT_STATE_COMPLETED)
    services.settings.answers["ReportRetirement"] = settings_pb2.ReportRetirementResponse(retirement=completed)
    assert await services.run(names.RESTORE_RETIRING, BOTH) == MovedRetiring(0, 0)
    assert (services.leads.calls, services.crm.calls) == ([], [])


@pytest.mark.parametrize(
    "obstacle",
    [AWAY, forbidden("PERMISSION_MISSING", "no"), invalid_field("message", "TOO_LONG", "no")],
    ids=lambda error: error.reason,
)
async def test_an_end_is_never_given_up(services: Services, obstacle: LeadlineError) -> None:
    services.leads.answers["EndRetirement"] = obstacle
    services.settings.answers["FailRetirement"] = obstacle
    for failure in (
        await services.failure(names.END_RETIREMENT, EndRetirement(RETIREMENT)),
        await services.failure(names.FAIL_RETIREMENT, FAIL),
    ):
        assert (failure.type, failure.non_retryable) == (obstacle.reason, False)


async def test_records_are_moved_back_batch_by_batch(services: Services) -> None:
    services.leads.answers["RestoreRetiring"] = restored(60, 20, 0)
    assert await services.run(names.RESTORE_RETIRING, LEADS_ONLY) == MovedRetiring(100, 0)
    assert services.leads.of("RestoreRetiring") == [leads_pb2.RestoreRetiringRequest(retirement_id=RETIREMENT)] * 3
    assert services.crm.calls == []
    assert reports(services) == [(700, 100), (700, 0)]


async def test_opportunities_are_moved_back_too(services: Services) -> None:
    services.leads.answers["RestoreRetiring"] = restored(10, 0)
    services.crm.answers["RestoreOpportunities"] = crm_pb2.RestoreOpportunitiesResponse()
    assert await services.run(names.RESTORE_RETIRING, BOTH) == MovedRetiring(100, 0)
    asked = crm_pb2.RestoreOpportunitiesRequest(retirement_id=RETIREMENT)
    assert services.crm.of("RestoreOpportunities") == [asked] * 2


@pytest.mark.parametrize(
    ("left", "expected"),
    [([60, 60], MovedRetiring(40, 60)), ([100], MovedRetiring(0, 100)), ([150], MovedRetiring(0, 150))],
    ids=["some", "none", "more than were known"],
)
async def test_records_that_cannot_be_moved_back_now_are_for_later(
    services: Services, left: list[int], expected: MovedRetiring
) -> None:
    services.leads.answers["RestoreRetiring"] = restored(*left)
    assert await services.run(names.RESTORE_RETIRING, LEADS_ONLY) == expected
    assert reports(services) == [(700, 100), (700, expected.left)]


@pytest.mark.parametrize("answer", [UNKNOWN, CLOSED], ids=lambda error: error.reason)
async def test_of_a_deletion_that_is_over_nothing_is_left_to_move_back(
    services: Services, answer: LeadlineError
) -> None:
    services.leads.answers["RestoreRetiring"] = answer
    services.crm.answers["RestoreOpportunities"] = answer
    services.settings.answers["ReportRetirement"] = answer
    assert await services.run(names.RESTORE_RETIRING, BOTH) == MovedRetiring(100, 0)


@pytest.mark.parametrize(
    "obstacle",
    [AWAY, forbidden("PERMISSION_MISSING", "no"), refused("RETIRING", "no"), invalid_field("limit", "BAD", "no")],
    ids=lambda error: error.reason,
)
@pytest.mark.parametrize("part", ["leads", "crm"])
async def test_moving_back_is_never_given_up(services: Services, part: str, obstacle: LeadlineError) -> None:
    services.leads.answers["RestoreRetiring"] = obstacle if part == "leads" else restored(0)
    services.crm.answers["RestoreOpportunities"] = obstacle
    failure = await services.failure(names.RESTORE_RETIRING, BOTH)
    assert (failure.type, failure.non_retryable) == (obstacle.reason, False)


async def test_nothing_is_moved_back_before_the_settings_service_said_that_the_entry_is_there(
    services: Services,
) -> None:
    services.settings.answers["ReportRetirement"] = AWAY
    failure = await services.failure(names.RESTORE_RETIRING, BOTH)
    assert (failure.type, failure.non_retryable) == ("PART_UNAVAILABLE", False)
    assert (services.leads.calls, services.crm.calls) == ([], [])


async def test_moving_back_does_not_wait_for_those_who_look(services: Services) -> None:
    services.leads.answers["RestoreRetiring"] = restored(60, 0)
    answers = iter([settings_pb2.ReportRetirementResponse()])

    def away_later(_request: object) -> settings_pb2.ReportRetirementResponse:
        if (answer := next(answers, None)) is None:
            raise AWAY
        return answer

    services.settings.answers["ReportRetirement"] = away_later
    assert await services.run(names.RESTORE_RETIRING, LEADS_ONLY) == MovedRetiring(100, 0)
    assert len(reports(services)) == 2
