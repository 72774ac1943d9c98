"""What a stage asks for, who owns its leads, what is seen of them, and the order of stages."""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, Int32

FieldType = Literal["text", "number", "date", "datetime", "boolean", "select", "email", "phone", "url"]
OwnerType = Literal["user", "team", "role"]
Strategy = Literal["none", "round_robin", "least_loaded"]
Access = Literal["hidden", "read_only", "editable"]

_STAGE_ID = "018f4e6e-0000-7000-8000-000000000003"
_OTHER_STAGE_ID = "018f4e6e-0000-7000-8000-000000000004"
_MEMBER_IDS: list[Any] = ["018f4e6e-0000-7000-8000-000000000001", "018f4e6e-0000-7000-8000-000000000005"]
_INSTANT = "2025-01-20T10:00:00Z"
_MOST_STAGES = 1_000


class StagePlace(Body):
    """Where a stage is to stand."""

    id: Id
    position: Int32 = Field(description="Only its order among the others counts.")


def _distinct(places: list[StagePlace]) -> list[StagePlace]:
    ((position, times),) = Counter(place.position for place in places).most_common(1)
    if times > 1:
        raise PydanticCustomError(
            "given_twice",
            "Each stage needs a position of its own, and {position} stands {times} times.",
            {"position": position, "times": times},
        )
    return places


Places = Annotated[list[StagePlace], Field(min_length=1, max_length=_MOST_STAGES), AfterValidator(_distinct)]
StageIds = Annotated[list[Id], Field(min_length=1, max_length=_MOST_STAGES)]


class StageOrder(Body):
    """All stages of one pipeline in their new order: exactly one of the two forms."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"stages": [{"id": _STAGE_ID, "position": 2}, {"id": _OTHER_STAGE_ID, "position": 1}]},
                {"orderedIds": [_OTHER_STAGE_ID, _STAGE_ID]},
            ]
        }
    )

    stages: Places | None = Field(None, description="Each stage with a position of its own.")
    ordered_ids: StageIds | None = Field(None, description="The first one first.")


class NewStageField(Body):
    """A value that a stage asks for. One that is named like a lead field is that field, and has its type."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "amount", "label": "Amount", "type": "number", "required": True},
                {"name": "budget", "type": "select", "options": ["open", "approved"]},
            ]
        }
    )

    name: str = Field(description="1 to 100 letters, digits, `_` and `-`, unique in the stage.")
    label: str | None = Field(None, description="What people read; the name where it is not given.")
    type: FieldType | None = Field(None, description="Text where it is not given.")
    required: bool | None = Field(None, description="True where it is not given.")
    options: list[str] | None = Field(None, description="What a select offers.")
    position: Int32 | None = Field(None, description="The last where it is not given.")


# As in the other settings: these cannot be cleared, and a default stands for "left out".
class StageFieldChanges(Body):
    """The fields to change. A new position shifts the other fields of the stage."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Amount", "required": False}]})

    name: str = Field(default_factory=str)
    label: str = Field(default_factory=str)
    type: FieldType = Field(default_factory=lambda: "text")
    required: bool = Field(default_factory=bool)
    options: list[str] = Field(default_factory=list)
    position: Int32 = Field(default_factory=int)


class OwnershipChanges(Body):
    """The fields to change; null clears owner and members. Applies to leads that enter the stage from then on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"autoAssign": True, "strategy": "round_robin", "memberIds": _MEMBER_IDS}],
        }
    )

    owner_type: OwnerType | None = None
    owner_id: str | None = Field(None, description="A user's id, or what the tokens' issuer calls the team or role.")
    auto_assign: bool = Field(default_factory=bool, description="Whether a lead that enters the stage is assigned.")
    strategy: Strategy = Field(
        default_factory=lambda: "none", description="none: to the owner, where that is a user; else among the members."
    )
    member_ids: list[Id] | None = Field(None, description="Users, in the order of their turns.")


class VisibilityChange(Body):
    """What users who are no administrators see and change of the leads at the stage. Replaces what was there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"fields": {"estimatedValue": "read_only", "customFields.utm_source": "hidden"}}],
        }
    )

    fields: dict[str, Access] = Field(
        description="By a lead field's name, `customFields.<key>` or `stageFieldValues.<name>`."
    )


class StageField(Answer):
    """A value that must be there, where it is required, before a lead may enter the stage."""

    id: Id
    stage_id: Id
    name: str
    label: str
    type: FieldType
    required: bool
    options: list[str] = Field(description="Of a select; else empty.")
    position: int
    version: int
    created_at: Instant
    updated_at: Instant


class StageOwnership(Answer):
    """Who owns the leads at a stage."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "stageId": _STAGE_ID,
                    "ownerType": "team",
                    "ownerId": "inbound",
                    "autoAssign": True,
                    "strategy": "round_robin",
                    "memberIds": _MEMBER_IDS,
                    "version": 2,
                    "updatedAt": _INSTANT,
                }
            ]
        }
    )

    stage_id: Id
    owner_type: OwnerType | None
    owner_id: str | None
    auto_assign: bool
    strategy: Strategy
    member_ids: list[Id]
    version: int
    updated_at: Instant


class FieldVisibility(Answer):
    """What users who are no administrators see and change of the leads at a stage."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "stageId": _STAGE_ID,
                    "fields": {"estimatedValue": "read_only"},
                    "version": 2,
                    "updatedAt": _INSTANT,
                }
            ]
        }
    )

    stage_id: Id
    fields: dict[str, Access]
    version: int
    updated_at: Instant
