"""The kinds of lists: what an entry may be, at first and later, and what follows for its neighbours."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args

from kit.errors import FieldViolation
from settings_service.domain import beginnings, keeping
from settings_service.domain.beginnings import Given
from settings_service.domain.entries import (
    Entry,
    FieldType,
    FieldVisibility,
    Label,
    LabelList,
    Module,
    Movement,
    Pipeline,
    Priority,
    ScoringRule,
    Stage,
    StageField,
    StageOwnership,
)
from settings_service.domain.fields import (
    MOST_ENTRIES,
    Rule,
    color,
    flag,
    identifier,
    line,
    name,
    one_of,
    priority_name,
    whole,
)
from settings_service.domain.scoring_rules import MOST_POINTS, faults_of_rule, json_value, known_field, operator
from settings_service.domain.settling import one_default, one_order, settle_priorities, untouched
from settings_service.domain.stage_fields import faults_of_field, key, options
from settings_service.domain.stage_settings import (
    faults_of_ownership,
    members,
    owner_id,
    owner_type,
    strategy,
    visible_fields,
)
from settings_service.domain.stages import faults_of_stage, is_renamed

E = TypeVar("E", bound=Entry)


def no_faults(_before: E | None, _after: E) -> Iterable[FieldViolation]:
    """Each field stands alone."""
    return ()


def never(_before: E | None, _after: E | None) -> bool:
    """No score depends on it."""
    return False


def always(_before: E | None, _after: E | None) -> bool:
    """Scores depend on it."""
    return True


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[E]):
    """One kind of list. ``not_found`` is the error reason for an entry that is not there.

    ``rules`` are of the fields that can be changed, ``fixed`` of those that are given once; ``required`` must be
    given, and ``begin`` says what the others are where nothing is said. ``faults`` finds what does not fit together,
    ``settle`` and ``keep`` say what follows for the neighbours and what must stay, ``scores`` whether leads may
    have other scores then.
    """

    not_found: str
    rules: Mapping[str, Rule]
    fixed: Mapping[str, Rule] = field(default_factory=dict)
    required: Sequence[str] = ("name",)
    begin: Callable[[Given], dict[str, Any]] = beginnings.as_given
    faults: Callable[[E | None, E], Iterable[FieldViolation]] = no_faults
    settle: Callable[[E | None, E | None, Sequence[E]], list[E]] = untouched
    keep: Callable[[E, E | None, Sequence[E]], None] = keeping.nothing
    scores: Callable[[E | None, E | None], bool] = never


_POSITION = whole(1, MOST_ENTRIES)

PIPELINES = Kind[Pipeline](
    not_found="PIPELINE_NOT_FOUND",
    rules={"name": name, "movement": one_of(*get_args(Movement)), "is_default": flag},
    fixed={"module": one_of(*get_args(Module))},
    begin=beginnings.first_pipeline,
    settle=one_default,
    keep=keeping.keep_pipelines,
)

STAGES = Kind[Stage](
    not_found="STAGE_NOT_FOUND",
    rules={
        "name": name,
        "position": _POSITION,
        "color": color,
        "probability": whole(0, 100),
        "is_won": flag,
        "is_lost": flag,
    },
    fixed={"pipeline_id": identifier},
    required=("pipeline_id", "name"),
    begin=beginnings.first_stage,
    faults=faults_of_stage,
    settle=one_order,
    keep=keeping.keep_open_stage,
    scores=is_renamed,
)

STAGE_FIELDS = Kind[StageField](
    not_found="STAGE_FIELD_NOT_FOUND",
    rules={
        "name": key,
        "label": name,
        "type": one_of(*get_args(FieldType)),
        "required": flag,
        "options": options,
        "position": _POSITION,
    },
    fixed={"stage_id": identifier},
    required=("stage_id", "name"),
    begin=beginnings.first_field,
    faults=faults_of_field,
    settle=one_order,
)

# Ownership and visibility are there as soon as their stage is.
STAGE_OWNERSHIP = Kind[StageOwnership](
    not_found="STAGE_NOT_FOUND",
    rules={
        "owner_type": owner_type,
        "owner_id": owner_id,
        "auto_assign": flag,
        "strategy": strategy,
        "member_ids": members,
    },
    begin=beginnings.first_ownership,
    faults=faults_of_ownership,
)

FIELD_VISIBILITY = Kind[FieldVisibility](
    not_found="STAGE_NOT_FOUND", rules={"fields": visible_fields}, begin=beginnings.first_visibility
)

# The names of priorities and labels are what leads carry, so they stay.
PRIORITIES = Kind[Priority](
    not_found="PRIORITY_NOT_FOUND",
    rules={"label": name, "color": color, "position": _POSITION, "is_default": flag},
    fixed={"name": priority_name},
    begin=beginnings.first_priority,
    settle=settle_priorities,
    keep=keeping.keep_default,
)


def _labels(list_: LabelList, not_found: str) -> Kind[Label]:
    return Kind(
        not_found=not_found,
        rules={"label": name, "is_active": flag},
        fixed={"name": name},
        begin=beginnings.first_label(list_),
    )


LABELS: Mapping[LabelList, Kind[Label]] = {
    "sources": _labels("sources", "SOURCE_NOT_FOUND"),
    "disqualification_reasons": _labels("disqualification_reasons", "DISQUALIFICATION_REASON_NOT_FOUND"),
    "team_roles": _labels("team_roles", "TEAM_ROLE_NOT_FOUND"),
}

SCORING_RULES = Kind[ScoringRule](
    not_found="SCORING_RULE_NOT_FOUND",
    rules={
        "name": name,
        "category": line,
        "field": known_field,
        "operator": operator,
        "value": json_value,
        "points": whole(-MOST_POINTS, MOST_POINTS),
        "is_active": flag,
        "position": _POSITION,
    },
    required=("name", "field", "operator"),
    begin=beginnings.first_rule,
    faults=faults_of_rule,
    settle=one_order,
    scores=always,
)
