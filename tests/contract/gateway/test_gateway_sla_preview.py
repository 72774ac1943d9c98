"""`POST /lead-settings/sla/preview`: what is asked of which service, and how that is answered."""

import json
from typing import Any

import httpx
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import settings_service_pb2

from kit.errors import invalid_field
from tests.contract.gateway.answers import assert_documented, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import PIPELINE_ID, at

URL = "/lead-settings/sla/preview"
CREATED = "2025-01-20T10:00:00Z"
PROMISED = pb.PreviewSlaResponse(
    policy="Standard Response",
    at_risk_at=at("2025-01-20T12:24:00Z"),
    response_deadline=at("2025-01-20T14:00:00Z"),
    elapsed_business_seconds=9000,
)


async def test_a_preview_by_the_settings_in_force_asks_the_leads_service(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["PreviewSla"] = PROMISED
    body = {
        "createdAt": "2025-01-20T11:00:00+01:00",
        "priority": "high",
        "source": "website",
        "pipelineId": PIPELINE_ID,
        "until": "2025-01-20T12:30:00Z",
        "sla": None,
    }
    response = await admin.post(URL, json=body, headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.json()) == (
        200,
        {
            "policy": "Standard Response",
            "atRiskAt": "2025-01-20T12:24:00Z",
            "responseDeadline": "2025-01-20T14:00:00Z",
            "elapsedBusinessSeconds": 9000,
        },
    )
    assert_documented(response)
    assert backend.call.request == pb.PreviewSlaRequest(
        created_at=at(CREATED),
        priority="high",
        source="website",
        pipeline_id=PIPELINE_ID,
        until=at("2025-01-20T12:30:00Z"),
    )
    assert backend.call.metadata["idempotency-key"] == "a-key"


async def test_a_lead_that_no_policy_covers_is_answered_by_nulls(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["PreviewSla"] = pb.PreviewSlaResponse()
    response = await admin.post(URL, json={"createdAt": CREATED})
    assert response.json() == {"policy": None, "atRiskAt": None, "responseDeadline": None, "elapsedBusinessSeconds": 0}
    assert_documented(response)
    assert backend.call.request == pb.PreviewSlaRequest(created_at=at(CREATED))


async def test_a_draft_is_checked_by_the_settings_service_and_tried_as_what_it_makes_of_it(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["CheckSettings"] = settings_service_pb2.CheckSettingsResponse(document='{"sla": {}}')
    backend.answers["PreviewSla"] = PROMISED
    draft: dict[str, Any] = {"atRiskAfterPercent": 33.30, "policies": [{"name": "Müller", "responseMinutes": 1}]}
    response = await admin.post(URL, json={"createdAt": CREATED, "sla": draft}, headers={"idempotency-key": "a-key"})
    assert response.status_code == 200
    checked, tried = backend.calls
    assert (checked.method, tried.method) == ("CheckSettings", "PreviewSla")
    assert isinstance(checked.request, settings_service_pb2.CheckSettingsRequest)
    assert json.loads(checked.request.changes) == {"sla": draft}
    assert tried.request == pb.PreviewSlaRequest(created_at=at(CREATED), document='{"sla": {}}')
    # So that a draft which is sent again is the same one, whatever else of the settings has changed.
    assert {call.metadata["idempotency-key"] for call in backend.calls} == {"a-key"}


async def test_what_is_wrong_with_a_draft_is_named_by_its_path_and_nothing_is_tried(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    path = "sla.policies[0].responseMinutes"
    backend.answers["CheckSettings"] = invalid_field(path, "OUT_OF_RANGE", "Must be above 0.")
    response = await admin.post(URL, json={"createdAt": CREATED, "sla": {}})
    said = assert_problem(response, 422, "validation_failed")
    assert said["errors"] == [{"field": path, "code": "out_of_range", "message": "Must be above 0."}]
    assert backend.call.method == "CheckSettings"
