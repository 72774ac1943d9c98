"""DocumentService: documents of a lead, whose contents come and go in parts."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from leadline.leads.v1 import document_service_pb2 as pb
from leadline.leads.v1 import document_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.errors import invalid_field
from kit.ids import new_id, parse_id
from kit.rpc.guard import Context
from kit.rpc.times import to_timestamp
from leads_service.domain.documents import Document, Incoming
from leads_service.rpc.contents import content_part
from leads_service.rpc.paging import asked_of_lead, cursor_after
from leads_service.rpc.situation import Parts, caller_id
from leads_service.usecases import contents, documents


class DocumentServicer(pb_grpc.DocumentServiceServicer):
    """Each change is one transaction, and none is open while a content flows."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ListDocuments(self, request: pb.ListDocumentsRequest, _context: Context) -> pb.ListDocumentsResponse:
        """A page of documents."""
        lead_id, name, span = asked_of_lead(request, "documents")
        async with self._parts.database.reading() as connection:
            page = await documents.list_documents(connection, lead_id, span)
        return pb.ListDocumentsResponse(
            documents=[_document(each) for each in page.records],
            total=page.total,
            next_cursor=cursor_after(page, name),
        )

    async def UploadDocument(
        self, requests: AsyncIterator[pb.UploadDocumentRequest], context: Context
    ) -> pb.UploadDocumentResponse:
        """Keeps a document; repeated under the same idempotency key, the first answer."""
        first = await anext(aiter(requests), pb.UploadDocumentRequest())
        if first.WhichOneof("part") != "document":
            raise invalid_field("document", "REQUIRED", "The first message says what comes.")
        given = first.document
        lead_id = parse_id(given.lead_id, "id")
        key = key_of_call("UploadDocument", given, context.invocation_metadata())
        if key is None:
            # Under a key there may be a first answer, whatever has become of the lead since.
            async with self._parts.database.reading() as connection:
                await documents.require_place(connection, lead_id)
        incoming = Incoming(given.name, given.content_type, self._parts.limits.document_bytes)
        object_key = f"documents/{new_id()}"
        flow = documents.taken(incoming, _chunks(requests))
        await contents.put(self._parts.database, self._parts.objects, object_key, flow, self._parts.clock)
        content = incoming.whole()

        async def add(tx: Writing) -> pb.UploadDocumentResponse:
            document = await documents.add_document(
                tx,
                lead_id,
                incoming.name,
                content,
                object_key,
                created_by=caller_id(),
                situation=self._parts.by_caller(),
            )
            return pb.UploadDocumentResponse(document=_document(document))

        key = key.with_content(content.sha256) if key is not None else None
        return await self._parts.idempotency.once(key, pb.UploadDocumentResponse, add)

    async def DownloadDocument(
        self, request: pb.DownloadDocumentRequest, _context: Context
    ) -> AsyncIterator[pb.DownloadDocumentResponse]:
        """What it is, once its content is there, and then the content."""
        lead_id, document_id = parse_id(request.lead_id, "id"), parse_id(request.document_id, "documentId")
        async with self._parts.database.reading() as connection:
            document = await documents.get_document(connection, lead_id, document_id)
        async with aclosing(documents.content_of(self._parts.database, self._parts.objects, document)) as parts:
            first = await anext(parts, b"")
            yield pb.DownloadDocumentResponse(document=_document(document))
            yield pb.DownloadDocumentResponse(content=first)
            async for part in parts:
                yield pb.DownloadDocumentResponse(content=part)

    async def DeleteDocument(self, request: pb.DeleteDocumentRequest, _context: Context) -> pb.DeleteDocumentResponse:
        """Takes a document away."""
        lead_id, document_id = parse_id(request.lead_id, "id"), parse_id(request.document_id, "documentId")
        situation = self._parts.by_caller()
        async with self._parts.database.transaction() as tx:
            await documents.remove_document(tx, lead_id, document_id, situation)
        return pb.DeleteDocumentResponse()


async def _chunks(requests: AsyncIterator[pb.UploadDocumentRequest]) -> AsyncIterator[bytes]:
    async for request in requests:
        if request.WhichOneof("part") != "content":
            raise invalid_field("document", "GIVEN_TWICE", "Only the first message says what comes.")
        yield content_part(request.content)


def _document(document: Document) -> pb.Document:
    return pb.Document(
        id=str(document.id),
        lead_id=str(document.lead_id),
        name=document.name,
        content_type=document.content_type,
        size_bytes=document.size_bytes,
        sha256=document.sha256.hex(),
        created_by=str(document.created_by),
        created_at=to_timestamp(document.created_at),
    )
