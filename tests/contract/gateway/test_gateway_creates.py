"""What each create sends to the services, and how it answers what they say."""

import httpx
import pytest
from leadline.crm.v1 import record_service_pb2 as crm
from leadline.leads.v1 import lead_pb2, lead_service_pb2, team_service_pb2, timeline_service_pb2

from tests.contract.gateway import cases_product_lines, cases_settings_creates, samples
from tests.contract.gateway import samples_records as records
from tests.contract.gateway.answers import assert_documented, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.cases import Create
from tests.contract.gateway.samples import LEAD_ID, PIPELINE_ID, PRODUCT_ID, STAGE_ID, USER_ID

DOCUMENTED_LEAD = {
    "firstName": "Alice",
    "lastName": "Johnson",
    "email": "alice@startup.io",
    "phone": "+1234567890",
    "company": "StartupIO",
    "title": "Founder",
    "source": "website",
    "pipelineId": PIPELINE_ID,
    "stageId": STAGE_ID,
    "priority": "high",
    "estimatedValue": 50000,
    "description": "Inbound from pricing page",
    "customFields": {"utm_source": "google", "company_size": "50-100"},
}


CREATES = [
    Create(
        "/leads",
        {**DOCUMENTED_LEAD, "assignedTo": USER_ID, "stageFieldValues": {"amount": 1}},
        "CreateLead",
        lead_service_pb2.CreateLeadRequest(
            fields=lead_pb2.LeadFields(
                first_name="Alice",
                last_name="Johnson",
                email="alice@startup.io",
                phone="+1234567890",
                company="StartupIO",
                title="Founder",
                source="website",
                pipeline_id=PIPELINE_ID,
                stage_id=STAGE_ID,
                priority="high",
                estimated_value="50000",
                description="Inbound from pricing page",
                custom_fields='{"utm_source":"google","company_size":"50-100"}',
                assigned_to=USER_ID,
                stage_field_values='{"amount":1}',
            )
        ),
        lead_service_pb2.CreateLeadResponse(lead=samples.LEAD),
        samples.LEAD_JSON,
        f"/leads/{LEAD_ID}",
        '"7"',
    ),
    Create(
        f"/leads/{LEAD_ID}/activities",
        {
            "type": "call",
            "direction": "outbound",
            "subject": "First call",
            "body": "Asked.",
            "occurredAt": "2025-01-20T11:00:00+01:00",
        },
        "LogActivity",
        timeline_service_pb2.LogActivityRequest(
            lead_id=LEAD_ID,
            type="call",
            direction="outbound",
            subject="First call",
            body="Asked.",
            occurred_at=samples.CREATED_AT,
        ),
        timeline_service_pb2.LogActivityResponse(activity=samples.ACTIVITY),
        samples.ACTIVITY_JSON,
        f"/leads/{LEAD_ID}/activities",
    ),
    Create(
        f"/leads/{LEAD_ID}/notes",
        {"content": "Call in the morning"},
        "AddNote",
        timeline_service_pb2.AddNoteRequest(lead_id=LEAD_ID, content="Call in the morning"),
        timeline_service_pb2.AddNoteResponse(note=samples.NOTE),
        samples.NOTE_JSON,
        f"/leads/{LEAD_ID}/notes",
    ),
    Create(
        f"/leads/{LEAD_ID}/team",
        {"userId": USER_ID, "role": "sales_rep"},
        "AddTeamMember",
        team_service_pb2.AddTeamMemberRequest(lead_id=LEAD_ID, user_id=USER_ID, role="sales_rep"),
        team_service_pb2.AddTeamMemberResponse(member=samples.TEAM_MEMBER),
        samples.TEAM_MEMBER_JSON,
        f"/leads/{LEAD_ID}/team",
    ),
    Create(
        "/products",
        {"name": "Enterprise Plan", "sku": None, "unitPrice": 5000.5, "isActive": False},
        "CreateProduct",
        crm.CreateProductRequest(
            fields=crm.ProductFields(name="Enterprise Plan", unit_price="5000.5", is_active=False)
        ),
        crm.CreateProductResponse(product=records.PRODUCT),
        records.PRODUCT_JSON,
        f"/products/{PRODUCT_ID}",
        '"3"',
    ),
]


@pytest.mark.parametrize(
    "create",
    [*CREATES, *cases_product_lines.CREATES, *cases_settings_creates.CREATES],
    ids=lambda create: f"{create.method} {create.url[-30:]}",
)
async def test_a_create_answers_201_with_the_whole_object_and_where_it_is(
    create: Create, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers[create.method] = create.answered
    response = await admin.post(create.url, json=create.body, headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.headers["location"]) == (201, create.location)
    assert response.headers.get("etag") == create.etag
    assert exact(response) == create.expected
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (create.method, create.sent)
    assert backend.call.metadata["idempotency-key"] == "a-key"


async def test_decimals_and_free_json_arrive_digit_by_digit(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["CreateLead"] = lead_service_pb2.CreateLeadResponse(lead=samples.LEAD)
    body = (
        '{"company": "Straße 🚀", "estimatedValue": 12345678901234567.10, '
        '"customFields": {"a": 0.10, "b": 123456789012345678901234567890, "c": -1.5E+3, "d": [1, {"e": "\\u00e9"}]}}'
    )
    response = await admin.post("/leads", content=body.encode(), headers={"content-type": "application/json"})
    assert response.status_code == 201
    fields = backend.call.request.fields  # type: ignore[attr-defined]
    assert (fields.company, fields.estimated_value) == ("Straße 🚀", "12345678901234567.10")
    assert fields.custom_fields == '{"a":0.10,"b":123456789012345678901234567890,"c":-1.5E+3,"d":[1,{"e":"é"}]}'
