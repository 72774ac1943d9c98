"""Who may call what: everything is checked at the service's own door."""

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from leadline.settings.v1 import configuration_service_pb2 as configuration_pb
from leadline.settings.v1 import retirement_service_pb2 as retirement_pb
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from kit.rpc.calls import call_metadata
from kit.rpc.errors import error_from_call
from tests.integration.settings.door import Door
from tests.support import tokens

NO_ID = str(new_id())
READS = [
    ("ListPipelines", pb.ListPipelinesRequest()),
    ("ListStages", pb.ListStagesRequest()),
    ("ListStageFields", pb.ListStageFieldsRequest(stage_id=NO_ID)),
    ("GetStageOwnership", pb.GetStageOwnershipRequest(stage_id=NO_ID)),
    ("GetFieldVisibility", pb.GetFieldVisibilityRequest(stage_id=NO_ID)),
    ("ListPriorities", pb.ListPrioritiesRequest()),
    ("ListLabels", pb.ListLabelsRequest(list=pb.LABEL_LIST_SOURCES)),
    ("ListScoringRules", pb.ListScoringRulesRequest()),
    ("GetThreshold", pb.GetThresholdRequest()),
    ("GetSettings", pb.GetSettingsRequest()),
    ("CheckSettings", pb.CheckSettingsRequest(changes="{}")),
    ("GetRetirement", pb.GetRetirementRequest(retirement_id=NO_ID)),
    ("ListRetirements", pb.ListRetirementsRequest()),
]
WRITES = [
    ("CreatePipeline", pb.CreatePipelineRequest(name="Mine")),
    ("UpdatePipeline", pb.UpdatePipelineRequest()),
    ("DeletePipeline", pb.DeletePipelineRequest()),
    ("CreateStage", pb.CreateStageRequest()),
    ("UpdateStage", pb.UpdateStageRequest()),
    ("DeleteStage", pb.DeleteStageRequest()),
    ("ReorderStages", pb.ReorderStagesRequest()),
    ("CreateStageField", pb.CreateStageFieldRequest()),
    ("UpdateStageField", pb.UpdateStageFieldRequest()),
    ("DeleteStageField", pb.DeleteStageFieldRequest()),
    ("UpdateStageOwnership", pb.UpdateStageOwnershipRequest()),
    ("UpdateFieldVisibility", pb.UpdateFieldVisibilityRequest()),
    ("CreatePriority", pb.CreatePriorityRequest(name="mine")),
    ("UpdatePriority", pb.UpdatePriorityRequest()),
    ("DeletePriority", pb.DeletePriorityRequest()),
    ("CreateLabel", pb.CreateLabelRequest(list=pb.LABEL_LIST_SOURCES, name="mine")),
    ("UpdateLabel", pb.UpdateLabelRequest()),
    ("DeleteLabel", pb.DeleteLabelRequest()),
    ("CreateScoringRule", pb.CreateScoringRuleRequest()),
    ("UpdateScoringRule", pb.UpdateScoringRuleRequest()),
    ("DeleteScoringRule", pb.DeleteScoringRuleRequest()),
    ("SetThreshold", pb.SetThresholdRequest()),
    ("UpdateSettings", pb.UpdateSettingsRequest()),
]
STEPS = [
    ("ReportRetirement", retirement_pb.ReportRetirementRequest(retirement_id=NO_ID)),
    ("CompleteRetirement", retirement_pb.CompleteRetirementRequest(retirement_id=NO_ID)),
    ("FailRetirement", retirement_pb.FailRetirementRequest(retirement_id=NO_ID, reason="IN_USE")),
]


def name_of(value: object) -> str:
    return value if isinstance(value, str) else ""


async def kept_out(door: Door, method: Any, request: Any, token: str) -> dict[str, str] | None:
    """What is missing; None for who is let in, whether there is something for them or not."""
    try:
        await door.ask(method, request, token)
    except LeadlineError as error:
        if error.kind is ErrorKind.FORBIDDEN:
            return error.metadata
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
    return None


@pytest.mark.parametrize(("method", "request_"), READS, ids=name_of)
async def test_reads_need_leads_view(shared_door: Door, method: str, request_: Any) -> None:
    ask = getattr(shared_door.settings, method)
    assert await kept_out(shared_door, ask, request_, tokens.token("leads:view")) is None
    missing = await kept_out(shared_door, ask, request_, tokens.token("leads:edit", "retirements:run"))
    assert missing == {"permission": "leads:view"}


@pytest.mark.parametrize(("method", "request_"), WRITES, ids=name_of)
async def test_writes_are_for_administrators_whatever_a_token_lists(
    shared_door: Door, method: str, request_: Any
) -> None:
    token = tokens.token("leads:view", "leads:edit", "settings:edit", "retirements:run", "admin")
    before = await shared_door.snapshot()
    missing = await kept_out(shared_door, getattr(shared_door.settings, method), request_, token)
    assert missing == {"permission": "admin"}
    assert await shared_door.snapshot() == before


@pytest.mark.parametrize(("method", "request_"), STEPS, ids=name_of)
async def test_the_steps_of_a_deletion_are_for_its_workflow(shared_door: Door, method: str, request_: Any) -> None:
    ask = getattr(shared_door.retirement, method)
    assert await kept_out(shared_door, ask, request_, tokens.token("retirements:run")) is None
    missing = await kept_out(shared_door, ask, request_, tokens.token("leads:view", "leads:edit"))
    assert missing == {"permission": "retirements:run"}


@pytest.mark.parametrize(
    ("service", "calls"),
    [
        (pb.DESCRIPTOR.services_by_name["SettingsService"], READS + WRITES),
        (retirement_pb.DESCRIPTOR.services_by_name["RetirementService"], STEPS),
    ],
    ids=["SettingsService", "RetirementService"],
)
def test_these_are_all_the_calls(service: ServiceDescriptor, calls: list[tuple[str, Any]]) -> None:
    assert {method.name for method in service.methods} == {name for name, _ in calls}


async def test_the_configuration_is_for_those_who_may_watch_it(shared_door: Door) -> None:
    request = configuration_pb.GetConfigurationRequest()
    get = shared_door.configuration.GetConfiguration
    assert (await shared_door.ask(get, request, tokens.token("configuration:watch"))).configuration.revision == 1
    with pytest.raises(LeadlineError) as refused:
        await shared_door.ask(get, request, tokens.token("leads:view"))
    assert refused.value.metadata == {"permission": "configuration:watch"}


async def test_a_stream_needs_the_permission_too(shared_door: Door) -> None:
    stream = shared_door.configuration.WatchConfiguration(
        configuration_pb.WatchConfigurationRequest(), metadata=call_metadata(tokens.token("leads:view")), timeout=5
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await anext(aiter(stream))
    error = error_from_call(refused.value)
    assert error is not None
    assert error.metadata == {"permission": "configuration:watch"}
