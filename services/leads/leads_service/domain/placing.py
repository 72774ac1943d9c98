"""Which stage a lead is meant to be in, by what a caller says of pipeline and stage (spec: leads)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leads_service.domain.configuration import LEADS, Configuration, Pipeline, Retiring, Stage
from leads_service.domain.fields import violation
from leads_service.domain.lead import Lead
from leads_service.domain.retiring import require_open


def first_place(fields: Mapping[str, Any], configuration: Configuration) -> Stage:
    """Where a new lead goes: by default to the first stage of the default pipeline.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``pipelineId`` or ``stageId``; RETIRING.
    """
    pipeline_id, stage_id = fields.get("pipeline_id"), fields.get("stage_id")
    if pipeline_id is None and stage_id is None:
        return default_stage(LEADS, configuration, "pipelineId")
    return _stage_in(pipeline_id or configuration.default_pipeline(LEADS).id, stage_id, configuration)


def next_place(lead: Lead, fields: Mapping[str, Any], configuration: Configuration) -> Stage:
    """Where a lead goes by a change: by default it stays; another pipeline alone means its first stage.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``pipelineId`` or ``stageId``; RETIRING.
    """
    for attribute, path in (("pipeline_id", "pipelineId"), ("stage_id", "stageId")):
        if attribute in fields and fields[attribute] is None:
            raise violation(path, "REQUIRED", "Cannot be cleared.")
    pipeline_id = fields.get("pipeline_id", lead.pipeline_id)
    if pipeline_id == lead.pipeline_id and fields.get("stage_id", lead.stage_id) == lead.stage_id:
        # Where the lead is, it may stay, also when the configuration no longer knows that stage.
        return configuration.stage(lead.stage_id) or Stage(lead.stage_id, lead.pipeline_id, "", 0)
    return _stage_in(pipeline_id, fields.get("stage_id"), configuration)


def place_to_reopen(lead: Lead, stage_id: UUID | None, configuration: Configuration) -> Stage:
    """Where a closed lead goes that is opened again: by default where it was.

    Where it was may be gone, being deleted, or not known: then it is the first stage of its pipeline.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``pipelineId`` or ``stageId``; RETIRING.
    """
    if stage_id is not None:
        return _stage_in(lead.pipeline_id, stage_id, configuration)
    return _where_it_was(lead, configuration) or _stage_in(lead.pipeline_id, None, configuration)


def place_again(lead: Lead, configuration: Configuration) -> UUID:
    """The stage of a converted lead that is open again: where it was, else the first for open leads, else it stays."""
    found = _where_it_was(lead, configuration) or _first_enterable(lead.pipeline_id, configuration)
    return found.id if found else lead.stage_id


def _where_it_was(lead: Lead, configuration: Configuration) -> Stage | None:
    enterable = configuration.enterable_stages(lead.pipeline_id)
    return next((stage for stage in enterable if stage.id == lead.closed_from_stage_id), None)


def default_stage(module: str, configuration: Configuration, path: str) -> Stage:
    """Where a record goes that names neither pipeline nor stage. ``path`` is the pipeline's name for the caller.

    That is the first stage of the default pipeline; where nothing can enter that one, the first stage of the next
    pipeline of the list. So no record is lost for a setting.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``path`` or RETIRING, where there is no such pipeline either.
    """
    default = configuration.default_pipeline(module)
    others = (each for each in configuration.pipelines if each.module == module and each.id != default.id)
    firsts = (_first_enterable(each.id, configuration) for each in (default, *others))
    return next((stage for stage in firsts if stage), None) or first_stage(default, configuration, path)


def first_stage(pipeline: Pipeline, configuration: Configuration, path: str) -> Stage:
    """The stage of a pipeline where no stage is said. ``path`` is the pipeline's name for the caller.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``path``; RETIRING.
    """
    stages = configuration.stages_of(pipeline.id)
    if not stages:
        raise violation(path, "WITHOUT_STAGES", "This pipeline has no stages.")
    first = _first_enterable(pipeline.id, configuration) or stages[0]
    require_open(Retiring.STAGE, first.id, configuration)
    return first


def _first_enterable(pipeline_id: UUID, configuration: Configuration) -> Stage | None:
    """A stage for what is not closed yet, where there is one."""
    stages = configuration.enterable_stages(pipeline_id)
    return next((stage for stage in stages if not (stage.is_won or stage.is_lost)), next(iter(stages), None))


def _stage_in(pipeline_id: UUID, stage_id: UUID | None, configuration: Configuration) -> Stage:
    """The stage of the pipeline, its first one where none is said."""
    pipeline = configuration.pipeline(pipeline_id)
    if pipeline is None or pipeline.module != LEADS:
        raise violation("pipelineId", "NOT_CONFIGURED", "There is no lead pipeline of this id.")
    if stage_id is None:
        return first_stage(pipeline, configuration, "pipelineId")
    stage = configuration.stage(stage_id)
    if stage is None:
        raise violation("stageId", "NOT_CONFIGURED", "There is no stage of this id.")
    if stage.pipeline_id != pipeline_id:
        raise violation("stageId", "OF_ANOTHER_PIPELINE", f"This stage does not belong to {pipeline.name}.")
    require_open(Retiring.STAGE, stage.id, configuration)
    return stage
