"""`/lead-settings/pipelines` and `/lead-settings/stages`."""

from typing import Annotated

from fastapi import Query
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import settings as answers
from gateway.answers.json import created, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.routers.retirements import TAKES_LONGER, retire
from gateway.schemas.base import PathId
from gateway.schemas.retirement import MoveQuery
from gateway.schemas.settings import (
    NewPipeline,
    NewStage,
    Pipeline,
    PipelineChanges,
    PipelineQuery,
    Stage,
    StageChanges,
    StageQuery,
)
from gateway.schemas.stage_settings import StageOrder
from kit.errors import invalid_field

operations = Operations("Pipelines", pb.DESCRIPTOR.services_by_name["SettingsService"])

MoveAsked = Annotated[MoveQuery, Query()]

_MODULES: dict[str | None, lists_pb2.Module.ValueType] = {
    None: lists_pb2.MODULE_UNSPECIFIED,
    "leads": lists_pb2.MODULE_LEADS,
    "opportunities": lists_pb2.MODULE_OPPORTUNITIES,
}
_MOVEMENTS: dict[str | None, lists_pb2.Movement.ValueType] = {
    None: lists_pb2.MOVEMENT_UNSPECIFIED,
    "free": lists_pb2.MOVEMENT_FREE,
    "sequential": lists_pb2.MOVEMENT_SEQUENTIAL,
}


@operations.add("GET", "/lead-settings/pipelines", "ListPipelines", answer=list[Pipeline])
async def list_pipelines(services: Services, query: Annotated[PipelineQuery, Query()]) -> Response:
    """List pipelines, the default first."""
    request = pb.ListPipelinesRequest(module=_MODULES[query.module])
    answer = await services.call(services.settings.ListPipelines, request)
    return ok([answers.pipeline(each) for each in answer.pipelines])


@operations.add("POST", "/lead-settings/pipelines", "CreatePipeline", answer=Pipeline, status=201)
async def create_pipeline(services: Services, body: NewPipeline, idempotency_key: IdempotencyKey = None) -> Response:
    """Create a pipeline.

    It has no stages yet. `Location` is where it can be changed; the list shows it.
    """
    request = pb.CreatePipelineRequest(
        name=body.name,
        module=_MODULES[body.module],
        movement=_MOVEMENTS[body.movement],
        is_default=bool(body.is_default),
    )
    made = (await services.call(services.settings.CreatePipeline, request, key=idempotency_key)).pipeline
    return created(answers.pipeline(made), f"/lead-settings/pipelines/{made.id}", version=made.version)


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


@operations.add("DELETE", "/lead-settings/pipelines/{id}", "DeletePipeline", status=204, responses=TAKES_LONGER)
async def delete_pipeline(services: Services, entry_id: PathId, query: MoveAsked, if_match: IfMatch = None) -> Response:
    """Delete a pipeline with its stages.

    Its records go to the pipeline in `moveTo`: to the stage of the same name, else to the first. Waits up to ten
    seconds for that. A module's default and last pipeline cannot be deleted.
    """
    request = pb.DeletePipelineRequest(
        pipeline_id=entry_id,
        target_id=query.move_to or "",
        expected_version=if_match,
        max_wait=services.longest_wait(),
    )
    return await retire(services, services.settings.DeletePipeline, request)


@operations.add("GET", "/lead-settings/stages", "ListStages", answer=list[Stage])
async def list_stages(services: Services, query: Annotated[StageQuery, Query()]) -> Response:
    """List stages, by pipeline and position."""
    request = pb.ListStagesRequest(module=_MODULES[query.module], pipeline_id=query.pipeline_id or "")
    answer = await services.call(services.settings.ListStages, request)
    return ok([answers.stage(each) for each in answer.stages])


@operations.add("POST", "/lead-settings/stages", "CreateStage", answer=Stage, status=201)
async def create_stage(services: Services, body: NewStage, idempotency_key: IdempotencyKey = None) -> Response:
    """Create a stage.

    `Location` is where it can be changed; the list shows it.
    """
    request = pb.CreateStageRequest(**body.values())
    made = (await services.call(services.settings.CreateStage, request, key=idempotency_key)).stage
    return created(answers.stage(made), f"/lead-settings/stages/{made.id}", version=made.version)


# Before the stage with an id, which would take `reorder` for one.
@operations.add("PUT", "/lead-settings/stages/reorder", "ReorderStages", answer=list[Stage])
async def reorder_stages(services: Services, body: StageOrder) -> Response:
    """Put all stages of a pipeline into another order.

    Takes every stage of one pipeline, in one of two forms: `stages` with positions, or `orderedIds`.
    """
    request = pb.ReorderStagesRequest(stage_ids=_in_order(body))
    answer = await services.call(services.settings.ReorderStages, request)
    return ok([answers.stage(each) for each in answer.stages])


@operations.add("PUT", "/lead-settings/stages/{id}", "UpdateStage", answer=Stage)
async def update_stage(services: Services, entry_id: PathId, body: StageChanges, if_match: IfMatch = None) -> Response:
    """Change a stage."""
    stage = lists_pb2.Stage(id=entry_id, **body.values())
    request = pb.UpdateStageRequest(stage=stage, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdateStage, request)).stage
    return ok(answers.stage(changed), version=changed.version)


@operations.add("DELETE", "/lead-settings/stages/{id}", "DeleteStage", status=204, responses=TAKES_LONGER)
async def delete_stage(services: Services, entry_id: PathId, query: MoveAsked, if_match: IfMatch = None) -> Response:
    """Delete a stage.

    Its records go to the stage in `moveTo`. Waits up to ten seconds for that. A pipeline keeps a stage that is
    neither won nor lost.
    """
    request = pb.DeleteStageRequest(
        stage_id=entry_id,
        target_id=query.move_to or "",
        expected_version=if_match,
        max_wait=services.longest_wait(),
    )
    return await retire(services, services.settings.DeleteStage, request)


def _in_order(body: StageOrder) -> list[str]:
    if body.stages is not None and body.ordered_ids is not None:
        raise invalid_field("orderedIds", "NOT_TOGETHER", "Give stages or orderedIds, not both.")
    if body.ordered_ids is not None:
        return body.ordered_ids
    if body.stages is None:
        raise invalid_field("stages", "REQUIRED", "Give stages or orderedIds.")
    return [place.id for place in sorted(body.stages, key=lambda place: place.position)]
