"""Deleting what records may use: what takes its records, and how it goes."""

from typing import Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Query
from gateway.schemas.settings import Module
from gateway.schemas.types import Id, Instant


class MoveQuery(Query):
    """What takes the records."""

    move_to: Id | None = Field(None, description="What takes the records that use it. Without it there must be none.")


class ReplaceQuery(Query):
    """What the records carry instead."""

    replace_with: Id | None = Field(
        None, description="The entry that its records get instead. Without it there must be none."
    )


class Retirement(Answer):
    """The deletion of something that records may use: nothing enters it any more, and its records are moved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "018f4e6e-0000-7000-8000-000000000012",
                    "kind": "stage",
                    "entryId": "018f4e6e-0000-7000-8000-000000000003",
                    "name": "Contacted",
                    "module": "leads",
                    "targetId": "018f4e6e-0000-7000-8000-000000000004",
                    "targetName": "Qualified",
                    "state": "running",
                    "total": 12000,
                    "moved": 5000,
                    "failureReason": None,
                    "failureMessage": None,
                    "requestedBy": "018f4e6e-0000-7000-8000-000000000001",
                    "startedAt": "2025-01-20T10:00:00Z",
                    "endedAt": None,
                }
            ]
        }
    )

    id: Id
    kind: Literal["pipeline", "stage", "priority", "source", "disqualification_reason", "team_role"]
    entry_id: Id
    name: str = Field(description="As it was when the deletion was asked for.")
    module: Module | None = Field(description="Of a pipeline or stage.")
    target_id: Id | None
    target_name: str | None
    state: Literal["running", "completed", "failed"]
    total: int = Field(description="Records that used it, as far as they have been counted.")
    moved: int
    failure_reason: str | None = Field(description="A problem code, where it failed and everything is as it was.")
    failure_message: str | None
    requested_by: Id
    started_at: Instant
    ended_at: Instant | None
