"""The whole configuration as it was at one moment."""

from dataclasses import dataclass

from kit.db.database import Writing
from settings_service.domain.entries import (
    Label,
    Pipeline,
    Priority,
    ScoringRule,
    SettingsDocument,
    Stage,
    StageField,
    Threshold,
)
from settings_service.store import entries, singles
from settings_service.store.singles import Revision


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the other services need to know about the settings, each list in its order."""

    revision: Revision
    pipelines: list[Pipeline]
    stages: list[Stage]
    stage_fields: list[StageField]
    priorities: list[Priority]
    sources: list[Label]
    disqualification_reasons: list[Label]
    team_roles: list[Label]
    scoring_rules: list[ScoringRule]
    threshold: Threshold
    settings: SettingsDocument


async def read_snapshot(tx: Writing) -> Snapshot:
    """Everything as of one moment; ``tx`` is only read from, and must not have been used yet."""
    await singles.read_one_moment(tx)
    return Snapshot(
        revision=await singles.read_revision(tx),
        pipelines=await entries.PIPELINES.all(tx),
        stages=await entries.STAGES.all(tx),
        stage_fields=await entries.STAGE_FIELDS.all(tx),
        priorities=await entries.PRIORITIES.all(tx),
        sources=await entries.labels_of("sources").all(tx),
        disqualification_reasons=await entries.labels_of("disqualification_reasons").all(tx),
        team_roles=await entries.labels_of("team_roles").all(tx),
        scoring_rules=await entries.SCORING_RULES.all(tx),
        threshold=await singles.read_threshold(tx),
        settings=await singles.read_document(tx),
    )
