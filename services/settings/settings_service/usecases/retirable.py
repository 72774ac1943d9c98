"""What is not deleted at once, because records may use it, and what can take the records instead."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from kit.db.database import Writing
from settings_service.domain.entries import Entry, Label, LabelList, Module, Named, Pipeline, Priority, Stage
from settings_service.domain.retirements import RetirementKind
from settings_service.store import entries
from settings_service.usecases.entry_lists import LABELS, PIPELINES, PRIORITIES, STAGES, EntryList
from settings_service.usecases.lists import staying_of

E = TypeVar("E", bound=Named)


class Obstacle(NamedTuple):
    """Why an entry cannot take records: a reason and a sentence."""

    reason: str
    sentence: str


async def _no_module(_tx: Writing, _entry: Entry) -> Module | None:
    return None


async def _module_of_pipeline(_tx: Writing, pipeline: Pipeline) -> Module | None:
    return pipeline.module


async def _module_of_stage(tx: Writing, stage: Stage) -> Module | None:
    pipeline = await entries.PIPELINES.find(tx, stage.pipeline_id)
    return pipeline.module if pipeline else None


async def _no_parts(_tx: Writing, _entry: Entry) -> Sequence[UUID]:
    return ()


async def _stages_of_pipeline(tx: Writing, pipeline: Pipeline) -> Sequence[UUID]:
    return [stage.id for stage in await entries.stages_of(pipeline_id=pipeline.id).all(tx)]


async def _takes_anything(_tx: Writing, _entry: Entry) -> Obstacle | None:
    return None


async def _has_a_stage(tx: Writing, pipeline: Pipeline) -> Obstacle | None:
    stages = await entries.stages_of(pipeline_id=pipeline.id).all(tx)
    if await staying_of(tx, stages):
        return None
    return Obstacle("NO_STAGE", "It has no stage that could take records.")


async def _is_in_use(_tx: Writing, label: Label) -> Obstacle | None:
    return None if label.is_active else Obstacle("INACTIVE", "It is inactive: nothing can get it.")


@dataclass(frozen=True)
class Retirable(Generic[E]):
    """A list whose entries records may use. ``target_field`` names what takes the records, for callers.

    ``module`` is what kind of records they are, ``parts`` what goes with an entry, ``obstacle`` why one cannot take
    records.
    """

    kind: RetirementKind
    list: EntryList[E]
    target_field: str = "replaceWith"
    module: Callable[[Writing, E], Awaitable[Module | None]] = _no_module
    parts: Callable[[Writing, E], Awaitable[Sequence[UUID]]] = _no_parts
    obstacle: Callable[[Writing, E], Awaitable[Obstacle | None]] = _takes_anything


RETIRABLE_PIPELINES = Retirable[Pipeline](
    "pipeline", PIPELINES, "moveTo", _module_of_pipeline, _stages_of_pipeline, _has_a_stage
)
RETIRABLE_STAGES = Retirable[Stage]("stage", STAGES, "moveTo", _module_of_stage)
RETIRABLE_PRIORITIES = Retirable[Priority]("priority", PRIORITIES)
RETIRABLE_LABELS: Mapping[LabelList, Retirable[Label]] = {
    "sources": Retirable("source", LABELS["sources"], obstacle=_is_in_use),
    "disqualification_reasons": Retirable(
        "disqualification_reason", LABELS["disqualification_reasons"], obstacle=_is_in_use
    ),
    "team_roles": Retirable("team_role", LABELS["team_roles"], obstacle=_is_in_use),
}
_ALL: Sequence[Retirable[Any]] = (
    RETIRABLE_PIPELINES,
    RETIRABLE_STAGES,
    RETIRABLE_PRIORITIES,
    *RETIRABLE_LABELS.values(),
)
RETIRABLE: Mapping[RetirementKind, Retirable[Any]] = {each.kind: each for each in _ALL}
