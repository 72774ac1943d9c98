"""`POST /leads/{id}/convert`: done, still running, failed."""

import asyncio
from typing import Any

import httpx
import pytest
from google.protobuf.duration_pb2 import Duration
from leadline.leads.v1 import conversion_service_pb2 as pb

from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_documented, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import (
    ACCOUNT_ID,
    CONTACT_ID,
    CONVERSION_ID,
    LEAD_ID,
    OPPORTUNITY_ID,
    PIPELINE_ID,
    STAGE_ID,
    USER_ID,
)
from tests.support.waiting import eventually

URL = f"/leads/{LEAD_ID}/convert"
DONE = pb.ConvertLeadResponse(
    conversion=samples.conversion(
        pb.CONVERSION_STATE_COMPLETED, account_id=ACCOUNT_ID, contact_id=CONTACT_ID, opportunity_id=OPPORTUNITY_ID
    )
)


async def test_a_conversion_that_is_done_in_time_answers_as_documented(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["ConvertLead"] = DONE
    body = {
        "createContact": True,
        "createAccount": False,
        "createOpportunity": True,
        "accountId": ACCOUNT_ID,
        "contactId": CONTACT_ID,
        "opportunityId": OPPORTUNITY_ID,
        "opportunityName": "StartupIO Enterprise Deal",
        "opportunityPipelineId": PIPELINE_ID,
        "opportunityStageId": STAGE_ID,
        "ownerId": USER_ID,
        "stageFieldValues": {"contract": "signed", "seats": 12},
    }
    response = await admin.post(URL, json=body, headers={"if-match": '"7"', "idempotency-key": "once"})
    assert response.status_code == 200
    assert response.json() == {
        "contactId": CONTACT_ID,
        "accountId": ACCOUNT_ID,
        "opportunityId": OPPORTUNITY_ID,
        "message": "Lead converted successfully",
    }
    assert_documented(response)
    assert backend.call.metadata["idempotency-key"] == "once"
    assert backend.call.request == pb.ConvertLeadRequest(
        lead_id=LEAD_ID,
        create_contact=True,
        create_account=False,
        create_opportunity=True,
        account_id=ACCOUNT_ID,
        contact_id=CONTACT_ID,
        opportunity_id=OPPORTUNITY_ID,
        opportunity_name="StartupIO Enterprise Deal",
        opportunity_pipeline_id=PIPELINE_ID,
        opportunity_stage_id=STAGE_ID,
        owner_id=USER_ID,
        max_wait=Duration(seconds=10),
        expected_version=7,
        stage_field_values='{"contract":"signed","seats":12}',
    )


@pytest.mark.parametrize("sent", [{}, {"json": {}}])
async def test_a_conversion_needs_no_body_and_has_a_deadline_past_its_wait(
    sent: dict[str, Any], admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["ConvertLead"] = DONE
    assert (await admin.post(URL, **sent)).status_code == 200
    assert backend.call.request == pb.ConvertLeadRequest(lead_id=LEAD_ID, max_wait=Duration(seconds=10))
    assert 11 < backend.call.seconds_left < 16


async def test_a_conversion_that_takes_longer_answers_202_and_where_to_look(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    running = samples.conversion(pb.CONVERSION_STATE_RUNNING, account_id=ACCOUNT_ID)
    backend.answers["ConvertLead"] = pb.ConvertLeadResponse(conversion=running)
    response = await admin.post(URL, json={})
    assert (response.status_code, response.headers["location"]) == (202, f"/leads/{LEAD_ID}/conversion")
    assert_documented(response)
    answer = response.json()
    assert (answer["id"], answer["state"], answer["accountId"]) == (CONVERSION_ID, "running", ACCOUNT_ID)
    assert answer["endedAt"] is None


async def test_a_conversion_that_failed_is_a_problem_with_its_cause(admin: httpx.AsyncClient, backend: Backend) -> None:
    failed = samples.conversion(
        pb.CONVERSION_STATE_FAILED, failure_reason="ACCOUNT_NOT_FOUND", failure_message="The account is gone."
    )
    backend.answers["ConvertLead"] = pb.ConvertLeadResponse(conversion=failed)
    said = assert_problem(await admin.post(URL, json={}), 409, "conversion_failed")
    assert (said["detail"], said["cause"]) == ("The account is gone.", "account_not_found")


async def test_a_caller_that_hangs_up_while_it_waits_changes_nothing(
    admin: httpx.AsyncClient, backend: Backend, gateway_url: str
) -> None:
    backend.answers["ConvertLead"] = DONE
    backend.open.clear()
    host, port = gateway_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    token = admin.headers["authorization"]
    writer.write(f"POST {URL} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n\r\n".encode())
    await eventually(lambda: _now(bool(backend.calls)))
    writer.close()
    await writer.wait_closed()
    # A request that comes later is served: the gateway has seen by now that the caller is gone.
    assert (await admin.get("/healthz")).status_code == 200
    backend.open.set()
    await eventually(lambda: _now(backend.finished == ["ConvertLead"]))


async def _now(value: bool) -> bool:
    return value
