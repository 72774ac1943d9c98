"""Conversions: the check before, the order, and how it went."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, JsonObject

_ACCOUNT: dict[str, Any] = {"id": "018f4e6e-0000-7000-8000-00000000000a", "name": "StartupIO"}
_IDS = {
    "contactId": "018f4e6e-0000-7000-8000-00000000000c",
    "accountId": "018f4e6e-0000-7000-8000-00000000000a",
    "opportunityId": "018f4e6e-0000-7000-8000-00000000000f",
}


class ConversionOrder(Body):
    """What a conversion makes or links. The body may be left out: then it makes all three."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "createContact": True,
                    "createAccount": True,
                    "createOpportunity": True,
                    "accountId": "018f4e6e-0000-7000-8000-00000000000a",
                    "opportunityName": "StartupIO Enterprise Deal",
                    "opportunityPipelineId": "018f4e6e-0000-7000-8000-00000000000d",
                    "opportunityStageId": "018f4e6e-0000-7000-8000-00000000000e",
                }
            ]
        }
    )

    create_contact: bool | None = Field(None, description="True where it is not given.")
    create_account: bool | None = Field(None, description="True where it is not given.")
    create_opportunity: bool | None = Field(None, description="True where it is not given.")
    account_id: Id | None = Field(None, description="Link this one; wins over creating one.")
    contact_id: Id | None = Field(None, description="Link this one.")
    opportunity_id: Id | None = Field(None, description="Link this one.")
    opportunity_name: str | None = None
    opportunity_pipeline_id: Id | None = None
    opportunity_stage_id: Id | None = None
    owner_id: Id | None = Field(None, description="Owns what is made.")
    stage_field_values: JsonObject | None = Field(None, description="Values for the fields of the won stage.")


class Match(Answer):
    """A record that a conversion would find."""

    id: Id
    name: str


class ConversionCheck(Answer):
    """What a conversion would need and find."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "canConvert": True,
                    "reasons": [],
                    "existingContact": None,
                    "possibleContacts": [],
                    "existingAccount": _ACCOUNT,
                    "possibleAccounts": [],
                    "requiredFields": ["estimatedValue"],
                    "missingFields": [],
                }
            ]
        }
    )

    can_convert: bool
    reasons: list[str]
    existing_contact: Match | None
    possible_contacts: list[Match]
    existing_account: Match | None
    possible_accounts: list[Match] = Field(description="The others that match as well.")
    required_fields: list[str]
    missing_fields: list[str]


class Converted(Answer):
    """A conversion that is done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_IDS, "message": "Lead converted successfully"}]})

    contact_id: Id | None
    account_id: Id | None
    opportunity_id: Id | None
    message: str


class Wait(Answer):
    """What a conversion waits for."""

    step: str = Field(description="At which step; for people.")
    since: Instant
    reason: str = Field(description="A problem code.")
    message: str


class Obstacle(Answer):
    """What is at fault."""

    field: str = Field(description="`accountId`, `contactId` or `opportunityId`.")
    code: str = Field(description="`changed` or `used`.")
    message: str


class Conversion(Answer):
    """A conversion as it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "018f4e6e-0000-7000-8000-000000000010",
                    "leadId": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
                    "state": "completed",
                    **_IDS,
                    "failureReason": None,
                    "failureMessage": None,
                    "obstacles": [],
                    "waits": None,
                    "startedAt": "2025-01-20T12:00:00Z",
                    "endedAt": "2025-01-20T12:00:01Z",
                    "unconvertedAt": None,
                }
            ]
        }
    )

    id: Id
    lead_id: Id
    state: Literal["running", "completed", "failed", "unconverting", "unconverted"]
    contact_id: Id | None
    account_id: Id | None
    opportunity_id: Id | None
    failure_reason: str | None = Field(description="A problem code, where it failed or could not be undone.")
    failure_message: str | None
    obstacles: list[Obstacle] = Field(description="What kept it from being undone, where the failure names it.")
    waits: Wait | None = Field(description="What it waits for, while it does.")
    started_at: Instant
    ended_at: Instant | None
    unconverted_at: Instant | None
