"""Changing and deleting many leads at once."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, JsonObject, Money

_USER_ID = "018f4e6e-0000-7000-8000-000000000001"
_LEAD_IDS: list[Any] = [
    "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
    "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b11",
    "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b12",
]
_MOST_LEADS = 1_000

LeadIds = Annotated[list[Id], Field(min_length=1, max_length=_MOST_LEADS)]


class BulkChanges(Body):
    """The fields to change, in each of the leads; null clears one. `customFields` are merged key by key."""

    assigned_to: Id | None = None
    priority: str | None = None
    source: str | None = None
    stage_id: Id | None = None
    title: str | None = None
    company: str | None = None
    estimated_value: Money | None = Field(None, description="At least 0, two decimals.")
    description: str | None = None
    custom_fields: JsonObject | None = None


class BulkUpdate(Body):
    """Which leads, and what changes in each of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ids": _LEAD_IDS, "changes": {"assignedTo": _USER_ID, "priority": "high"}}],
        }
    )

    ids: LeadIds
    changes: BulkChanges
    atomic: bool = Field(False, description="All or none: when one cannot be changed, none is, and the answer is 422.")


class BulkDelete(Body):
    """Which leads are to be deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": _LEAD_IDS[:2]}]})

    ids: LeadIds
    atomic: bool = Field(False, description="All or none: when one cannot be deleted, none is, and the answer is 422.")


class BulkFailure(Answer):
    """A lead that was not changed or deleted, and why."""

    id: Id
    code: str = Field(description="A problem code.")
    message: str


class BulkOutcome(Answer):
    """How many leads were changed, and which were not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "updated": 2,
                    "failed": [
                        {"id": _LEAD_IDS[2], "code": "lead_not_found", "message": "There is no such lead."},
                    ],
                }
            ]
        }
    )

    updated: int
    failed: list[BulkFailure]


class DeletionOutcome(Answer):
    """How many leads were deleted, and which were not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deleted": 2, "failed": []}]})

    deleted: int
    failed: list[BulkFailure]
