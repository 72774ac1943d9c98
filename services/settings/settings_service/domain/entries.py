"""The entries of the lists under /lead-settings, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Module = Literal["leads", "opportunities"]
Movement = Literal["free", "sequential"]
LabelList = Literal["sources", "disqualification_reasons", "team_roles"]
FieldType = Literal["text", "number", "date", "datetime", "boolean", "select", "email", "phone", "url"]
OwnerType = Literal["user", "team", "role"]
Strategy = Literal["none", "round_robin", "least_loaded"]
Access = Literal["hidden", "read_only", "editable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every entry has. Each change of it raises ``version`` by one; times are UTC."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Entry):
    """An entry with a name, which is unique in its list without regard to case."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Named):
    """An ordered sales process. Exactly one of each module is the default."""

    module: Module
    is_default: bool
    movement: Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Named):
    """A step of a pipeline. ``position`` runs from 1 without gaps; ``probability`` is in percent."""

    pipeline_id: UUID
    position: int
    color: str
    probability: int
    is_won: bool
    is_lost: bool

    @property
    def is_open(self) -> bool:
        """Whether records at this stage are still being worked on."""
        return not self.is_won and not self.is_lost


@dataclass(frozen=True, slots=True, kw_only=True)
class StageField(Named):
    """A value that must be there before a lead may enter the stage."""

    stage_id: UUID
    label: str
    type: FieldType
    required: bool
    options: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOwnership(Entry):
    """Who owns the leads at a stage; its id is the stage's. ``owner_id`` of a user is a UUID in text."""

    owner_type: OwnerType | None
    owner_id: str | None
    auto_assign: bool
    strategy: Strategy
    member_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldVisibility(Entry):
    """What users see and change of the leads at a stage; its id is the stage's."""

    fields: Mapping[str, Access]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority(Named):
    """How urgent a lead is, the least urgent at position 1. Exactly one is the default."""

    label: str
    color: str
    position: int
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Named):
    """An entry of one of the plain lists."""

    list: LabelList
    label: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRule(Named):
    """Points for the leads that its condition matches. ``value`` is JSON text, in which 1, 1.0 and true differ."""

    category: str
    field: str
    operator: str
    value: str
    points: int
    is_active: bool
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Leads with at least this score are qualified."""

    threshold: int
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDocument:
    """The settings document as it is stored: always whole and valid."""

    document: dict[str, object]
    version: int
    updated_at: datetime
