"""The calls about pipelines and their stages."""

from leadline.settings.v1 import settings_service_pb2 as pb

from kit.ids import parse_optional_id
from kit.rpc.guard import Context
from settings_service.domain.stage_order import FIELD as STAGE_IDS
from settings_service.rpc import mapping
from settings_service.rpc.calls import Calls
from settings_service.rpc.requests import ids_in
from settings_service.rpc.words import module_name
from settings_service.store import entries
from settings_service.usecases.entry_lists import PIPELINES, STAGES
from settings_service.usecases.retirable import RETIRABLE_PIPELINES, RETIRABLE_STAGES
from settings_service.usecases.stage_order import reorder_stages


class PipelineCalls(Calls):
    """Pipelines and stages."""

    async def ListPipelines(self, request: pb.ListPipelinesRequest, _context: Context) -> pb.ListPipelinesResponse:
        """Pipelines by name, the default first."""
        found = await self._all(entries.pipelines_of(module_name(request.module)))
        return pb.ListPipelinesResponse(pipelines=map(mapping.pipeline_message, found))

    async def CreatePipeline(self, request: pb.CreatePipelineRequest, context: Context) -> pb.CreatePipelineResponse:
        """Adds a pipeline without stages."""
        return await self._create(
            PIPELINES,
            request,
            context,
            pb.CreatePipelineResponse,
            lambda added: pb.CreatePipelineResponse(pipeline=mapping.pipeline_message(added)),
        )

    async def UpdatePipeline(self, request: pb.UpdatePipelineRequest, _context: Context) -> pb.UpdatePipelineResponse:
        """Changes what the mask names, and the default with it."""
        saved = await self._update(PIPELINES, request, request.pipeline, request.pipeline.id)
        return pb.UpdatePipelineResponse(pipeline=mapping.pipeline_message(saved))

    async def DeletePipeline(self, request: pb.DeletePipelineRequest, _context: Context) -> pb.DeletePipelineResponse:
        """Retires a pipeline with its stages."""
        retirement = await self._retire(RETIRABLE_PIPELINES, request, request.pipeline_id)
        return pb.DeletePipelineResponse(retirement=mapping.retirement_message(retirement))

    async def ListStages(self, request: pb.ListStagesRequest, _context: Context) -> pb.ListStagesResponse:
        """Stages by pipeline and position."""
        pipeline_id = parse_optional_id(request.pipeline_id, "pipelineId")
        found = await self._all(entries.stages_of(module_name(request.module), pipeline_id))
        return pb.ListStagesResponse(stages=map(mapping.stage_message, found))

    async def CreateStage(self, request: pb.CreateStageRequest, context: Context) -> pb.CreateStageResponse:
        """Adds a stage, at the end or at a position."""
        return await self._create(
            STAGES,
            request,
            context,
            pb.CreateStageResponse,
            lambda added: pb.CreateStageResponse(stage=mapping.stage_message(added)),
        )

    async def UpdateStage(self, request: pb.UpdateStageRequest, _context: Context) -> pb.UpdateStageResponse:
        """Changes what the mask names, and the positions with it."""
        saved = await self._update(STAGES, request, request.stage, request.stage.id)
        return pb.UpdateStageResponse(stage=mapping.stage_message(saved))

    async def DeleteStage(self, request: pb.DeleteStageRequest, _context: Context) -> pb.DeleteStageResponse:
        """Retires a stage."""
        retirement = await self._retire(RETIRABLE_STAGES, request, request.stage_id)
        return pb.DeleteStageResponse(retirement=mapping.retirement_message(retirement))

    async def ReorderStages(self, request: pb.ReorderStagesRequest, _context: Context) -> pb.ReorderStagesResponse:
        """Puts all stages of one pipeline into this order."""
        ids = ids_in(request.stage_ids, STAGE_IDS)
        async with self._database.transaction() as tx:
            ordered = await reorder_stages(tx, ids)
        return pb.ReorderStagesResponse(stages=map(mapping.stage_message, ordered))
