"""Which stage a lead is meant to be in, by what a caller says of pipeline and stage (spec: leads)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leads_service.domain.configuration import LEADS, Configuration, Stage
from leads_service.domain.fields import violation
from leads_service.domain.lead import Lead


def first_place(fields: Mapping[str, Any], configuration: Configuration) -> Stage:
    """Where a new lead goes: by default to the first stage of the default pipeline.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``pipelineId`` or ``stageId``.
    """
    pipeline_id = fields.get("pipeline_id") or configuration.default_pipeline(LEADS).id
    return _stage_in(pipeline_id, fields.get("stage_id"), configuration)


def next_place(lead: Lead, fields: Mapping[str, Any], configuration: Configuration) -> Stage:
    """Where a lead goes by a change: by default it stays; another pipeline alone means its first stage.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``pipelineId`` or ``stageId``.
    """
    for attribute, path in (("pipeline_id", "pipelineId"), ("stage_id", "stageId")):
        if attribute in fields and fields[attribute] is None:
            raise violation(path, "REQUIRED", "Cannot be cleared.")
    pipeline_id = fields.get("pipeline_id", lead.pipeline_id)
    if pipeline_id == lead.pipeline_id and fields.get("stage_id", lead.stage_id) == lead.stage_id:
        # Where the lead is, it may stay, also when the configuration no longer knows that stage.
        return configuration.stage(lead.stage_id) or Stage(lead.stage_id, lead.pipeline_id, "", 0)
    return _stage_in(pipeline_id, fields.get("stage_id"), configuration)


def _stage_in(pipeline_id: UUID, stage_id: UUID | None, configuration: Configuration) -> Stage:
    """The stage of the pipeline, its first one where none is said."""
    pipeline = configuration.pipeline(pipeline_id)
    if pipeline is None or pipeline.module != LEADS:
        raise violation("pipelineId", "NOT_CONFIGURED", "There is no lead pipeline of this id.")
    if stage_id is None:
        return _first_stage(pipeline_id, configuration)
    stage = configuration.stage(stage_id)
    if stage is None:
        raise violation("stageId", "NOT_CONFIGURED", "There is no stage of this id.")
    if stage.pipeline_id != pipeline_id:
        raise violation("stageId", "OF_ANOTHER_PIPELINE", f"This stage does not belong to {pipeline.name}.")
    return stage


def _first_stage(pipeline_id: UUID, configuration: Configuration) -> Stage:
    stages = configuration.stages_of(pipeline_id)
    if not stages:
        raise violation("pipelineId", "WITHOUT_STAGES", "This pipeline has no stages.")
    return stages[0]
