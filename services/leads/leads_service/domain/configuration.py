"""The configuration as the leads service works by it: one snapshot with its look-ups, never changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.conditions import Condition

LEADS = "leads"
OPPORTUNITIES = "opportunities"
ANY_PRIORITY = "*"
# What a field stands for besides itself.
_FOLLOWING = {"phone": ("phoneE164",), "score": ("scoreBreakdown", "qualified")}
FIELD_TYPES = frozenset({"text", "number", "date", "datetime", "boolean", "select", "email", "phone", "url"})


@dataclass(frozen=True, slots=True)
class Pipeline:
    """An ordered process. ``movement`` is free or sequential."""

    id: UUID
    name: str
    module: str
    is_default: bool = False
    movement: str = "free"


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a pipeline; positions count from 1."""

    id: UUID
    pipeline_id: UUID
    name: str
    position: int
    is_won: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class StageField:
    """A value that must be there before a lead may enter the stage.

    Raises:
        ValueError: a type that this version of the service does not know.
    """

    stage_id: UUID
    name: str
    label: str
    type: str
    required: bool
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a field whose values could not be checked."""
        if self.type not in FIELD_TYPES:
            message = f"stage field {self.name}: unknown type {self.type}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class StageOwnership:
    """Who gets the leads that enter a stage. ``strategy`` is none, round_robin or least_loaded."""

    stage_id: UUID
    owner_type: str | None = None
    owner_id: str | None = None
    auto_assign: bool = False
    strategy: str = "none"
    member_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldVisibility:
    """What users who are no administrators see and change of the leads at a stage.

    The names are REST names of lead fields, ``customFields.<key>`` or ``stageFieldValues.<name>``. What follows from
    a hidden field is hidden, too.
    """

    stage_id: UUID
    hidden: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Add what follows from hidden fields."""
        following = {name for field, names in _FOLLOWING.items() if field in self.hidden for name in names}
        object.__setattr__(self, "hidden", self.hidden | following)

    def restricts(self, name: str) -> bool:
        """Whether a write to the field is refused."""
        return name in self.hidden or name in self.read_only


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The deletion of an entry that leads may use. ``kind`` is a value of ``Retiring``; nothing enters the entry."""

    id: UUID
    kind: str
    entry_id: UUID
    name: str
    module: str | None = None
    target_id: UUID | None = None
    target_name: str | None = None


class Retiring(StrEnum):
    """What can be retired."""

    PIPELINE = "pipeline"
    STAGE = "stage"
    PRIORITY = "priority"
    SOURCE = "source"
    DISQUALIFICATION_REASON = "disqualification_reason"
    TEAM_ROLE = "team_role"


@dataclass(frozen=True, slots=True)
class Priority:
    """How urgent; positions count from 1, the least urgent first."""

    name: str
    label: str
    position: int
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class ScoringRule:
    """Points for the leads that the condition matches."""

    id: UUID
    name: str
    condition: Condition
    points: int


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """How fast a lead must get its first response: business minutes for each priority, ``*`` for the others."""

    name: str
    is_default: bool
    match: tuple[Condition, ...]
    response_minutes: dict[str, Decimal]
    business_hours: BusinessHours | None = None
    # Stages at which the clock stands still, and the calendar as the settings document has it.
    pause_at_stages: frozenset[UUID] = frozenset()
    calendar: Mapping[str, Any] | None = None

    def minutes_for(self, priority: str) -> Decimal | None:
        """The response window for a priority, in business minutes; None when the policy has none for it."""
        return self.response_minutes.get(priority, self.response_minutes.get(ANY_PRIORITY))


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """What happens so many business minutes after an unmet deadline."""

    after_minutes: Decimal
    assign_to: UUID | None = None


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where a lead's field goes at a conversion. ``source`` is a REST name, ``target`` one of ``record``."""

    source: str
    record: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings document."""

    default_region: str = "US"
    currency: str = "USD"
    policies: tuple[SlaPolicy, ...] = ()
    at_risk_after_percent: Decimal = Decimal(60)
    first_response_on: frozenset[str] = frozenset({"activity", "note", "stage_change"})
    escalations: tuple[EscalationRule, ...] = ()
    max_score: int = 100
    block_duplicates: bool = False
    conversion_required_fields: tuple[str, ...] = ("estimatedValue",)
    conversion_requires_qualified: bool = False
    conversion_field_map: tuple[FieldRule, ...] = ()
    conversion_undo_hours: int = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that the settings service says, at one revision."""

    revision: int
    pipelines: Sequence[Pipeline]
    stages: Sequence[Stage]
    stage_fields: Sequence[StageField]
    priorities: Sequence[Priority]
    # Of the plain lists, the active ones.
    sources: Sequence[str]
    disqualification_reasons: Sequence[str] = ()
    team_roles: Sequence[str] = ()
    ownership: Mapping[UUID, StageOwnership] = field(default_factory=dict)
    visibility: Mapping[UUID, FieldVisibility] = field(default_factory=dict)
    retirements: Sequence[Retirement] = ()
    # What is closed although this configuration does not say so: kind and entry, and by which retirement.
    closed: Mapping[tuple[str, str], UUID] = field(default_factory=dict)
    # The revision by which scores may have become other ones.
    scoring_revision: int = 0
    scoring_rules: Sequence[ScoringRule]
    threshold: int
    settings: Settings
    _pipelines: dict[UUID, Pipeline] = field(init=False, repr=False, compare=False)
    _stages: dict[UUID, Stage] = field(init=False, repr=False, compare=False)
    _stages_of: dict[UUID, list[Stage]] = field(init=False, repr=False, compare=False)
    _fields_of: dict[UUID, list[StageField]] = field(init=False, repr=False, compare=False)
    _closed: dict[tuple[str, str], UUID] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the look-ups once, since every write of a lead needs them."""
        stages_of: dict[UUID, list[Stage]] = {pipeline.id: [] for pipeline in self.pipelines}
        for stage in sorted(self.stages, key=lambda stage: stage.position):
            stages_of.setdefault(stage.pipeline_id, []).append(stage)
        fields_of: dict[UUID, list[StageField]] = {}
        for stage_field in self.stage_fields:
            fields_of.setdefault(stage_field.stage_id, []).append(stage_field)
        object.__setattr__(self, "_pipelines", {pipeline.id: pipeline for pipeline in self.pipelines})
        object.__setattr__(self, "_stages", {stage.id: stage for stage in self.stages})
        object.__setattr__(self, "_stages_of", stages_of)
        object.__setattr__(self, "_fields_of", fields_of)
        object.__setattr__(self, "_closed", {**self.closed, **dict(self._retiring(stages_of))})

    def _retiring(self, stages_of: Mapping[UUID, Sequence[Stage]]) -> Iterator[tuple[tuple[str, str], UUID]]:
        for each in self.retirements:
            by_id = each.kind in {Retiring.PIPELINE, Retiring.STAGE}
            yield (each.kind, str(each.entry_id) if by_id else each.name), each.id
            for stage in stages_of.get(each.entry_id, ()):
                yield (Retiring.STAGE, str(stage.id)), each.id

    def retirement_of(self, kind: str, entry: UUID | str) -> UUID | None:
        """The retirement that keeps everything out of an entry: a stage or pipeline by id, another one by name."""
        return self._closed.get((kind, str(entry))) if self._closed else None

    def pipeline(self, pipeline_id: UUID) -> Pipeline | None:
        """The pipeline of this id."""
        return self._pipelines.get(pipeline_id)

    def stage(self, stage_id: UUID) -> Stage | None:
        """The stage of this id."""
        return self._stages.get(stage_id)

    def stage_name(self, stage_id: UUID) -> str:
        """The stage's name, empty for one that is gone."""
        stage = self._stages.get(stage_id)
        return stage.name if stage else ""

    def stages_of(self, pipeline_id: UUID) -> Sequence[Stage]:
        """The pipeline's stages by position."""
        return self._stages_of.get(pipeline_id, ())

    def enterable_stages(self, pipeline_id: UUID) -> Sequence[Stage]:
        """The pipeline's stages by position, without those that are retiring."""
        stages = self.stages_of(pipeline_id)
        return [stage for stage in stages if not self.retirement_of(Retiring.STAGE, stage.id)]

    def fields_of(self, stage_id: UUID) -> Sequence[StageField]:
        """What the stage asks for."""
        return self._fields_of.get(stage_id, ())

    def default_pipeline(self, module: str) -> Pipeline:
        """The module's default pipeline; there is always one.

        Raises:
            ValueError: the configuration has none.
        """
        for pipeline in self.pipelines:
            if pipeline.module == module and pipeline.is_default:
                return pipeline
        message = f"no default pipeline for {module}"
        raise ValueError(message)

    def default_priority(self) -> Priority:
        """The default priority; there is always one. Another one stands in for one that is retiring.

        Raises:
            ValueError: the configuration has none.
        """
        default = next((priority for priority in self.priorities if priority.is_default), None)
        if default is None:
            message = "no default priority"
            raise ValueError(message)
        choices = (default, *self.priorities)
        return next((each for each in choices if not self.retirement_of(Retiring.PRIORITY, each.name)), default)

    def won_stage(self, pipeline_id: UUID) -> Stage | None:
        """Where the pipeline's converted leads go."""
        return next((stage for stage in self.enterable_stages(pipeline_id) if stage.is_won), None)

    def lost_stage(self, pipeline_id: UUID) -> Stage | None:
        """Where the pipeline's disqualified leads go."""
        return next((stage for stage in self.enterable_stages(pipeline_id) if stage.is_lost), None)
