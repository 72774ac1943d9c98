"""Answers that come in parts, on a real server through a real channel: as they are taken, and never more."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import grpc
import pytest
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc

from kit.context import request_id
from kit.errors import LeadlineError, unavailable
from kit.rpc.calls import open_channel, stream
from kit.rpc.guard import Context
from kit.rpc.server import RpcServer, Served
from kit.tokens import TokenVerifier
from tests.support.tokens import settings, token
from tests.support.waiting import eventually

SERVICE = pb.DESCRIPTOR.services_by_name["LeadService"]
PART = b"x" * 256 * 1024


class Servicer(lead_service_pb2_grpc.LeadServiceServicer):
    """Answers three parts and then what the search says; ``endless``: parts as long as somebody takes them."""

    def __init__(self) -> None:
        self.sent = 0
        self.is_over = False

    async def ExportLeads(  # noqa: N802 - named by the proto
        self, request: pb.ExportLeadsRequest, _context: Context
    ) -> AsyncIterator[pb.ExportLeadsResponse]:
        try:
            yield pb.ExportLeadsResponse(csv=request_id.get().encode())
            while self.sent < 2 or (request.listing.search == "endless" and self.sent < 400):
                self.sent += 1
                yield pb.ExportLeadsResponse(csv=PART)
            if request.listing.search == "refuse":
                message = "Away."
                raise unavailable(message)
            if request.listing.search == "break":
                message = "a secret of ours"
                raise RuntimeError(message)
        finally:
            self.is_over = True


@pytest.fixture
def servicer() -> Servicer:
    return Servicer()  # type: ignore[abstract] # the other methods are left out on purpose


@pytest.fixture
async def channel(servicer: Servicer) -> AsyncIterator[grpc.aio.Channel]:
    async def is_ready() -> bool:
        return True

    served = Served(servicer, lead_service_pb2_grpc.add_LeadServiceServicer_to_server, SERVICE)
    server = RpcServer("127.0.0.1:0", served=[served], verifier=TokenVerifier(settings()), ready=is_ready)
    async with open_channel(await server.start()) as opened:
        yield opened
    await server.stop()


def parts_of(
    channel: grpc.aio.Channel, search: str = "", *, sent: str = "", seconds: float = 10
) -> AsyncGenerator[pb.ExportLeadsResponse]:
    method = lead_service_pb2_grpc.LeadServiceStub(channel).ExportLeads
    request = pb.ExportLeadsRequest(listing=pb.ListLeadsRequest(search=search))
    return stream(method, request, token=sent or token("leads:export"), timeout=seconds)


async def until_refused(parts: AsyncGenerator[pb.ExportLeadsResponse]) -> tuple[int, LeadlineError]:
    """How many parts came before the error, and the error."""
    count = 0
    with pytest.raises(LeadlineError) as refused:
        async for _ in parts:
            count += 1
    return count, refused.value


async def test_all_parts_come_under_the_callers_request_id(channel: grpc.aio.Channel) -> None:
    request_id.set("the-callers-own")
    parts = [part.csv async for part in parts_of(channel)]
    assert parts == [b"the-callers-own", PART, PART]


async def test_an_error_comes_after_the_parts_before_it(channel: grpc.aio.Channel) -> None:
    count, error = await until_refused(parts_of(channel, "refuse"))
    assert (count, error.reason, error.message) == (3, "PART_UNAVAILABLE", "Away.")


async def test_a_fault_of_the_service_is_no_error_of_the_callers(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        _ = [part async for part in parts_of(channel, "break")]
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(failed.value)


async def test_who_may_not_have_it_gets_no_part(channel: grpc.aio.Channel) -> None:
    count, error = await until_refused(parts_of(channel, sent=token("leads:view")))
    assert (count, error.reason) == (0, "PERMISSION_MISSING")


async def test_a_service_that_is_away_is_unavailable() -> None:
    async with open_channel("127.0.0.1:1") as nowhere:
        count, error = await until_refused(parts_of(nowhere))
    assert (count, error.reason) == (0, "PART_UNAVAILABLE")


async def test_the_deadline_holds_for_all_parts_together(channel: grpc.aio.Channel, servicer: Servicer) -> None:
    parts = parts_of(channel, "endless", seconds=0.3)
    await anext(parts)

    async def is_over() -> bool:
        return servicer.is_over

    await eventually(is_over)
    _, error = await until_refused(parts)
    assert error.reason == "DEADLINE_EXCEEDED"


async def test_a_reader_that_stops_stops_the_service(channel: grpc.aio.Channel, servicer: Servicer) -> None:
    async def is_over() -> bool:
        return servicer.is_over

    async with aclosing(parts_of(channel, "endless")) as parts:
        await anext(parts)
        assert not servicer.is_over
    await eventually(is_over)
    # What fits between the two, of 100 MiB.
    assert servicer.sent < 200
