"""A client of the settings service for its tests: what an administrator does, in few words."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from leadline.settings.v1 import configuration_service_pb2 as configuration_pb
from leadline.settings.v1 import configuration_service_pb2_grpc, lists_pb2, settings_service_pb2_grpc
from leadline.settings.v1 import settings_service_pb2 as pb

from kit import jsontext
from kit.rpc.calls import call, call_metadata, open_channel
from tests.support import tokens

TIMEOUT = 10.0


class Door:
    """One channel to one replica."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.channel = open_channel(address)
        self.settings = settings_service_pb2_grpc.SettingsServiceStub(self.channel)
        self.configuration = configuration_service_pb2_grpc.ConfigurationServiceStub(self.channel)

    async def ask(self, method: Any, request: Any, token: str | None = None) -> Any:
        return await call(method, request, token=token or tokens.admin_token(), timeout=TIMEOUT)

    async def snapshot(self) -> configuration_pb.Configuration:
        answer = await self.ask(self.configuration.GetConfiguration, configuration_pb.GetConfigurationRequest())
        return answer.configuration  # type: ignore[no-any-return]

    async def watch(self) -> AsyncIterator[configuration_pb.Configuration]:
        metadata = call_metadata(tokens.token("configuration:watch"))
        stream = self.configuration.WatchConfiguration(
            configuration_pb.WatchConfigurationRequest(), metadata=metadata, timeout=60
        )
        async for answer in stream:
            yield answer.configuration

    async def pipelines(self, module: int = 0) -> list[lists_pb2.Pipeline]:
        request = pb.ListPipelinesRequest(module=module)  # type: ignore[arg-type]
        return list((await self.ask(self.settings.ListPipelines, request)).pipelines)

    async def stages(self, module: int = 0, pipeline_id: str = "") -> list[lists_pb2.Stage]:
        request = pb.ListStagesRequest(module=module, pipeline_id=pipeline_id)  # type: ignore[arg-type]
        return list((await self.ask(self.settings.ListStages, request)).stages)

    async def lead_stages(self) -> list[lists_pb2.Stage]:
        return await self.stages(lists_pb2.MODULE_LEADS)

    async def priorities(self) -> list[lists_pb2.Priority]:
        return list((await self.ask(self.settings.ListPriorities, pb.ListPrioritiesRequest())).priorities)

    async def labels(self, list_: Any) -> list[lists_pb2.Label]:
        return list((await self.ask(self.settings.ListLabels, pb.ListLabelsRequest(list=list_))).labels)

    async def threshold(self) -> lists_pb2.Threshold:
        answer = await self.ask(self.settings.GetThreshold, pb.GetThresholdRequest())
        return answer.threshold  # type: ignore[no-any-return]

    async def document(self) -> Any:
        answer = await self.ask(self.settings.GetSettings, pb.GetSettingsRequest())
        return jsontext.loads(answer.settings.document)

    async def change_pipeline(self, id: UUID | str, **fields: Any) -> lists_pb2.Pipeline:  # noqa: A002
        request = pb.UpdatePipelineRequest(**_update("pipeline", lists_pb2.Pipeline, id, fields))
        return (await self.ask(self.settings.UpdatePipeline, request)).pipeline  # type: ignore[no-any-return]

    async def change_stage(self, id: UUID | str, **fields: Any) -> lists_pb2.Stage:  # noqa: A002
        request = pb.UpdateStageRequest(**_update("stage", lists_pb2.Stage, id, fields))
        return (await self.ask(self.settings.UpdateStage, request)).stage  # type: ignore[no-any-return]

    async def change_priority(self, id: UUID | str, **fields: Any) -> lists_pb2.Priority:  # noqa: A002
        request = pb.UpdatePriorityRequest(**_update("priority", lists_pb2.Priority, id, fields))
        return (await self.ask(self.settings.UpdatePriority, request)).priority  # type: ignore[no-any-return]

    async def change_label(self, list_: Any, id: UUID | str, **fields: Any) -> lists_pb2.Label:  # noqa: A002
        request = pb.UpdateLabelRequest(list=list_, **_update("label", lists_pb2.Label, id, fields))
        return (await self.ask(self.settings.UpdateLabel, request)).label  # type: ignore[no-any-return]

    async def set_threshold(self, threshold: int, expected_version: int | None = None) -> lists_pb2.Threshold:
        request = pb.SetThresholdRequest(threshold=threshold, expected_version=expected_version)
        return (await self.ask(self.settings.SetThreshold, request)).threshold  # type: ignore[no-any-return]

    async def change_settings(self, changes: Any, expected_version: int | None = None) -> lists_pb2.SettingsDocument:
        text = changes if isinstance(changes, str) else jsontext.dumps(changes)
        request = pb.UpdateSettingsRequest(changes=text, expected_version=expected_version)
        return (await self.ask(self.settings.UpdateSettings, request)).settings  # type: ignore[no-any-return]


def _update(name: str, message: type[Message], id_: UUID | str, fields: dict[str, Any]) -> dict[str, Any]:
    version = fields.pop("expected_version", None)
    mask = FieldMask(paths=fields.pop("mask", list(fields)))
    return {name: message(id=str(id_), **fields), "update_mask": mask, "expected_version": version}
