"""A client of the settings service for its tests: what an administrator does, in few words."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from leadline.settings.v1 import configuration_service_pb2 as configuration_pb
from leadline.settings.v1 import (
    configuration_service_pb2_grpc,
    lists_pb2,
    retirement_pb2,
    retirement_service_pb2_grpc,
    settings_service_pb2_grpc,
)
from leadline.settings.v1 import retirement_service_pb2 as retirement_pb
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
        self.retirement = retirement_service_pb2_grpc.RetirementServiceStub(self.channel)
        self.configuration = configuration_service_pb2_grpc.ConfigurationServiceStub(self.channel)

    async def ask(self, method: Any, request: Any, token: str | None = None, key: str | None = None) -> Any:
        given = token or tokens.admin_token()
        return await call(method, request, token=given, timeout=TIMEOUT, idempotency_key=key)

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

    async def check_settings(self, changes: Any, key: str | None = None) -> Any:
        text = changes if isinstance(changes, str) else jsontext.dumps(changes)
        request = pb.CheckSettingsRequest(changes=text)
        return jsontext.loads((await self.ask(self.settings.CheckSettings, request, key=key)).document)

    async def create(self, noun: str, *, key: str | None = None, token: str | None = None, **fields: Any) -> Any:
        """Make an entry: a Pipeline, Stage, StageField, Priority, Label or ScoringRule."""
        request = getattr(pb, f"Create{noun}Request")(**fields)
        return _only(await self.ask(getattr(self.settings, f"Create{noun}"), request, token, key))

    async def fields(self, stage_id: str) -> list[lists_pb2.StageField]:
        request = pb.ListStageFieldsRequest(stage_id=stage_id)
        return list((await self.ask(self.settings.ListStageFields, request)).fields)

    async def change_field(self, stage_id: str, id: UUID | str, **fields: Any) -> lists_pb2.StageField:  # noqa: A002
        mask = fields.pop("mask", [name for name in fields if name != "expected_version"])
        update = _update("field", lists_pb2.StageField, id, {**fields, "stage_id": stage_id, "mask": mask})
        answer = await self.ask(self.settings.UpdateStageField, pb.UpdateStageFieldRequest(**update))
        return answer.field  # type: ignore[no-any-return]

    async def delete_field(self, stage_id: str, field_id: str, expected_version: int | None = None) -> None:
        request = pb.DeleteStageFieldRequest(stage_id=stage_id, field_id=field_id, expected_version=expected_version)
        await self.ask(self.settings.DeleteStageField, request)

    async def reorder(self, *stage_ids: str) -> list[lists_pb2.Stage]:
        request = pb.ReorderStagesRequest(stage_ids=stage_ids)
        return list((await self.ask(self.settings.ReorderStages, request)).stages)

    async def ownership(self, stage_id: str) -> lists_pb2.StageOwnership:
        request = pb.GetStageOwnershipRequest(stage_id=stage_id)
        return (await self.ask(self.settings.GetStageOwnership, request)).ownership  # type: ignore[no-any-return]

    async def change_ownership(self, stage_id: str, **fields: Any) -> lists_pb2.StageOwnership:
        version, mask = fields.pop("expected_version", None), FieldMask(paths=fields.pop("mask", list(fields)))
        ownership = lists_pb2.StageOwnership(stage_id=stage_id, **fields)
        request = pb.UpdateStageOwnershipRequest(ownership=ownership, update_mask=mask, expected_version=version)
        return (await self.ask(self.settings.UpdateStageOwnership, request)).ownership  # type: ignore[no-any-return]

    async def visibility(self, stage_id: str) -> lists_pb2.FieldVisibility:
        request = pb.GetFieldVisibilityRequest(stage_id=stage_id)
        return (await self.ask(self.settings.GetFieldVisibility, request)).visibility  # type: ignore[no-any-return]

    async def set_visibility(
        self, stage_id: str, fields: Any, expected_version: int | None = None
    ) -> lists_pb2.FieldVisibility:
        request = pb.UpdateFieldVisibilityRequest(stage_id=stage_id, fields=fields, expected_version=expected_version)
        return (await self.ask(self.settings.UpdateFieldVisibility, request)).visibility  # type: ignore[no-any-return]

    async def rules(self) -> list[lists_pb2.ScoringRule]:
        return list((await self.ask(self.settings.ListScoringRules, pb.ListScoringRulesRequest())).rules)

    async def change_rule(self, id: UUID | str, **fields: Any) -> lists_pb2.ScoringRule:  # noqa: A002
        request = pb.UpdateScoringRuleRequest(**_update("rule", lists_pb2.ScoringRule, id, fields))
        return (await self.ask(self.settings.UpdateScoringRule, request)).rule  # type: ignore[no-any-return]

    async def delete_rule(self, rule_id: str, expected_version: int | None = None) -> None:
        request = pb.DeleteScoringRuleRequest(rule_id=rule_id, expected_version=expected_version)
        await self.ask(self.settings.DeleteScoringRule, request)

    async def retire(
        self, noun: str, entry_id: UUID | str, target_id: UUID | str = "", wait: float = 0, **more: Any
    ) -> retirement_pb2.Retirement:
        """Ask for the deletion of a Pipeline, Stage, Priority or Label, and wait so many seconds for its end."""
        max_wait = Duration()
        max_wait.FromNanoseconds(int(wait * 1e9))
        named = {f"{noun.lower()}_id": str(entry_id), "target_id": str(target_id), "max_wait": max_wait, **more}
        request = getattr(pb, f"Delete{noun}Request")(**named)
        return (await self.ask(getattr(self.settings, f"Delete{noun}"), request)).retirement  # type: ignore[no-any-return]

    async def retirement_of(self, retirement_id: UUID | str) -> retirement_pb2.Retirement:
        request = pb.GetRetirementRequest(retirement_id=str(retirement_id))
        return (await self.ask(self.settings.GetRetirement, request)).retirement  # type: ignore[no-any-return]

    async def retirements(self) -> list[retirement_pb2.Retirement]:
        return list((await self.ask(self.settings.ListRetirements, pb.ListRetirementsRequest())).retirements)

    async def report(self, retirement_id: UUID | str, total: int, moved: int) -> retirement_pb2.Retirement:
        request = retirement_pb.ReportRetirementRequest(retirement_id=str(retirement_id), total=total, moved=moved)
        answer = await self.ask(self.retirement.ReportRetirement, request, workflow_token())
        return answer.retirement  # type: ignore[no-any-return]

    async def complete(self, retirement_id: UUID | str) -> retirement_pb.CompleteRetirementResponse:
        request = retirement_pb.CompleteRetirementRequest(retirement_id=str(retirement_id))
        return await self.ask(self.retirement.CompleteRetirement, request, workflow_token())  # type: ignore[no-any-return]

    async def fail(self, retirement_id: UUID | str, reason: str, message: str = "") -> retirement_pb2.Retirement:
        request = retirement_pb.FailRetirementRequest(retirement_id=str(retirement_id), reason=reason, message=message)
        answer = await self.ask(self.retirement.FailRetirement, request, workflow_token())
        return answer.retirement  # type: ignore[no-any-return]

    async def gone(self, noun: str, entry_id: UUID | str, target_id: UUID | str = "", **more: Any) -> None:
        """Have an entry deleted, playing the part of the workflow too."""
        await self.complete((await self.retire(noun, entry_id, target_id, **more)).id)


def workflow_token() -> str:
    """What the workflow that carries out deletions has."""
    return tokens.token("retirements:run")


def _only(answer: Message) -> Any:
    (field,) = answer.DESCRIPTOR.fields
    return getattr(answer, field.name)


def _update(name: str, message: type[Message], id_: UUID | str, fields: dict[str, Any]) -> dict[str, Any]:
    version = fields.pop("expected_version", None)
    mask = FieldMask(paths=fields.pop("mask", list(fields)))
    return {name: message(id=str(id_), **fields), "update_mask": mask, "expected_version": version}
