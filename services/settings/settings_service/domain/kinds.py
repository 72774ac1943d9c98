"""The kinds of lists: which fields of an entry can be changed, to what, and what follows for its neighbours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, get_args

from settings_service.domain.entries import Entry, Label, LabelList, Movement, Pipeline, Priority, Stage
from settings_service.domain.fields import MOST_ENTRIES, Rule, color, flag, name, one_of, whole
from settings_service.domain.settling import one_default, settle_priorities, settle_stages, untouched

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True)
class Kind(Generic[E]):
    """One kind of list. ``not_found`` is the error reason for an entry that is not there."""

    not_found: str
    rules: Mapping[str, Rule]
    settle: Callable[[E, E, Sequence[E]], list[E]]


_POSITION = whole(1, MOST_ENTRIES)

PIPELINES = Kind[Pipeline](
    not_found="PIPELINE_NOT_FOUND",
    rules={"name": name, "movement": one_of(*get_args(Movement)), "is_default": flag},
    settle=one_default,
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
    settle=settle_stages,
)

# The names of priorities and labels are what leads carry, so they stay.
PRIORITIES = Kind[Priority](
    not_found="PRIORITY_NOT_FOUND",
    rules={"label": name, "color": color, "position": _POSITION, "is_default": flag},
    settle=settle_priorities,
)

_LABEL_RULES: Mapping[str, Rule] = {"label": name, "is_active": flag}

LABELS: Mapping[LabelList, Kind[Label]] = {
    "sources": Kind("SOURCE_NOT_FOUND", _LABEL_RULES, untouched),
    "disqualification_reasons": Kind("DISQUALIFICATION_REASON_NOT_FOUND", _LABEL_RULES, untouched),
    "team_roles": Kind("TEAM_ROLE_NOT_FOUND", _LABEL_RULES, untouched),
}
