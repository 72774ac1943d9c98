"""SettingsService: reads and updates of what stands under /lead-settings."""

from typing import Any

import grpc
from leadline.settings.v1 import settings_service_pb2 as pb
from leadline.settings.v1 import settings_service_pb2_grpc

from kit.db.database import Database
from kit.ids import parse_optional_id
from settings_service.rpc import mapping
from settings_service.rpc.requests import change_of, expected_version
from settings_service.store import entries, singles
from settings_service.usecases.document import update_document
from settings_service.usecases.lists import LABELS, PIPELINES, PRIORITIES, STAGES, update_entry
from settings_service.usecases.threshold import set_threshold

Context = grpc.aio.ServicerContext[Any, Any]


class SettingsServicer(settings_service_pb2_grpc.SettingsServiceServicer):
    """Each update is one transaction; each read sees what is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ListPipelines(self, request: pb.ListPipelinesRequest, _context: Context) -> pb.ListPipelinesResponse:
        """Pipelines by name, the default first."""
        listed = entries.pipelines_of(mapping.module_name(request.module))
        async with self._database.reading() as connection:
            found = await listed.all(connection)
        return pb.ListPipelinesResponse(pipelines=map(mapping.pipeline_message, found))

    async def UpdatePipeline(self, request: pb.UpdatePipelineRequest, _context: Context) -> pb.UpdatePipelineResponse:
        """Changes what the mask names, and the default with it."""
        change = change_of(request, request.pipeline, PIPELINES.kind.rules)
        async with self._database.transaction() as tx:
            saved = await update_entry(tx, PIPELINES, change)
        return pb.UpdatePipelineResponse(pipeline=mapping.pipeline_message(saved))

    async def ListStages(self, request: pb.ListStagesRequest, _context: Context) -> pb.ListStagesResponse:
        """Stages by pipeline and position."""
        pipeline_id = parse_optional_id(request.pipeline_id, "pipelineId")
        listed = entries.stages_of(mapping.module_name(request.module), pipeline_id)
        async with self._database.reading() as connection:
            found = await listed.all(connection)
        return pb.ListStagesResponse(stages=map(mapping.stage_message, found))

    async def UpdateStage(self, request: pb.UpdateStageRequest, _context: Context) -> pb.UpdateStageResponse:
        """Changes what the mask names, and the positions with it."""
        change = change_of(request, request.stage, STAGES.kind.rules)
        async with self._database.transaction() as tx:
            saved = await update_entry(tx, STAGES, change)
        return pb.UpdateStageResponse(stage=mapping.stage_message(saved))

    async def ListPriorities(self, _request: pb.ListPrioritiesRequest, _context: Context) -> pb.ListPrioritiesResponse:
        """Priorities by position."""
        async with self._database.reading() as connection:
            found = await entries.PRIORITIES.all(connection)
        return pb.ListPrioritiesResponse(priorities=map(mapping.priority_message, found))

    async def UpdatePriority(self, request: pb.UpdatePriorityRequest, _context: Context) -> pb.UpdatePriorityResponse:
        """Changes what the mask names, and positions and default with it."""
        change = change_of(request, request.priority, PRIORITIES.kind.rules)
        async with self._database.transaction() as tx:
            saved = await update_entry(tx, PRIORITIES, change)
        return pb.UpdatePriorityResponse(priority=mapping.priority_message(saved))

    async def ListLabels(self, request: pb.ListLabelsRequest, _context: Context) -> pb.ListLabelsResponse:
        """One of the plain lists, in the order in which it was made."""
        listed = entries.labels_of(mapping.label_list_name(request.list))
        async with self._database.reading() as connection:
            found = await listed.all(connection)
        return pb.ListLabelsResponse(labels=map(mapping.label_message, found))

    async def UpdateLabel(self, request: pb.UpdateLabelRequest, _context: Context) -> pb.UpdateLabelResponse:
        """Changes what the mask names."""
        labels = LABELS[mapping.label_list_name(request.list)]
        change = change_of(request, request.label, labels.kind.rules)
        async with self._database.transaction() as tx:
            saved = await update_entry(tx, labels, change)
        return pb.UpdateLabelResponse(label=mapping.label_message(saved))

    async def GetThreshold(self, _request: pb.GetThresholdRequest, _context: Context) -> pb.GetThresholdResponse:
        """The score from which a lead is qualified."""
        async with self._database.reading() as connection:
            found = await singles.read_threshold(connection)
        return pb.GetThresholdResponse(threshold=mapping.threshold_message(found))

    async def SetThreshold(self, request: pb.SetThresholdRequest, _context: Context) -> pb.SetThresholdResponse:
        """Sets that score."""
        async with self._database.transaction() as tx:
            saved = await set_threshold(tx, request.threshold, expected_version(request))
        return pb.SetThresholdResponse(threshold=mapping.threshold_message(saved))

    async def GetSettings(self, _request: pb.GetSettingsRequest, _context: Context) -> pb.GetSettingsResponse:
        """The settings document."""
        async with self._database.reading() as connection:
            found = await singles.read_document(connection)
        return pb.GetSettingsResponse(settings=mapping.document_message(found))

    async def UpdateSettings(self, request: pb.UpdateSettingsRequest, _context: Context) -> pb.UpdateSettingsResponse:
        """Merges changes into the document."""
        async with self._database.transaction() as tx:
            saved = await update_document(tx, request.changes, expected_version(request))
        return pb.UpdateSettingsResponse(settings=mapping.document_message(saved))
