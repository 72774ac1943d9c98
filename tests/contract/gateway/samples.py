"""Protos as the services answer them, and the same as JSON."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import conversion_service_pb2, lead_pb2, sla_service_pb2, team_service_pb2, timeline_service_pb2


def at(text: str) -> Timestamp:
    """The proto of an instant."""
    proto = Timestamp()
    proto.FromDatetime(datetime.fromisoformat(text).astimezone(UTC))
    return proto


def uid(number: int) -> str:
    """A UUID of the tests."""
    return f"0190c0de-0000-7000-8000-{number:012x}"


LEAD_ID, USER_ID, PIPELINE_ID, STAGE_ID = uid(1), uid(2), uid(3), uid(4)
ACCOUNT_ID, CONTACT_ID, OPPORTUNITY_ID, PRODUCT_ID = uid(5), uid(6), uid(7), uid(8)
NOTE_ID, ENTRY_ID, CONVERSION_ID, ADDER_ID = uid(9), uid(10), uid(11), uid(12)
CREATED, CREATED_AT = "2025-01-20T10:00:00Z", at("2025-01-20T10:00:00Z")
# A part of a second, to the microsecond inside and to the millisecond outside.
CHANGED, CHANGED_AT = "2025-01-20T10:00:01.123Z", at("2025-01-20T10:00:01.123456Z")

LEAD = lead_pb2.Lead(
    id=LEAD_ID,
    first_name="Alice",
    last_name="Johnson",
    email="Alice@startup.io",
    phone="(123) 456-7890",
    phone_e164="+1234567890",
    company="StartupIO",
    title="Founder",
    source="website",
    priority="high",
    pipeline_id=PIPELINE_ID,
    stage_id=STAGE_ID,
    stage_name="New",
    estimated_value="12345678901234567.10",
    description="Inbound",
    custom_fields='{"ratio": 0.1000, "big": 123456789012345678901234567890}',
    stage_field_values='{"amount": 1.50}',
    assigned_to=USER_ID,
    status=lead_pb2.LEAD_STATUS_OPEN,
    score=35,
    score_breakdown=[lead_pb2.ScorePart(rule_id=ENTRY_ID, name="Has a company", points=35)],
    qualified=False,
    version=7,
    created_by=USER_ID,
    created_at=CREATED_AT,
    updated_at=CHANGED_AT,
)
LISTED_LEAD_JSON: dict[str, Any] = {
    "id": LEAD_ID,
    "firstName": "Alice",
    "lastName": "Johnson",
    "email": "Alice@startup.io",
    "phone": "(123) 456-7890",
    "phoneE164": "+1234567890",
    "company": "StartupIO",
    "title": "Founder",
    "source": "website",
    "priority": "high",
    "pipelineId": PIPELINE_ID,
    "stageId": STAGE_ID,
    "stageName": "New",
    "estimatedValue": "12345678901234567.10",
    "description": "Inbound",
    "customFields": {"ratio": "0.1000", "big": 123456789012345678901234567890},
    "stageFieldValues": {"amount": "1.50"},
    "assignedTo": USER_ID,
    "status": "open",
    "score": 35,
    "qualified": False,
    "version": 7,
    "createdBy": USER_ID,
    "createdAt": CREATED,
    "updatedAt": CHANGED,
}
LEAD_JSON = {**LISTED_LEAD_JSON, "scoreBreakdown": [{"ruleId": ENTRY_ID, "name": "Has a company", "points": 35}]}

BARE_LEAD = lead_pb2.Lead(
    id=LEAD_ID,
    company="StartupIO",
    priority="medium",
    pipeline_id=PIPELINE_ID,
    stage_id=STAGE_ID,
    stage_name="New",
    status=lead_pb2.LEAD_STATUS_OPEN,
    version=1,
    created_by=USER_ID,
    created_at=CREATED_AT,
    updated_at=CREATED_AT,
)

ACTIVITY = timeline_service_pb2.Activity(
    id=ENTRY_ID,
    lead_id=LEAD_ID,
    type="call",
    title="First call",
    description="Asked for an offer.",
    metadata='{"minutes": 4.50}',
    performed_by=USER_ID,
    direction="outbound",
    occurred_at=CREATED_AT,
    created_at=CHANGED_AT,
)
ACTIVITY_JSON = {
    "id": ENTRY_ID,
    "leadId": LEAD_ID,
    "type": "call",
    "title": "First call",
    "description": "Asked for an offer.",
    "metadata": {"minutes": "4.50"},
    "performedBy": USER_ID,
    "direction": "outbound",
    "occurredAt": CREATED,
    "createdAt": CHANGED,
}
NOTE = timeline_service_pb2.Note(
    id=NOTE_ID, lead_id=LEAD_ID, content="Call in the morning", created_by=USER_ID, created_at=CREATED_AT
)
NOTE_JSON = {
    "id": NOTE_ID,
    "leadId": LEAD_ID,
    "content": "Call in the morning",
    "createdBy": USER_ID,
    "createdAt": CREATED,
}
HISTORY_ENTRY = timeline_service_pb2.HistoryEntry(
    id=ENTRY_ID,
    lead_id=LEAD_ID,
    field="stageId",
    old_value="null",
    new_value=f'"{STAGE_ID}"',
    new_label="New",
    changed_by=USER_ID,
    changed_at=CREATED_AT,
    change_id=NOTE_ID,
    origin="bulk",
)
HISTORY_ENTRY_JSON = {
    "id": ENTRY_ID,
    "leadId": LEAD_ID,
    "field": "stageId",
    "oldValue": None,
    "newValue": STAGE_ID,
    "oldLabel": None,
    "newLabel": "New",
    "changedBy": USER_ID,
    "changedAt": CREATED,
    "changeId": NOTE_ID,
    "origin": "bulk",
}

STAGE_ASSIGNMENTS = [
    timeline_service_pb2.StageAssignment(
        id=NOTE_ID, lead_id=LEAD_ID, stage_id=STAGE_ID, stage_name="New", started_at=CHANGED_AT
    ),
    timeline_service_pb2.StageAssignment(
        id=ENTRY_ID,
        lead_id=LEAD_ID,
        stage_id=STAGE_ID,
        stage_name="New",
        assigned_to=USER_ID,
        started_at=CREATED_AT,
        ended_at=CHANGED_AT,
    ),
]
STAGE_ASSIGNMENTS_JSON: list[dict[str, Any]] = [
    {
        "id": NOTE_ID,
        "leadId": LEAD_ID,
        "stageId": STAGE_ID,
        "stageName": "New",
        "assignedTo": None,
        "startedAt": CHANGED,
        "endedAt": None,
    },
    {
        "id": ENTRY_ID,
        "leadId": LEAD_ID,
        "stageId": STAGE_ID,
        "stageName": "New",
        "assignedTo": USER_ID,
        "startedAt": CREATED,
        "endedAt": CHANGED,
    },
]
TEAM_MEMBER = team_service_pb2.TeamMember(
    lead_id=LEAD_ID, user_id=USER_ID, role="sales_rep", added_by=ADDER_ID, added_at=CREATED_AT
)
TEAM_MEMBER_JSON = {
    "userId": USER_ID,
    "role": "sales_rep",
    "addedBy": ADDER_ID,
    "addedAt": CREATED,
    "leadId": LEAD_ID,
}

SLA = sla_service_pb2.GetLeadSlaResponse(
    lead_id=LEAD_ID,
    sla_policy="Standard Response",
    at_risk_at=at("2025-01-20T12:24:00Z"),
    response_deadline=at("2025-01-20T14:00:00Z"),
    status="at_risk",
    time_remaining="1h 30m",
    remaining_seconds=5400,
    escalations=[
        sla_service_pb2.Escalation(after_minutes="7.5", at=at("2025-01-20T14:07:30Z"), assign_to=USER_ID),
    ],
)
SLA_JSON = {
    "leadId": LEAD_ID,
    "slaPolicy": "Standard Response",
    "responseDeadline": "2025-01-20T14:00:00Z",
    "status": "at_risk",
    "timeRemaining": "1h 30m",
    "firstResponseAt": None,
    "remainingSeconds": 5400,
    "atRiskAt": "2025-01-20T12:24:00Z",
    "breachedAt": None,
    "escalations": [
        {"afterMinutes": "7.5", "at": "2025-01-20T14:07:30Z", "assignTo": USER_ID, "escalatedAt": None},
    ],
}


def conversion(
    state: conversion_service_pb2.ConversionState.ValueType, **more: Any
) -> conversion_service_pb2.Conversion:
    """A conversion of the lead."""
    return conversion_service_pb2.Conversion(
        id=CONVERSION_ID, lead_id=LEAD_ID, state=state, started_at=CREATED_AT, **more
    )


def conversion_json(state: str, **more: Any) -> dict[str, Any]:
    """How a conversion of the lead is answered."""
    nothing = (
        *("contactId", "accountId", "opportunityId", "failureReason", "failureMessage"),
        *("waits", "endedAt", "unconvertedAt"),
    )
    known = {"id": CONVERSION_ID, "leadId": LEAD_ID, "state": state, "obstacles": [], "startedAt": CREATED}
    return {**dict.fromkeys(nothing), **known, **more}


_WAITING = conversion_service_pb2.ConversionWait(
    step="undo the records", since=CHANGED_AT, reason="PART_UNAVAILABLE", message="The CRM does not answer."
)
_IN_THE_WAY = conversion_service_pb2.ConversionObstacle(field="opportunityId", reason="USED")
# Conversions at each state that one can come to after it was completed, and how they are answered.
CONVERSIONS: list[tuple[conversion_service_pb2.Conversion, dict[str, Any]]] = [
    (
        conversion(conversion_service_pb2.CONVERSION_STATE_UNCONVERTING, ended_at=CHANGED_AT, waits=_WAITING),
        conversion_json(
            "unconverting",
            endedAt=CHANGED,
            waits={
                "step": "undo the records",
                "since": CHANGED,
                "reason": "part_unavailable",
                "message": "The CRM does not answer.",
            },
        ),
    ),
    (
        conversion(
            conversion_service_pb2.CONVERSION_STATE_UNCONVERTED,
            account_id=ACCOUNT_ID,
            ended_at=CREATED_AT,
            unconverted_at=CHANGED_AT,
        ),
        conversion_json("unconverted", accountId=ACCOUNT_ID, endedAt=CREATED, unconvertedAt=CHANGED),
    ),
    (
        conversion(
            conversion_service_pb2.CONVERSION_STATE_COMPLETED,
            opportunity_id=OPPORTUNITY_ID,
            failure_reason="RECORDS_CHANGED",
            failure_message="The opportunity is used.",
            obstacles=[_IN_THE_WAY],
        ),
        conversion_json(
            "completed",
            opportunityId=OPPORTUNITY_ID,
            failureReason="records_changed",
            failureMessage="The opportunity is used.",
            obstacles=[
                {
                    "field": "opportunityId",
                    "code": "used",
                    "message": "Something that the conversion did not make uses it.",
                }
            ],
        ),
    ),
]
