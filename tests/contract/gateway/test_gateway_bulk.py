"""`PUT /leads/bulk-update` and `POST /leads/check-duplicates`: many leads at once, and never taken for a lead's id."""

from typing import Any

import httpx
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_pb2, lead_service_pb2

from kit.errors import FieldViolation, invalid
from tests.contract.gateway.answers import assert_documented, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import LEAD_ID, STAGE_ID, USER_ID, uid

URL = "/leads/bulk-update"
OTHER_ID = uid(50)
CHANGES: dict[str, Any] = {"priority": "high"}

WRONG: list[tuple[Any, str, str]] = [
    ({"changes": CHANGES}, "ids", "required"),
    ({"ids": [LEAD_ID]}, "changes", "required"),
    ({"ids": [], "changes": CHANGES}, "ids", "too_short"),
    ({"ids": [uid(number) for number in range(1_001)], "changes": CHANGES}, "ids", "too_long"),
    ({"ids": LEAD_ID, "changes": CHANGES}, "ids", "wrong_type"),
    ({"ids": None, "changes": CHANGES}, "ids", "wrong_type"),
    ({"ids": [LEAD_ID, "uuid-2"], "changes": CHANGES}, "ids[1]", "not_a_uuid"),
    ({"ids": [LEAD_ID, 2], "changes": CHANGES}, "ids[1]", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": []}, "changes", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": None}, "changes", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": CHANGES, "atomic": "true"}, "atomic", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": CHANGES, "atomic": None}, "atomic", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": CHANGES, "dryRun": True}, "dryRun", "unknown_field"),
    *(
        ({"ids": [LEAD_ID], "changes": {name: value}}, f"changes.{name}", "unknown_field")
        for name, value in (
            ("firstName", "Alice"),
            ("email", None),
            ("phone", "+1234567890"),
            ("pipelineId", STAGE_ID),
            ("stageFieldValues", {}),
            ("status", "open"),
            ("assigned_to", USER_ID),
        )
    ),
    ({"ids": [LEAD_ID], "changes": {"assignedTo": "me"}}, "changes.assignedTo", "not_a_uuid"),
    ({"ids": [LEAD_ID], "changes": {"stageId": 7}}, "changes.stageId", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": {"estimatedValue": "1"}}, "changes.estimatedValue", "wrong_type"),
    ({"ids": [LEAD_ID], "changes": {"customFields": []}}, "changes.customFields", "wrong_type"),
]


async def test_everything_that_can_be_changed_in_bulk_arrives_and_failures_are_answered(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    failure = lead_service_pb2.BulkFailure(lead_id=OTHER_ID, reason="LEAD_CLOSED", message="It is converted.")
    backend.answers["BulkUpdateLeads"] = lead_service_pb2.BulkUpdateLeadsResponse(updated=1, failed=[failure])
    changes = {
        "assignedTo": USER_ID,
        "priority": "high",
        "source": None,
        "stageId": STAGE_ID,
        "title": "Founder",
        "company": None,
        "estimatedValue": 50000,
        "description": "Called.",
        "customFields": {"utm_source": "google", "old": None},
    }
    response = await admin.put(URL, json={"ids": [LEAD_ID.upper(), OTHER_ID], "changes": changes, "atomic": True})
    assert response.status_code == 200
    assert response.json() == {
        "updated": 1,
        "failed": [{"id": OTHER_ID, "code": "lead_closed", "message": "It is converted."}],
    }
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (
        "BulkUpdateLeads",
        lead_service_pb2.BulkUpdateLeadsRequest(
            lead_ids=[LEAD_ID, OTHER_ID],
            fields=lead_pb2.LeadFields(
                assigned_to=USER_ID,
                priority="high",
                stage_id=STAGE_ID,
                title="Founder",
                estimated_value="50000",
                description="Called.",
                custom_fields='{"utm_source":"google","old":null}',
            ),
            update_mask=FieldMask(
                paths=[
                    "assigned_to",
                    "company",
                    "custom_fields",
                    "description",
                    "estimated_value",
                    "priority",
                    "source",
                    "stage_id",
                    "title",
                ]
            ),
            atomic=True,
        ),
    )


async def test_a_thousand_leads_are_taken_and_have_longer_than_one(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["BulkUpdateLeads"] = lead_service_pb2.BulkUpdateLeadsResponse(updated=1_000)
    ids = [uid(number) for number in range(1_000)]
    response = await admin.put(URL, json={"ids": ids, "changes": CHANGES})
    assert (response.status_code, response.json()) == (200, {"updated": 1_000, "failed": []})
    assert backend.call.request == lead_service_pb2.BulkUpdateLeadsRequest(
        lead_ids=ids, fields=lead_pb2.LeadFields(priority="high"), update_mask=FieldMask(paths=["priority"])
    )
    assert 11 < backend.call.seconds_left < 16


async def test_an_atomic_change_that_was_refused_names_the_leads_at_fault(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    at_fault = FieldViolation("ids[1]", "LEAD_NOT_FOUND", "There is no such lead.")
    backend.answers["BulkUpdateLeads"] = invalid(at_fault, reason="BULK_REFUSED")
    body = {"ids": [LEAD_ID, OTHER_ID], "changes": CHANGES, "atomic": True}
    said = assert_problem(await admin.put(URL, json=body), 422, "bulk_refused")
    assert said["errors"] == [{"field": "ids[1]", "code": "lead_not_found", "message": "There is no such lead."}]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: ascii(case[0])[:60])
async def test_a_wrong_bulk_change_is_refused_with_the_field_named(
    case: tuple[Any, str, str], admin: httpx.AsyncClient, backend: Backend
) -> None:
    body, field, code = case
    said = assert_problem(await admin.put(URL, json=body), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [(field, code)]
    assert backend.calls == []


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({"email": "Alice@startup.io", "phone": "+1234567890"}, {"email": "Alice@startup.io", "phone": "+1234567890"}),
        ({"email": "alice@startup.io", "phone": None}, {"email": "alice@startup.io"}),
        ({"phone": ""}, {"phone": ""}),
    ],
)
async def test_duplicates_are_looked_for_by_what_is_given(
    body: dict[str, Any], asked: dict[str, str], admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["CheckDuplicates"] = lead_service_pb2.CheckDuplicatesResponse(
        duplicates=[
            lead_service_pb2.DuplicateLead(
                id=LEAD_ID, first_name="Alice", last_name="Johnson", email="alice@startup.io", match_field="email"
            ),
            lead_service_pb2.DuplicateLead(id=OTHER_ID, match_field="phone"),
        ]
    )
    response = await admin.post("/leads/check-duplicates", json=body)
    assert response.status_code == 200
    assert response.json() == {
        "duplicates": [
            {
                "id": LEAD_ID,
                "firstName": "Alice",
                "lastName": "Johnson",
                "email": "alice@startup.io",
                "matchField": "email",
            },
            {"id": OTHER_ID, "firstName": None, "lastName": None, "email": None, "matchField": "phone"},
        ]
    }
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (
        "CheckDuplicates",
        lead_service_pb2.CheckDuplicatesRequest(**asked),
    )
