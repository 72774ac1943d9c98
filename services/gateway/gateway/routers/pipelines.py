"""`/lead-settings/pipelines` and `/lead-settings/stages`."""

from typing import Annotated

from fastapi import Query
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import settings as answers
from gateway.answers.json import ok
from gateway.clients import Services
from gateway.headers import IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.settings import Pipeline, PipelineChanges, PipelineQuery, Stage, StageChanges, StageQuery

operations = Operations("Pipelines", pb.DESCRIPTOR.services_by_name["SettingsService"])

_MODULES: dict[str | None, lists_pb2.Module.ValueType] = {
    None: lists_pb2.MODULE_UNSPECIFIED,
    "leads": lists_pb2.MODULE_LEADS,
    "opportunities": lists_pb2.MODULE_OPPORTUNITIES,
}
_MOVEMENTS: dict[str, lists_pb2.Movement.ValueType] = {
    "free": lists_pb2.MOVEMENT_FREE,
    "sequential": lists_pb2.MOVEMENT_SEQUENTIAL,
}


@operations.add("GET", "/lead-settings/pipelines", "ListPipelines", answer=list[Pipeline])
async def list_pipelines(services: Services, query: Annotated[PipelineQuery, Query()]) -> Response:
    """List pipelines, the default first."""
    request = pb.ListPipelinesRequest(module=_MODULES[query.module])
    answer = await services.call(services.settings.ListPipelines, request)
    return ok([answers.pipeline(each) for each in answer.pipelines])


@operations.add("PUT", "/lead-settings/pipelines/{id}", "UpdatePipeline", answer=Pipeline)
async def update_pipeline(
    services: Services, entry_id: PathId, body: PipelineChanges, if_match: IfMatch = None
) -> Response:
    """Change a pipeline."""
    pipeline = lists_pb2.Pipeline(
        id=entry_id, name=body.name, movement=_MOVEMENTS[body.movement], is_default=body.is_default
    )
    request = pb.UpdatePipelineRequest(pipeline=pipeline, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdatePipeline, request)).pipeline
    return ok(answers.pipeline(changed), version=changed.version)


@operations.add("GET", "/lead-settings/stages", "ListStages", answer=list[Stage])
async def list_stages(services: Services, query: Annotated[StageQuery, Query()]) -> Response:
    """List stages, by pipeline and position."""
    request = pb.ListStagesRequest(module=_MODULES[query.module], pipeline_id=query.pipeline_id or "")
    answer = await services.call(services.settings.ListStages, request)
    return ok([answers.stage(each) for each in answer.stages])


@operations.add("PUT", "/lead-settings/stages/{id}", "UpdateStage", answer=Stage)
async def update_stage(services: Services, entry_id: PathId, body: StageChanges, if_match: IfMatch = None) -> Response:
    """Change a stage."""
    stage = lists_pb2.Stage(id=entry_id, **body.values())
    request = pb.UpdateStageRequest(stage=stage, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdateStage, request)).stage
    return ok(answers.stage(changed), version=changed.version)
