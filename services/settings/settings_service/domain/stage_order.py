"""What must hold for a new order of a pipeline's stages."""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from kit.errors import FieldViolation
from settings_service.domain.entries import Stage
from settings_service.domain.fields import MOST_ENTRIES

FIELD = "stageIds"


def faults_of_ids(ids: Sequence[UUID]) -> Iterator[FieldViolation]:
    """No stage, too many, or one twice."""
    if not ids:
        yield FieldViolation(FIELD, "REQUIRED", "Must name all stages of a pipeline.")
    if len(ids) > MOST_ENTRIES:
        yield FieldViolation(FIELD, "TOO_LONG", f"Must have at most {MOST_ENTRIES:,} entries.")
    for stage_id, times in Counter(ids).items():
        if times > 1:
            yield FieldViolation(FIELD, "REPEATED", f"Stage {stage_id} must not stand there twice.")


def pipeline_of(named: Sequence[Stage]) -> UUID | None:
    """The pipeline that is to be ordered: the one of most of the stages that were named."""
    counted = Counter(stage.pipeline_id for stage in named).most_common(1)
    return counted[0][0] if counted else None


def faults_of_order(ids: Sequence[UUID], named: Sequence[Stage], stages: Sequence[Stage]) -> Iterator[FieldViolation]:
    """An id of nothing, a stage of another pipeline, or one that is left out.

    ``named`` are the stages of these ids, ``stages`` all those of the pipeline.
    """
    known = {stage.id for stage in named}
    for stage_id in ids:
        if stage_id not in known:
            yield FieldViolation(FIELD, "NOT_CONFIGURED", f"There is no stage {stage_id}.")
    own = {stage.id for stage in stages}
    for stage in named:
        if stage.id not in own:
            yield FieldViolation(FIELD, "OTHER_PIPELINE", f"{stage.name} ({stage.id}) is of another pipeline.")
    for stage in stages:
        if stage.id not in known:
            yield FieldViolation(FIELD, "INCOMPLETE", f"{stage.name} ({stage.id}) is missing.")
