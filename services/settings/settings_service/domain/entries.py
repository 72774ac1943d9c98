"""The entries of the lists under /lead-settings, as plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Module = Literal["leads", "opportunities"]
Movement = Literal["free", "sequential"]
LabelList = Literal["sources", "disqualification_reasons", "team_roles"]
FieldType = Literal["text", "number", "date", "datetime", "boolean", "select", "email", "phone", "url"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every entry has. Each change of it raises ``version`` by one; times are UTC."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Entry):
    """An ordered sales process. Exactly one of each module is the default."""

    name: str
    module: Module
    is_default: bool
    movement: Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Entry):
    """A step of a pipeline. ``position`` runs from 1 without gaps; ``probability`` is in percent."""

    pipeline_id: UUID
    name: str
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
class StageField(Entry):
    """A value that must be there before a lead may enter the stage."""

    stage_id: UUID
    name: str
    label: str
    type: FieldType
    required: bool
    options: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority(Entry):
    """How urgent a lead is, the least urgent at position 1. Exactly one is the default."""

    name: str
    label: str
    color: str
    position: int
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Entry):
    """An entry of one of the plain lists."""

    list: LabelList
    name: str
    label: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRule(Entry):
    """Points for the leads that its condition matches. ``value`` is any JSON value."""

    name: str
    category: str
    field: str
    operator: str
    value: object
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
