"""Lead settings: pipelines, stages, lists, threshold and the settings document."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from gateway.schemas.base import Answer, Body, Query
from gateway.schemas.types import Id, Instant, Int32

Module = Literal["leads", "opportunities"]
Movement = Literal["free", "sequential"]

_DOCUMENT: dict[str, Any] = {
    "general": {"defaultRegion": "US", "currency": "USD"},
    "sla": {
        "policies": [
            {
                "name": "Standard Response",
                "isDefault": True,
                "match": [],
                "responseMinutes": {"*": 240},
                "businessHours": None,
                "pauseAtStages": [],
            }
        ],
        "atRiskAfterPercent": 60,
        "firstResponseOn": ["activity", "note", "stage_change"],
        "escalations": [],
    },
    "scoring": {"maxScore": 100},
    "duplicateDetection": {"onCreate": "allow"},
    "conversion": {
        "requiredFields": ["estimatedValue"],
        "fieldMap": [],
        "undoHours": 72,
        "requireQualified": False,
    },
}

_PIPELINE_ID = "018f4e6e-0000-7000-8000-000000000002"
_SECTION: dict[str, Any] = {"type": "object", "additionalProperties": True}


class PipelineQuery(Query):
    """Which pipelines."""

    module: Module | None = None


class StageQuery(PipelineQuery):
    """Which stages."""

    pipeline_id: Id | None = None


class NewPipeline(Body):
    """A new pipeline, without stages. Made the default, it takes that from the other one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Partners", "movement": "sequential"}]})

    name: str
    module: Module | None = Field(None, description="leads where it is not given.")
    movement: Movement | None = Field(None, description="free where it is not given.")
    is_default: bool | None = None


class NewStage(Body):
    """A new stage, at the end or at a position, which shifts the others."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pipelineId": _PIPELINE_ID, "name": "Demo", "position": 3, "probability": 40}]}
    )

    pipeline_id: Id
    name: str
    position: Int32 | None = Field(None, description="The last where it is not given.")
    color: str | None = Field(None, description="#rrggbb")
    probability: Int32 | None = Field(None, description="Percent, 0 to 100.")
    is_won: bool | None = None
    is_lost: bool | None = None


class NewPriority(Body):
    """A new priority, as the most urgent or at a position, which shifts the others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "urgent", "label": "Urgent"}]})

    name: str = Field(description="What leads carry; it stays.")
    label: str | None = Field(None, description="What people read; the name where it is not given.")
    color: str | None = Field(None, description="#rrggbb")
    position: Int32 | None = Field(None, description="The last, which is the most urgent, where it is not given.")
    is_default: bool | None = None


class NewLabel(Body):
    """A new entry of a plain list."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "trade_fair", "label": "Trade fair"}]})

    name: str = Field(description="What leads carry; it stays.")
    label: str | None = Field(None, description="What people read; the name where it is not given.")
    is_active: bool | None = Field(None, description="True where it is not given.")


# A change leaves a field out or gives it a value: these cannot be cleared, so that null is of the wrong type.
# The default stands for "left out" and is never sent on.
class PipelineChanges(Body):
    """The fields to change. Making a pipeline the default takes that from the other one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Inbound", "movement": "sequential"}]})

    name: str = Field(default_factory=str)
    movement: Movement = Field(default_factory=lambda: "free")
    is_default: bool = Field(default_factory=bool)


class StageChanges(Body):
    """The fields to change. A new position shifts the other stages."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Contacted", "color": "#2e86de"}]})

    name: str = Field(default_factory=str)
    position: Int32 = Field(default_factory=int)
    color: str = Field(default_factory=str, description="#rrggbb")
    probability: Int32 = Field(default_factory=int, description="Percent, 0 to 100.")
    is_won: bool = Field(default_factory=bool)
    is_lost: bool = Field(default_factory=bool)


class PriorityChanges(Body):
    """The fields to change. A name is what leads carry: it stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Urgent", "color": "#c0392b"}]})

    label: str = Field(default_factory=str)
    color: str = Field(default_factory=str, description="#rrggbb")
    position: Int32 = Field(default_factory=int)
    is_default: bool = Field(default_factory=bool)


class LabelChanges(Body):
    """The fields to change. A name is what leads carry: it stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Cold call", "isActive": False}]})

    label: str = Field(default_factory=str)
    is_active: bool = Field(default_factory=bool)


class ThresholdChange(Body):
    """The score from which a lead is qualified."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"threshold": 60}]})

    threshold: Int32


class Pipeline(Answer):
    """An ordered sales process."""

    id: Id
    name: str
    module: Module
    is_default: bool
    movement: Movement
    version: int
    created_at: Instant
    updated_at: Instant


class Stage(Answer):
    """A step of a pipeline."""

    id: Id
    pipeline_id: Id
    name: str
    position: int
    color: str
    probability: int
    is_won: bool
    is_lost: bool
    version: int
    created_at: Instant
    updated_at: Instant


class Priority(Answer):
    """How urgent a lead is."""

    id: Id
    name: str
    label: str
    color: str
    position: int
    is_default: bool
    version: int
    created_at: Instant
    updated_at: Instant


class Label(Answer):
    """An entry of a plain list."""

    id: Id
    name: str
    label: str
    is_active: bool
    version: int
    created_at: Instant
    updated_at: Instant


class Threshold(Answer):
    """The score from which a lead is qualified."""

    threshold: int
    version: int
    updated_at: Instant


class SettingsDocument(Answer):
    """All lead settings, by section."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{**_DOCUMENT, "version": 1, "updatedAt": "2025-01-20T10:00:00Z"}]},
    )

    general: dict[str, Any]
    sla: dict[str, Any]
    scoring: dict[str, Any]
    duplicate_detection: dict[str, Any]
    conversion: dict[str, Any]
    version: int
    updated_at: Instant


# The settings service knows and checks the document; the gateway passes it on as it came.
SettingsChanges = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "title": "SettingsChanges",
            "type": "object",
            "description": "The sections to change. They are merged key by key; a list is replaced as a whole.",
            "properties": dict.fromkeys(_DOCUMENT, _SECTION),
            "examples": [{"sla": {"atRiskAfterPercent": 75}}],
        }
    ),
]
