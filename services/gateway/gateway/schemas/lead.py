"""Leads as they are sent, changed and answered."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, JsonObject, Money

_LEAD_ID = "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10"
_USER_ID = "018f4e6e-0000-7000-8000-000000000001"
_PIPELINE_ID = "018f4e6e-0000-7000-8000-000000000002"
_STAGE_ID = "018f4e6e-0000-7000-8000-000000000003"

_SENT: dict[str, Any] = {
    "firstName": "Alice",
    "lastName": "Johnson",
    "email": "alice@startup.io",
    "phone": "+1234567890",
    "company": "StartupIO",
    "title": "Founder",
    "source": "website",
    "pipelineId": _PIPELINE_ID,
    "stageId": _STAGE_ID,
    "priority": "high",
    "estimatedValue": 50000,
    "description": "Inbound from pricing page",
    "customFields": {"utm_source": "google", "company_size": "50-100"},
}
_LISTED: dict[str, Any] = {
    "id": _LEAD_ID,
    **_SENT,
    "phoneE164": "+1234567890",
    "stageName": "New",
    "stageFieldValues": {},
    "assignedTo": None,
    "status": "open",
    "score": 0,
    "qualified": False,
    "version": 1,
    "createdBy": _USER_ID,
    "createdAt": "2025-01-20T10:00:00Z",
    "updatedAt": "2025-01-20T10:00:00Z",
}


class LeadFields(Body):
    """What a caller may write of a lead."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = Field(None, description="Kept as typed, compared in lower case.")
    phone: str | None = Field(None, description="Without country code it is read in the configured default region.")
    company: str | None = None
    title: str | None = None
    source: str | None = Field(None, description="One of the configured sources.")
    priority: str | None = Field(None, description="One of the configured priorities.")
    pipeline_id: Id | None = None
    stage_id: Id | None = None
    estimated_value: Money | None = Field(None, description="At least 0, two decimals.")
    description: str | None = None
    custom_fields: JsonObject | None = Field(None, description="Any JSON object, at most 32 KiB.")
    assigned_to: Id | None = None
    stage_field_values: JsonObject | None = Field(None, description="Values for the fields of the stage.")


class NewLead(LeadFields):
    """A new lead: at least one of lastName, company, email and phone."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SENT]})


class LeadChanges(LeadFields):
    """The fields to change; null clears one. `customFields` is replaced as a whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"priority": "critical", "phone": None}]})


class StageChange(Body):
    """Where a lead is to go, with the values that its new stage needs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"stageId": _STAGE_ID, "stageFieldValues": {"amount": 50000, "close_date": "2025-03-01"}}]
        }
    )

    stage_id: Id
    stage_field_values: JsonObject | None = None


class Disqualification(Body):
    """Why nothing comes of a lead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "no_budget", "notes": "Company confirmed no budget until next fiscal year"}]
        }
    )

    reason: str = Field(description="One of the configured disqualification reasons.")
    notes: str | None = None
    stage_field_values: JsonObject | None = Field(None, description="Values for the fields of the lost stage.")


class Reopening(Body):
    """Where a disqualified lead goes that is opened again: where it was unless said."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{}, {"stageId": _STAGE_ID, "stageFieldValues": {"amount": 50000}}]}
    )

    stage_id: Id | None = None
    stage_field_values: JsonObject | None = Field(None, description="Values for the fields of the stage.")


# What a stage can hide has a default, which stands for "left out": it is never answered in its place.
class ListedLead(Answer):
    """A lead in a list. What its stage hides from the caller is left out; what it does not have is null."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LISTED]})

    id: Id
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_e164: Annotated[str | None, Field(alias="phoneE164")] = None
    company: str | None = None
    title: str | None = None
    source: str | None = None
    pipeline_id: Id
    stage_id: Id
    stage_name: str
    stage_field_values: JsonObject = Field(default_factory=dict)
    priority: str = Field(default_factory=str)
    estimated_value: Money | None = None
    description: str | None = None
    custom_fields: JsonObject = Field(default_factory=dict)
    assigned_to: Id | None = None
    status: Literal["open", "converted", "disqualified"]
    score: int = Field(default_factory=int)
    qualified: bool = Field(default_factory=bool)
    version: int
    created_by: Id
    created_at: Instant
    updated_at: Instant
    converted_at: Instant | None = Field(None, description="This and what follows: there once it has happened.")
    contact_id: Id | None = None
    account_id: Id | None = None
    opportunity_id: Id | None = None
    disqualified_at: Instant | None = None
    disqualification_reason: str | None = None
    disqualification_notes: str | None = None


class ScorePart(Answer):
    """The points that one scoring rule gave."""

    rule_id: Id
    name: str
    points: int


class Lead(ListedLead):
    """One lead, with its score's breakdown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_LISTED, "scoreBreakdown": []}]})

    score_breakdown: list[ScorePart] = Field(default_factory=list)


class LeadListMeta(Answer):
    """Where in the list a page stands. `page` is null where a cursor was followed."""

    total: int = Field(default_factory=int, description="Left out, as `totalPages` is, where `withTotal` is false.")
    page: int | None
    limit: int
    total_pages: int = Field(default_factory=int)
    next_cursor: str | None


class LeadList(Answer):
    """A page of leads."""

    data: list[ListedLead]
    meta: LeadListMeta
