"""What each GET asks of the services, and how it answers what they say."""

import httpx
import pytest
from leadline.crm.v1 import record_service_pb2 as crm
from leadline.leads.v1 import (
    conversion_service_pb2,
    lead_pb2,
    lead_service_pb2,
    sla_service_pb2,
    team_service_pb2,
    timeline_service_pb2,
)
from leadline.settings.v1 import lists_pb2, settings_service_pb2

from tests.contract.gateway import (
    cases_documents,
    cases_imports,
    cases_product_lines,
    cases_records,
    cases_settings_reads,
    samples,
)
from tests.contract.gateway import samples_records as records
from tests.contract.gateway.answers import assert_documented, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.cases import Read, cursor_page_of
from tests.contract.gateway.samples import ACCOUNT_ID, CONTACT_ID, LEAD_ID, OPPORTUNITY_ID, PIPELINE_ID, PRODUCT_ID
from tests.support.tokens import ADMIN_ID

PAGE = "?page=2&limit=10"
OTHER_ACCOUNT_ID = samples.uid(60)


READS = [
    Read(
        f"/leads/{LEAD_ID}",
        "GetLead",
        lead_service_pb2.GetLeadRequest(lead_id=LEAD_ID),
        lead_service_pb2.GetLeadResponse(lead=samples.LEAD),
        samples.LEAD_JSON,
        '"7"',
    ),
    Read(
        f"/leads/{LEAD_ID}/sla",
        "GetLeadSla",
        sla_service_pb2.GetLeadSlaRequest(lead_id=LEAD_ID),
        samples.SLA,
        samples.SLA_JSON,
    ),
    Read(
        "/leads/sla/summary",
        "GetSlaSummary",
        sla_service_pb2.GetSlaSummaryRequest(),
        sla_service_pb2.GetSlaSummaryResponse(
            total=150, within_sla=130, at_risk=12, breached=8, compliance_rate="86.7"
        ),
        {"total": 150, "withinSla": 130, "atRisk": 12, "breached": 8, "complianceRate": "86.7"},
    ),
    Read(
        f"/leads/sla/summary?assignedTo=me,none&pipelineId={PIPELINE_ID}&createdFrom={samples.CREATED}"
        "&createdTo=2025-01-20T15:00:01.123456%2B05:00",
        "GetSlaSummary",
        sla_service_pb2.GetSlaSummaryRequest(
            assigned_to=["me", "none"],
            pipeline_ids=[PIPELINE_ID],
            created_from=samples.CREATED_AT,
            created_to=samples.CHANGED_AT,
        ),
        sla_service_pb2.GetSlaSummaryResponse(compliance_rate="100.0"),
        {"total": 0, "withinSla": 0, "atRisk": 0, "breached": 0, "complianceRate": "100.0"},
    ),
    Read(
        f"/leads/{LEAD_ID}/conversion-check",
        "CheckConversion",
        conversion_service_pb2.CheckConversionRequest(lead_id=LEAD_ID),
        conversion_service_pb2.CheckConversionResponse(
            can_convert=False,
            reasons=["It has no estimated value."],
            existing_account=conversion_service_pb2.RecordMatch(id=ACCOUNT_ID, name="StartupIO"),
            possible_accounts=[conversion_service_pb2.RecordMatch(id=OTHER_ACCOUNT_ID, name="StartupIO Inc.")],
            possible_contacts=[conversion_service_pb2.RecordMatch(id=CONTACT_ID, name="Alice Johnson")],
            required_fields=["estimatedValue"],
            missing_fields=["estimatedValue"],
        ),
        {
            "canConvert": False,
            "reasons": ["It has no estimated value."],
            "existingContact": None,
            "possibleContacts": [{"id": CONTACT_ID, "name": "Alice Johnson"}],
            "existingAccount": {"id": ACCOUNT_ID, "name": "StartupIO"},
            "possibleAccounts": [{"id": OTHER_ACCOUNT_ID, "name": "StartupIO Inc."}],
            "requiredFields": ["estimatedValue"],
            "missingFields": ["estimatedValue"],
        },
    ),
    Read(
        f"/leads/{LEAD_ID}/conversion",
        "GetConversion",
        conversion_service_pb2.GetConversionRequest(lead_id=LEAD_ID),
        conversion_service_pb2.GetConversionResponse(
            conversion=samples.conversion(
                conversion_service_pb2.CONVERSION_STATE_FAILED,
                account_id=ACCOUNT_ID,
                failure_reason="ACCOUNT_NOT_FOUND",
                failure_message="The account is gone.",
                ended_at=samples.CHANGED_AT,
            )
        ),
        {
            "id": samples.CONVERSION_ID,
            "leadId": LEAD_ID,
            "state": "failed",
            "contactId": None,
            "accountId": ACCOUNT_ID,
            "opportunityId": None,
            "failureReason": "account_not_found",
            "failureMessage": "The account is gone.",
            "obstacles": [],
            "waits": None,
            "startedAt": samples.CREATED,
            "endedAt": samples.CHANGED,
            "unconvertedAt": None,
        },
    ),
    *(
        Read(
            f"/leads/{LEAD_ID}/conversion",
            "GetConversion",
            conversion_service_pb2.GetConversionRequest(lead_id=LEAD_ID),
            conversion_service_pb2.GetConversionResponse(conversion=conversion),
            expected,
        )
        for conversion, expected in samples.CONVERSIONS
    ),
    Read(
        f"/accounts/{ACCOUNT_ID}",
        "GetAccount",
        crm.GetAccountRequest(account_id=ACCOUNT_ID),
        crm.GetAccountResponse(account=records.ACCOUNT),
        {**records.ACCOUNT_JSON, **records.CAME_OVER_JSON},
        '"3"',
    ),
    Read(
        f"/contacts/{CONTACT_ID}",
        "GetContact",
        crm.GetContactRequest(contact_id=CONTACT_ID),
        crm.GetContactResponse(contact=records.CONTACT),
        {**records.CONTACT_JSON, **records.CAME_OVER_JSON},
        '"3"',
    ),
    Read(
        f"/opportunities/{OPPORTUNITY_ID}",
        "GetOpportunity",
        crm.GetOpportunityRequest(opportunity_id=OPPORTUNITY_ID),
        crm.GetOpportunityResponse(opportunity=records.OPPORTUNITY),
        {**records.OPPORTUNITY_JSON, **records.CAME_OVER_JSON, **records.LINES_JSON},
        '"3"',
    ),
    Read(
        f"/products/{PRODUCT_ID}",
        "GetProduct",
        crm.GetProductRequest(product_id=PRODUCT_ID),
        crm.GetProductResponse(product=records.PRODUCT),
        records.PRODUCT_JSON,
        '"3"',
    ),
    Read(
        f"/leads/{LEAD_ID}/activities{PAGE}",
        "ListActivities",
        timeline_service_pb2.ListActivitiesRequest(lead_id=LEAD_ID, page=2, limit=10),
        timeline_service_pb2.ListActivitiesResponse(activities=[samples.ACTIVITY], total=51, next_cursor="abc"),
        cursor_page_of(samples.ACTIVITY_JSON),
    ),
    Read(
        f"/leads/{LEAD_ID}/notes{PAGE}",
        "ListNotes",
        timeline_service_pb2.ListNotesRequest(lead_id=LEAD_ID, page=2, limit=10),
        timeline_service_pb2.ListNotesResponse(notes=[samples.NOTE], total=51, next_cursor="abc"),
        cursor_page_of(samples.NOTE_JSON),
    ),
    Read(
        f"/leads/{LEAD_ID}/history{PAGE}",
        "ListHistory",
        timeline_service_pb2.ListHistoryRequest(lead_id=LEAD_ID, page=2, limit=10),
        timeline_service_pb2.ListHistoryResponse(entries=[samples.HISTORY_ENTRY], total=51, next_cursor="abc"),
        cursor_page_of(samples.HISTORY_ENTRY_JSON),
    ),
    Read(
        f"/leads/{LEAD_ID}/stage-assignments{PAGE}",
        "ListStageAssignments",
        timeline_service_pb2.ListStageAssignmentsRequest(lead_id=LEAD_ID, page=2, limit=10),
        timeline_service_pb2.ListStageAssignmentsResponse(
            assignments=samples.STAGE_ASSIGNMENTS, total=51, next_cursor="abc"
        ),
        cursor_page_of(*samples.STAGE_ASSIGNMENTS_JSON),
    ),
    Read(
        f"/leads/{LEAD_ID}/team",
        "ListTeam",
        team_service_pb2.ListTeamRequest(lead_id=LEAD_ID),
        team_service_pb2.ListTeamResponse(members=[samples.TEAM_MEMBER]),
        [samples.TEAM_MEMBER_JSON],
    ),
]


@pytest.mark.parametrize(
    "read",
    [
        *READS,
        *cases_documents.READS,
        *cases_imports.READS,
        *cases_product_lines.READS,
        *cases_records.READS,
        *cases_settings_reads.READS,
    ],
    ids=lambda read: f"{read.method} {read.url[-30:]}",
)
async def test_a_read_asks_and_answers_field_by_field(read: Read, admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers[read.method] = read.answered
    response = await admin.get(read.url)
    assert (response.status_code, response.headers.get("etag")) == (200, read.etag)
    assert response.headers["content-type"] == "application/json"
    assert exact(response) == read.expected
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (read.method, read.asked)
    assert backend.call.caller == str(ADMIN_ID)


async def test_what_a_lead_does_not_have_is_null_and_what_has_not_happened_is_absent(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["GetLead"] = lead_service_pb2.GetLeadResponse(lead=samples.BARE_LEAD)
    response = await admin.get(f"/leads/{LEAD_ID}")
    assert_documented(response)
    lead = response.json()
    for name in ("firstName", "lastName", "email", "phone", "title", "source", "estimatedValue", "description"):
        assert lead[name] is None
    assert (lead["customFields"], lead["stageFieldValues"], lead["scoreBreakdown"]) == ({}, {}, [])
    assert not {"convertedAt", "contactId", "accountId", "opportunityId", "disqualifiedAt"} & set(lead)


async def test_what_has_happened_to_a_lead_is_there(admin: httpx.AsyncClient, backend: Backend) -> None:
    lead = lead_pb2.Lead()
    lead.CopyFrom(samples.BARE_LEAD)
    lead.status = lead_pb2.LEAD_STATUS_CONVERTED
    lead.converted_at.CopyFrom(samples.CREATED_AT)
    lead.account_id, lead.contact_id, lead.opportunity_id = ACCOUNT_ID, CONTACT_ID, OPPORTUNITY_ID
    backend.answers["GetLead"] = lead_service_pb2.GetLeadResponse(lead=lead)
    answer = (await admin.get(f"/leads/{LEAD_ID}")).json()
    assert (answer["status"], answer["convertedAt"]) == ("converted", samples.CREATED)
    assert (answer["accountId"], answer["contactId"]) == (ACCOUNT_ID, CONTACT_ID)
    assert answer["opportunityId"] == OPPORTUNITY_ID
    assert "disqualifiedAt" not in answer


async def test_the_settings_document_goes_out_as_it_is_with_its_version(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    sections = '"general":{},"scoring":{},"duplicateDetection":{},"conversion":{}'
    document = f'{{"sla":{{"escalations":[{{"afterMinutes":7.50}}]}},{sections}}}'
    backend.answers["GetSettings"] = settings_service_pb2.GetSettingsResponse(
        settings=lists_pb2.SettingsDocument(document=document, version=9, updated_at=samples.CREATED_AT)
    )
    response = await admin.get("/lead-settings/settings")
    assert response.text == document[:-1] + f',"version":9,"updatedAt":"{samples.CREATED}"}}'
    assert response.headers["etag"] == '"9"'
    assert_documented(response)
