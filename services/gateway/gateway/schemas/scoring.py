"""Scoring rules, and scoring all open leads anew."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, Int32, JsonValue

Operator = Literal[
    "equals",
    "not_equals",
    "contains",
    "not_contains",
    "starts_with",
    "in",
    "not_in",
    "contains_any",
    "is_empty",
    "is_not_empty",
    "greater_than",
    "less_than",
    "greater_or_equal",
    "less_or_equal",
    "older_than_days",
]

_RULE: dict[str, Any] = {
    "name": "Worth a call",
    "category": "value",
    "field": "estimatedValue",
    "operator": "greater_or_equal",
    "value": 50000,
    "points": 40,
}
_FIELD = "A lead field, or `customFields.<key>`."
_VALUE = "Any JSON value that the operator can compare with."


class NewScoringRule(Body):
    """Points for the leads that a condition matches."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RULE]})

    name: str
    category: str | None = None
    field: str = Field(description=_FIELD)
    operator: Operator
    value: JsonValue = Field(default_factory=str, description=f"{_VALUE} Null where it is not given.")
    points: Int32
    is_active: bool | None = Field(None, description="True where it is not given.")
    position: Int32 | None = Field(None, description="The last where it is not given.")


# As in the other settings: a default stands for "left out".
class ScoringRuleChanges(Body):
    """The fields to change; null clears the category, and is a value of its own for `value`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"points": 25, "isActive": False}]})

    name: str = Field(default_factory=str)
    category: str | None = None
    field: str = Field(default_factory=str, description=_FIELD)
    operator: Operator = Field(default_factory=lambda: "equals")
    value: JsonValue = Field(default_factory=str, description=_VALUE)
    points: Int32 = Field(default_factory=int)
    is_active: bool = Field(default_factory=bool)
    position: Int32 = Field(default_factory=int, description="Shifts the other rules.")


class ScoringRule(Answer):
    """Points for the leads that a condition matches."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "018f4e6e-0000-7000-8000-000000000011",
                    **_RULE,
                    "isActive": True,
                    "position": 1,
                    "version": 1,
                    "createdAt": "2025-01-20T10:00:00Z",
                    "updatedAt": "2025-01-20T10:00:00Z",
                }
            ]
        }
    )

    id: Id
    name: str
    category: str | None
    field: str
    operator: Operator
    value: Any
    points: int
    is_active: bool
    position: int
    version: int
    created_at: Instant
    updated_at: Instant


class Rescore(Answer):
    """How far scoring all open leads anew is. It begins by itself when rules, threshold or highest score change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "running",
                    "processed": 20000,
                    "total": 100000,
                    "changed": 1234,
                    "requestedAt": "2025-01-20T10:00:00Z",
                    "startedAt": "2025-01-20T10:00:02Z",
                    "endedAt": None,
                }
            ]
        }
    )

    state: Literal["none", "requested", "running", "completed"]
    processed: int
    total: int = Field(description="Open leads when it began.")
    changed: int = Field(description="Leads whose score, breakdown or qualification became another one.")
    requested_at: Instant | None
    started_at: Instant | None
    ended_at: Instant | None
