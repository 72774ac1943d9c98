"""A request that comes in parts and breaks off is never taken for a whole one."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from leadline.leads.v1 import document_service_pb2 as pb
from leadline.leads.v1 import document_service_pb2_grpc as pb_grpc

from kit.rpc.calls import call_metadata, open_channel, upload
from kit.rpc.guard import Context
from kit.rpc.server import RpcServer, Served
from kit.tokens import TokenVerifier
from tests.support.tokens import settings, token
from tests.support.waiting import eventually

PARTS = [pb.UploadDocumentRequest(document=pb.NewDocument(name="a")), pb.UploadDocumentRequest(content=b"abc")]


class Keeper(pb_grpc.DocumentServiceServicer):
    """Keeps what is whole."""

    def __init__(self) -> None:
        self.begun = 0
        self.over = 0
        self.kept: list[list[Any]] = []

    async def UploadDocument(  # noqa: N802 - named by the proto
        self, requests: AsyncIterator[pb.UploadDocumentRequest], _context: Context
    ) -> pb.UploadDocumentResponse:
        came = []
        try:
            async for each in requests:
                came.append(each)
                self.begun += 1
            self.kept.append(came)
        finally:
            self.over += 1
        return pb.UploadDocumentResponse()


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()  # type: ignore[abstract] # the other methods are left out on purpose


@pytest.fixture
async def channel(keeper: Keeper) -> AsyncIterator[grpc.aio.Channel]:
    service = pb.DESCRIPTOR.services_by_name["DocumentService"]
    served = Served(keeper, pb_grpc.add_DocumentServiceServicer_to_server, service)
    server = RpcServer("127.0.0.1:0", served=[served], verifier=TokenVerifier(settings()), ready=_is_ready)
    async with open_channel(await server.start()) as opened:
        yield opened
    await server.stop()


async def _is_ready() -> bool:
    return True


async def sent(*, then: Exception | None = None) -> AsyncIterator[pb.UploadDocumentRequest]:
    for each in PARTS:
        yield each
    if then is not None:
        raise then


async def put(channel: grpc.aio.Channel, requests: AsyncIterator[pb.UploadDocumentRequest]) -> None:
    method = pb_grpc.DocumentServiceStub(channel).UploadDocument
    await upload(method, requests, token=token("leads:edit"), timeout=5)


async def test_what_comes_whole_is_kept_as_it_was_sent(channel: grpc.aio.Channel, keeper: Keeper) -> None:
    await put(channel, sent())
    assert keeper.kept == [PARTS]


async def test_what_the_sender_breaks_off_is_not_kept(channel: grpc.aio.Channel, keeper: Keeper) -> None:
    async def over() -> bool:
        return keeper.over > 0

    with pytest.raises(ZeroDivisionError):
        await put(channel, sent(then=ZeroDivisionError()))
    await eventually(over)
    assert keeper.kept == []


async def test_what_is_cut_off_on_its_way_is_not_kept(channel: grpc.aio.Channel, keeper: Keeper) -> None:
    async def begun() -> bool:
        return keeper.begun == len(PARTS)

    async def over() -> bool:
        return keeper.over > 0

    calling = pb_grpc.DocumentServiceStub(channel).UploadDocument(metadata=call_metadata(token("leads:edit")))
    for each in PARTS:
        await calling.write(each)
    await eventually(begun)
    calling.cancel()
    await eventually(over)
    assert keeper.kept == []


async def test_a_caller_that_forgets_to_say_that_it_is_the_end_is_told(
    channel: grpc.aio.Channel, keeper: Keeper
) -> None:
    calling = pb_grpc.DocumentServiceStub(channel).UploadDocument(sent(), metadata=call_metadata(token("leads:edit")))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await calling
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "ends with an empty message" in str(refused.value.details())
    assert keeper.kept == []
