"""What happened around a lead: activities, notes, history, and who held it at which stage."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, JsonObject


class NewActivity(Body):
    """What a person did for a lead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "call",
                    "direction": "outbound",
                    "subject": "First call",
                    "body": "Asked for an offer.",
                    "occurredAt": "2025-01-20T11:30:00Z",
                }
            ]
        }
    )

    type: str = Field(description="call, email, meeting or message.")
    direction: str = Field(description="inbound or outbound; an outbound one may be the lead's first response.")
    subject: str | None = None
    body: str | None = None
    occurred_at: Instant | None = Field(None, description="Not in the future; now where it is not given.")


class NewNote(Body):
    """A note on a lead."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content": "Prefers to be called in the morning."}]})

    content: str = Field(description="1 to 20,000 characters.")


class Activity(Answer):
    """Something that happened: by people, by the SLA clock or by a conversion."""

    id: Id
    lead_id: Id
    type: str
    title: str
    description: str | None
    metadata: JsonObject
    performed_by: Id | None = Field(description="Null where the clock or a workflow did it.")
    direction: str | None
    occurred_at: Instant
    created_at: Instant


class Note(Answer):
    """A note."""

    id: Id
    lead_id: Id
    content: str
    created_by: Id
    created_at: Instant


class HistoryEntry(Answer):
    """One changed field of a lead."""

    id: Id
    lead_id: Id
    field: str
    old_value: Any
    new_value: Any
    old_label: str | None = Field(description="What people read for an id, as it was then.")
    new_label: str | None
    changed_by: Id | None = Field(description="Null where a workflow did it.")
    changed_at: Instant
    change_id: Id = Field(description="The same for all that changed together.")
    origin: Literal["single", "bulk", "import", "workflow"] = Field(
        description="How the change came; workflow where no person made it."
    )


class StageAssignment(Answer):
    """A time during which stage and owner of a lead stayed the same."""

    id: Id
    lead_id: Id
    stage_id: Id
    stage_name: str = Field(description="As it was then.")
    assigned_to: Id | None = Field(description="Null where nobody held it.")
    started_at: Instant
    ended_at: Instant | None = Field(description="Null where it goes on.")
