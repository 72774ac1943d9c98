"""The whole configuration as it was at one moment."""

from dataclasses import dataclass

from kit.db.database import Writing
from settings_service.domain.entries import (
    FieldVisibility,
    Label,
    Pipeline,
    Priority,
    ScoringRule,
    SettingsDocument,
    Stage,
    StageField,
    StageOwnership,
    Threshold,
)
from settings_service.domain.retirements import Retirement
from settings_service.store import entries, retirements, singles
from settings_service.store.singles import Revision


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the other services need to know about the settings, each list in its order."""

    revision: Revision
    pipelines: list[Pipeline]
    stages: list[Stage]
    stage_fields: list[StageField]
    stage_ownership: list[StageOwnership]
    field_visibility: list[FieldVisibility]
    priorities: list[Priority]
    sources: list[Label]
    disqualification_reasons: list[Label]
    team_roles: list[Label]
    scoring_rules: list[ScoringRule]
    threshold: Threshold
    settings: SettingsDocument
    # Those that are running.
    retirements: list[Retirement]


async def read_snapshot(tx: Writing) -> Snapshot:
    """Everything as of one moment; ``tx`` is only read from, and must not have been used yet."""
    await singles.read_one_moment(tx)
    return Snapshot(
        revision=await singles.read_revision(tx),
        pipelines=await entries.PIPELINES.all(tx),
        stages=await entries.STAGES.all(tx),
        stage_fields=await entries.STAGE_FIELDS.all(tx),
        stage_ownership=await entries.STAGE_OWNERSHIP.all(tx),
        field_visibility=await entries.FIELD_VISIBILITY.all(tx),
        priorities=await entries.PRIORITIES.all(tx),
        sources=await entries.labels_of("sources").all(tx),
        disqualification_reasons=await entries.labels_of("disqualification_reasons").all(tx),
        team_roles=await entries.labels_of("team_roles").all(tx),
        scoring_rules=await entries.SCORING_RULES.all(tx),
        threshold=await singles.read_threshold(tx),
        settings=await singles.read_document(tx),
        retirements=await retirements.running(tx),
    )
