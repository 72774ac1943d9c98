"""Who works on a lead beside its owner."""

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant

_USER_ID = "018f4e6e-0000-7000-8000-000000000001"


class NewTeamMember(Body):
    """A user who is to work on the lead."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"userId": _USER_ID, "role": "sales_rep"}]})

    user_id: Id
    role: str = Field(description="One of the configured team roles.")


class TeamMember(Answer):
    """A user who works on the lead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "userId": _USER_ID,
                    "role": "sales_rep",
                    "addedBy": "018f4e6e-0000-7000-8000-000000000005",
                    "addedAt": "2025-01-20T10:00:00Z",
                    "leadId": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
                }
            ]
        }
    )

    user_id: Id
    role: str
    added_by: Id
    added_at: Instant
    lead_id: Id
