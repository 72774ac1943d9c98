"""Who may call what: everything is checked at the service's own door."""

from typing import Any

import grpc
import pytest
from leadline.settings.v1 import configuration_service_pb2 as configuration_pb
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.rpc.calls import call_metadata
from kit.rpc.errors import error_from_call
from tests.integration.settings.door import Door
from tests.support import tokens

READS = [
    ("ListPipelines", pb.ListPipelinesRequest()),
    ("ListStages", pb.ListStagesRequest()),
    ("ListPriorities", pb.ListPrioritiesRequest()),
    ("ListLabels", pb.ListLabelsRequest(list=pb.LABEL_LIST_SOURCES)),
    ("GetThreshold", pb.GetThresholdRequest()),
    ("GetSettings", pb.GetSettingsRequest()),
]
WRITES = [
    ("UpdatePipeline", pb.UpdatePipelineRequest()),
    ("UpdateStage", pb.UpdateStageRequest()),
    ("UpdatePriority", pb.UpdatePriorityRequest()),
    ("UpdateLabel", pb.UpdateLabelRequest()),
    ("SetThreshold", pb.SetThresholdRequest()),
    ("UpdateSettings", pb.UpdateSettingsRequest()),
]


def name_of(value: object) -> str:
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize(("method", "request_"), READS, ids=name_of)
async def test_reads_need_leads_view(shared_door: Door, method: str, request_: Any) -> None:
    await shared_door.ask(getattr(shared_door.settings, method), request_, tokens.token("leads:view"))
    with pytest.raises(LeadlineError) as refused:
        await shared_door.ask(getattr(shared_door.settings, method), request_, tokens.token("leads:edit"))
    assert (refused.value.kind, refused.value.metadata) == (ErrorKind.FORBIDDEN, {"permission": "leads:view"})


@pytest.mark.parametrize(("method", "request_"), WRITES, ids=name_of)
async def test_writes_are_for_administrators_whatever_a_token_lists(
    shared_door: Door, method: str, request_: Any
) -> None:
    token = tokens.token("leads:view", "leads:edit", "settings:edit", "admin")
    with pytest.raises(LeadlineError) as refused:
        await shared_door.ask(getattr(shared_door.settings, method), request_, token)
    assert (refused.value.kind, refused.value.metadata) == (ErrorKind.FORBIDDEN, {"permission": "admin"})


def test_these_are_all_the_calls() -> None:
    service = pb.DESCRIPTOR.services_by_name["SettingsService"]
    assert {method.name for method in service.methods} == {name for name, _ in READS + WRITES}


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
