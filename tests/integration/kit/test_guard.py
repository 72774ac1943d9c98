"""What every served call passes, tried on a real server through a real channel."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from leadline.leads.v1 import sla_service_pb2, sla_service_pb2_grpc

from kit.context import current_principal, request_id
from kit.errors import FieldViolation, LeadlineError, invalid
from kit.rpc.calls import call, is_serving, open_channel
from kit.rpc.guard import Context
from kit.rpc.server import RpcServer, Served
from kit.tokens import TokenVerifier
from tests.support.tokens import USER_ID, settings, token
from tests.support.waiting import eventually

SERVICE = sla_service_pb2.DESCRIPTOR.services_by_name["SlaService"]


class Servicer(sla_service_pb2_grpc.SlaServiceServicer):
    async def GetLeadSla(  # noqa: N802 - named by the proto
        self, request: sla_service_pb2.GetLeadSlaRequest, _context: Context
    ) -> sla_service_pb2.GetLeadSlaResponse:
        if request.lead_id == "refuse":
            raise invalid(FieldViolation("leadId", "NOT_A_UUID", "Must be a UUID."))
        if request.lead_id == "break":
            message = "a secret of ours"
            raise RuntimeError(message)
        return sla_service_pb2.GetLeadSlaResponse(lead_id=str(current_principal().user_id), sla_policy=request_id.get())


class Part:
    """A running server, and whether it is ready."""

    ready = True

    async def is_ready(self) -> bool:
        return self.ready


@pytest.fixture
async def part() -> Part:
    return Part()


@pytest.fixture
async def channel(part: Part) -> AsyncIterator[grpc.aio.Channel]:
    servicer = Servicer()  # type: ignore[abstract] # two methods are left out on purpose
    served = Served(servicer, sla_service_pb2_grpc.add_SlaServiceServicer_to_server, SERVICE)
    server = RpcServer("127.0.0.1:0", served=[served], verifier=TokenVerifier(settings()), ready=part.is_ready)
    async with open_channel(await server.start()) as opened:
        yield opened
    await server.stop()


async def ask(channel: grpc.aio.Channel, lead_id: str = "", *, sent: str = "") -> sla_service_pb2.GetLeadSlaResponse:
    stub = sla_service_pb2_grpc.SlaServiceStub(channel)
    request = sla_service_pb2.GetLeadSlaRequest(lead_id=lead_id)
    return await call(stub.GetLeadSla, request, token=sent or token("leads:view"), timeout=5)


async def refusal(channel: grpc.aio.Channel, lead_id: str = "", *, sent: str = "") -> LeadlineError:
    with pytest.raises(LeadlineError) as refused:
        await ask(channel, lead_id, sent=sent)
    return refused.value


async def test_a_good_call_is_served_for_its_caller_under_its_request_id(channel: grpc.aio.Channel) -> None:
    request_id.set("the-callers-own")
    answer = await ask(channel)
    assert answer.lead_id == str(USER_ID)
    assert answer.sla_policy == "the-callers-own"


async def test_a_call_without_a_token_is_refused(channel: grpc.aio.Channel) -> None:
    stub = sla_service_pb2_grpc.SlaServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.GetLeadSla(sla_service_pb2.GetLeadSlaRequest(), timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_an_expired_token_and_a_missing_permission_are_told_apart(channel: grpc.aio.Channel) -> None:
    assert (await refusal(channel, sent=token(expires_in=timedelta(hours=-1)))).reason == "TOKEN_EXPIRED"
    missing = await refusal(channel, sent=token("leads:edit"))
    assert (missing.reason, missing.metadata) == ("PERMISSION_MISSING", {"permission": "leads:view"})


async def test_an_error_arrives_as_it_was_raised(channel: grpc.aio.Channel) -> None:
    error = await refusal(channel, "refuse")
    assert error.reason == "VALIDATION_FAILED"
    assert error.violations == (FieldViolation("leadId", "NOT_A_UUID", "Must be a UUID."),)


async def test_a_fault_of_ours_says_nothing_of_its_inside(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await ask(channel, "break")
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in json.dumps([failed.value.details(), str(failed.value.trailing_metadata())])


async def test_health_follows_what_the_part_says_of_itself(channel: grpc.aio.Channel, part: Part) -> None:
    await eventually(lambda: is_serving(channel, SERVICE.full_name))
    part.ready = False
    await eventually(lambda: is_serving(channel), lambda serving: not serving)
    part.ready = True
    await eventually(lambda: is_serving(channel))


async def test_reflection_shows_the_service_without_a_token(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    requests = [reflection_pb2.ServerReflectionRequest(list_services="")]
    names = [
        service.name
        async for answer in stub.ServerReflectionInfo(requests)
        for service in answer.list_services_response.service
    ]
    assert SERVICE.full_name in names


async def test_a_call_to_nobody_says_that_a_part_is_away() -> None:
    async with open_channel("127.0.0.1:1") as nobody:
        assert (await refusal(nobody)).reason == "PART_UNAVAILABLE"
