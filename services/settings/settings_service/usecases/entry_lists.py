"""The lists whose entries can be changed: their rules, where they are stored, and what their entries are part of."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from kit.db.database import Writing
from kit.errors import invalid_field
from settings_service.domain import kinds
from settings_service.domain.document.mentions import policies_without_minutes
from settings_service.domain.entries import (
    Entry,
    FieldVisibility,
    Label,
    LabelList,
    Pipeline,
    Priority,
    ScoringRule,
    Stage,
    StageField,
    StageOwnership,
)
from settings_service.domain.kinds import Kind
from settings_service.store import entries
from settings_service.store.entries import Entries
from settings_service.store.singles import read_document
from settings_service.usecases.missing import missing

E = TypeVar("E", bound=Entry)
# The entry and what it is part of: while one of these is being deleted, the entry is not changed.
Line = Callable[[Writing, E], Awaitable[Sequence[UUID]]]


async def _alone(_tx: Writing, entry: Entry) -> Sequence[UUID]:
    return (entry.id,)


async def _line_of_stage(tx: Writing, stage: Stage) -> Sequence[UUID]:
    if await entries.PIPELINES.find(tx, stage.pipeline_id) is None:
        raise invalid_field("pipelineId", "NOT_CONFIGURED", "There is no such pipeline.")
    return stage.id, stage.pipeline_id


async def _line_of_field(tx: Writing, field: StageField) -> Sequence[UUID]:
    return await _line_of_lead_stage(tx, field.stage_id)


async def _line_of_setting(tx: Writing, setting: StageOwnership | FieldVisibility) -> Sequence[UUID]:
    return await _line_of_lead_stage(tx, setting.id)


async def _line_of_lead_stage(tx: Writing, stage_id: UUID) -> Sequence[UUID]:
    stage = await entries.STAGES.find(tx, stage_id)
    if stage is None:
        raise missing(kinds.STAGES.not_found, stage_id)
    pipeline = await entries.PIPELINES.find(tx, stage.pipeline_id)
    if pipeline is None or pipeline.module != "leads":
        raise invalid_field("stageId", "NOT_A_LEAD_STAGE", "Only stages of lead pipelines have this.")
    return stage.id, pipeline.id


async def _nothing_more(_tx: Writing, _entry: Entry) -> None:
    pass


async def _with_its_settings(tx: Writing, stage: Stage) -> None:
    of_stage = {"id": stage.id}
    ownership = entries.STAGE_OWNERSHIP.draft(kinds.STAGE_OWNERSHIP.begin(of_stage))
    await entries.STAGE_OWNERSHIP.add(tx, ownership)
    visibility = entries.FIELD_VISIBILITY.draft(kinds.FIELD_VISIBILITY.begin(of_stage))
    await entries.FIELD_VISIBILITY.add(tx, visibility)


async def _with_response_minutes(tx: Writing, priority: Priority) -> None:
    document = (await read_document(tx)).document
    if policies := policies_without_minutes(document, priority.name):
        sentence = f"{policies[0]} says minutes for each priority by name. Let it say minutes for * (any other) first."
        raise invalid_field("name", "NO_RESPONSE_MINUTES", sentence)


@dataclass(frozen=True)
class EntryList(Generic[E]):
    """A list with its rules. ``created`` does what belongs to a new entry, in the same transaction."""

    kind: Kind[E]
    entries: Entries[E]
    line: Line[E] = _alone
    created: Callable[[Writing, E], Awaitable[None]] = _nothing_more


PIPELINES = EntryList[Pipeline](kinds.PIPELINES, entries.PIPELINES)
STAGES = EntryList[Stage](kinds.STAGES, entries.STAGES, _line_of_stage, _with_its_settings)
STAGE_FIELDS = EntryList[StageField](kinds.STAGE_FIELDS, entries.STAGE_FIELDS, _line_of_field)
STAGE_OWNERSHIP = EntryList[StageOwnership](kinds.STAGE_OWNERSHIP, entries.STAGE_OWNERSHIP, _line_of_setting)
FIELD_VISIBILITY = EntryList[FieldVisibility](kinds.FIELD_VISIBILITY, entries.FIELD_VISIBILITY, _line_of_setting)
PRIORITIES = EntryList[Priority](kinds.PRIORITIES, entries.PRIORITIES, created=_with_response_minutes)
LABELS: Mapping[LabelList, EntryList[Label]] = {
    name: EntryList(kind, entries.labels_of(name)) for name, kind in kinds.LABELS.items()
}
SCORING_RULES = EntryList[ScoringRule](kinds.SCORING_RULES, entries.SCORING_RULES)


def fields_of(stage_id: UUID) -> EntryList[StageField]:
    """What a stage asks for."""
    return EntryList(kinds.STAGE_FIELDS, entries.fields_of(stage_id), _line_of_field)
