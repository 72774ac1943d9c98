"""`/leads/bulk-delete`, by DELETE with a body and by POST, and `POST /leads/sla/check-breaches`."""

import httpx
import pytest
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2

from kit.errors import FieldViolation, invalid
from tests.contract.gateway.answers import assert_documented, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import LEAD_ID, uid

URL = "/leads/bulk-delete"
OTHER_ID = uid(50)
VERBS = ("DELETE", "POST")


@pytest.mark.parametrize("verb", VERBS)
async def test_many_leads_are_deleted_and_failures_are_answered(
    verb: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    failure = pb.BulkFailure(lead_id=OTHER_ID, reason="LEAD_NOT_FOUND", message="There is no such lead.")
    backend.answers["BulkDeleteLeads"] = pb.BulkDeleteLeadsResponse(deleted=1, failed=[failure])
    body = {"ids": [LEAD_ID.upper(), OTHER_ID], "atomic": True}
    response = await admin.request(verb, URL, json=body, headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.json()) == (
        200,
        {
            "deleted": 1,
            "failed": [{"id": OTHER_ID, "code": "lead_not_found", "message": "There is no such lead."}],
        },
    )
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (
        "BulkDeleteLeads",
        pb.BulkDeleteLeadsRequest(lead_ids=[LEAD_ID, OTHER_ID], atomic=True),
    )
    # Only a POST takes a key.
    assert backend.call.metadata.get("idempotency-key") == ("a-key" if verb == "POST" else None)


@pytest.mark.parametrize("verb", VERBS)
async def test_a_thousand_leads_are_taken_and_have_longer_than_one(
    verb: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["BulkDeleteLeads"] = pb.BulkDeleteLeadsResponse(deleted=1_000)
    ids = [uid(number) for number in range(1_000)]
    response = await admin.request(verb, URL, json={"ids": ids})
    assert (response.status_code, response.json()) == (200, {"deleted": 1_000, "failed": []})
    assert backend.call.request == pb.BulkDeleteLeadsRequest(lead_ids=ids)
    assert 11 < backend.call.seconds_left < 16


@pytest.mark.parametrize("verb", VERBS)
async def test_an_atomic_deletion_that_was_refused_names_the_leads_at_fault(
    verb: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    at_fault = FieldViolation("ids[1]", "LEAD_CLOSED", "It is converted.")
    backend.answers["BulkDeleteLeads"] = invalid(at_fault, reason="BULK_REFUSED")
    said = assert_problem(
        await admin.request(verb, URL, json={"ids": [LEAD_ID, OTHER_ID], "atomic": True}), 422, "bulk_refused"
    )
    assert said["errors"] == [{"field": "ids[1]", "code": "lead_closed", "message": "It is converted."}]


async def test_a_delete_whose_body_was_dropped_on_the_way_deletes_nothing(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    assert_problem(await admin.delete(URL), 415, "unsupported_media_type")
    assert_problem(await admin.delete(URL, headers={"content-type": "application/json"}), 400, "not_json")
    assert backend.calls == []


async def test_a_check_of_breaches_answers_what_it_found_and_did(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["CheckBreaches"] = sla_service_pb2.CheckBreachesResponse(
        checked=5, at_risk=4, breached=3, escalated=2, repaired=1
    )
    response = await admin.post("/leads/sla/check-breaches", headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.json()) == (
        200,
        {"checked": 5, "atRisk": 4, "breached": 3, "escalated": 2, "repaired": 1},
    )
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == ("CheckBreaches", sla_service_pb2.CheckBreachesRequest())
    assert backend.call.metadata["idempotency-key"] == "a-key"
    assert 11 < backend.call.seconds_left < 16
