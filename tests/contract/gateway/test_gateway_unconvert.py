"""`POST /leads/{id}/unconvert`: undone, still running, in the way."""

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration
from leadline.leads.v1 import conversion_service_pb2 as pb

from kit.errors import LeadlineError, refused
from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_documented, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import ACCOUNT_ID, CONTACT_ID, LEAD_ID, OPPORTUNITY_ID

URL = f"/leads/{LEAD_ID}/unconvert"
UNDONE = samples.conversion(
    pb.CONVERSION_STATE_UNCONVERTED,
    account_id=ACCOUNT_ID,
    ended_at=samples.CREATED_AT,
    unconverted_at=samples.CHANGED_AT,
)


async def test_a_conversion_that_is_undone_in_time_is_answered_as_it_stands(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["UnconvertLead"] = pb.UnconvertLeadResponse(conversion=UNDONE)
    response = await admin.post(URL, headers={"if-match": '"7"', "idempotency-key": "once"})
    assert response.status_code == 200
    assert_documented(response)
    assert response.json() == samples.conversion_json(
        "unconverted", accountId=ACCOUNT_ID, endedAt=samples.CREATED, unconvertedAt=samples.CHANGED
    )
    assert backend.call.metadata["idempotency-key"] == "once"
    assert backend.call.request == pb.UnconvertLeadRequest(
        lead_id=LEAD_ID, max_wait=Duration(seconds=10), expected_version=7
    )
    assert 11 < backend.call.seconds_left < 16


async def test_one_that_takes_longer_answers_202_and_where_to_look(admin: httpx.AsyncClient, backend: Backend) -> None:
    running = samples.conversion(pb.CONVERSION_STATE_UNCONVERTING, account_id=ACCOUNT_ID)
    backend.answers["UnconvertLead"] = pb.UnconvertLeadResponse(conversion=running)
    response = await admin.post(URL)
    assert (response.status_code, response.headers["location"]) == (202, f"/leads/{LEAD_ID}/conversion")
    assert_documented(response)
    assert (response.json()["state"], response.json()["unconvertedAt"]) == ("unconverting", None)


async def test_records_in_the_way_are_a_problem_that_names_each(admin: httpx.AsyncClient, backend: Backend) -> None:
    obstacles = {"accountId": "CHANGED", "contactId": "USED", "opportunityId": "OF_A_LATER_RELEASE"}
    standing = samples.conversion(
        pb.CONVERSION_STATE_COMPLETED,
        account_id=ACCOUNT_ID,
        contact_id=CONTACT_ID,
        opportunity_id=OPPORTUNITY_ID,
        failure_reason="RECORDS_CHANGED",
        failure_message="The account was changed.",
        obstacles=[pb.ConversionObstacle(field=field, reason=reason) for field, reason in obstacles.items()],
    )
    backend.answers["UnconvertLead"] = pb.UnconvertLeadResponse(conversion=standing)
    said = assert_problem(await admin.post(URL), 409, "records_changed")
    assert said["detail"] == "The account was changed."
    assert said["errors"] == [
        {"field": "accountId", "code": "changed", "message": "It has been changed since the conversion made it."},
        {"field": "contactId", "code": "used", "message": "Something that the conversion did not make uses it."},
        {"field": "opportunityId", "code": "of_a_later_release", "message": "It is in the way."},
    ]


REFUSALS = [
    (refused("LEAD_NOT_CONVERTED", "It is open.", metadata={"status": "open"}), {"status": 409}),
    (refused("UNDO_TIME_OVER", "Too late.", metadata={"undoHours": "72"}), {"undoHours": 72}),
    (refused("LEAD_CONVERTING", "Wait.", metadata={"conversionId": samples.CONVERSION_ID}), {}),
]


@pytest.mark.parametrize(("refusal", "members"), REFUSALS, ids=lambda each: getattr(each, "reason", ""))
async def test_what_stands_against_it_is_a_conflict(
    admin: httpx.AsyncClient, backend: Backend, refusal: LeadlineError, members: dict[str, object]
) -> None:
    backend.answers["UnconvertLead"] = refusal
    said = assert_problem(await admin.post(URL), 409, refusal.reason.lower())
    assert members.items() <= said.items()


@pytest.mark.parametrize("state", [pb.CONVERSION_STATE_UNCONVERTING, pb.CONVERSION_STATE_UNCONVERTED])
async def test_a_repeated_conversion_that_was_undone_since_hears_what_it_had_made(
    admin: httpx.AsyncClient, backend: Backend, state: pb.ConversionState.ValueType
) -> None:
    backend.answers["ConvertLead"] = pb.ConvertLeadResponse(conversion=samples.conversion(state, account_id=ACCOUNT_ID))
    response = await admin.post(f"/leads/{LEAD_ID}/convert", headers={"idempotency-key": "once"})
    assert (response.status_code, response.json()["accountId"]) == (200, ACCOUNT_ID)
