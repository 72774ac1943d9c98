"""Documents, as tests send and fetch them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from leadline.leads.v1 import document_service_pb2 as pb
from leadline.leads.v1 import document_service_pb2_grpc as pb_grpc

from kit.rpc.calls import stream, upload
from tests.integration.leads.door import USER_TOKEN, Door
from tests.unit.leads.samples_of_files import PDF

CHUNK = 100_000
SECONDS = 20.0


def stub(door: Door) -> Any:
    return pb_grpc.DocumentServiceStub(door.channel)


def pdf(size: int = 1000, mark: bytes = b"") -> bytes:
    """A file that begins as a PDF does, of so many bytes."""
    begin = PDF + mark
    return begin + (b"leadline" * (size // 8 + 1))[: size - len(begin)]


async def parts_of(
    lead_id: str, content: bytes, *, name: str = "offer.pdf", content_type: str = "application/pdf", size: int = CHUNK
) -> AsyncIterator[pb.UploadDocumentRequest]:
    new = pb.NewDocument(lead_id=lead_id, name=name, content_type=content_type)
    yield pb.UploadDocumentRequest(document=new)
    for chunk in chunks_of(content, size):
        yield pb.UploadDocumentRequest(content=chunk)


def chunks_of(content: bytes, size: int = CHUNK) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


async def send(door: Door, requests: Any, *, key: str | None = None, sent: str = USER_TOKEN) -> pb.Document:
    answer = await upload(stub(door).UploadDocument, requests, token=sent, timeout=SECONDS, idempotency_key=key)
    return answer.document  # type: ignore[no-any-return]


async def add(
    door: Door,
    lead_id: str,
    content: bytes | None = None,
    *,
    key: str | None = None,
    sent: str = USER_TOKEN,
    **what: Any,
) -> pb.Document:
    return await send(door, parts_of(lead_id, content or pdf(), **what), key=key, sent=sent)


async def fetch(door: Door, lead_id: str, document_id: str, *, sent: str = USER_TOKEN) -> tuple[pb.Document, bytes]:
    request = pb.DownloadDocumentRequest(lead_id=lead_id, document_id=document_id)
    answers = stream(stub(door).DownloadDocument, request, token=sent, timeout=SECONDS)
    document = (await anext(answers)).document
    contents = [answer.content async for answer in answers]
    assert all(len(each) <= 256 * 1024 for each in contents)
    return document, b"".join(contents)


async def listed(door: Door, lead_id: str, *, sent: str = USER_TOKEN, **page: Any) -> pb.ListDocumentsResponse:
    request = pb.ListDocumentsRequest(lead_id=lead_id, **page)
    return await door.ask(stub(door).ListDocuments, request, sent=sent)  # type: ignore[no-any-return]


async def remove(door: Door, lead_id: str, document_id: str, *, sent: str = USER_TOKEN) -> None:
    request = pb.DeleteDocumentRequest(lead_id=lead_id, document_id=document_id)
    await door.ask(stub(door).DeleteDocument, request, sent=sent)


class Hesitating:
    """An upload that waits in its middle, until it is let go on or broken off."""

    def __init__(self, lead_id: str, content: bytes) -> None:
        self.arrived = asyncio.Event()
        self.go_on = asyncio.Event()
        self._lead_id = lead_id
        self._content = content

    async def parts(self) -> AsyncIterator[pb.UploadDocumentRequest]:
        parts = [part async for part in parts_of(self._lead_id, self._content)]
        for place, part in enumerate(parts):
            if place == len(parts) // 2:
                self.arrived.set()
                await self.go_on.wait()
            yield part
