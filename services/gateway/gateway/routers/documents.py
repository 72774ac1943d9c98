"""`/leads/{id}/documents`: what comes and goes passes through in parts."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import Depends, Query
from leadline.leads.v1 import document_service_pb2 as pb
from starlette.responses import Response

from gateway.answers.documents import document
from gateway.answers.json import created, cursor_page, no_content
from gateway.clients import Services
from gateway.downloads import download
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.base import CursorPage, CursorQuery, DocumentPathId, PathId
from gateway.schemas.documents import Document
from gateway.uploads import Upload, upload_within
from kit.errors import invalid_field

operations = Operations("Documents", pb.DESCRIPTOR.services_by_name["DocumentService"])

_LONGEST_NAME = 100
_UPLOAD = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "With its name and, where known, its type."}
    },
}

FileUpload = Annotated[Upload, Depends(upload_within(lambda settings: settings.document_limit_bytes))]


@operations.add("GET", "/leads/{id}/documents", "ListDocuments", answer=CursorPage[Document])
async def list_documents(services: Services, lead_id: PathId, query: Annotated[CursorQuery, Query()]) -> Response:
    """List a lead's documents, newest first."""
    request = pb.ListDocumentsRequest(lead_id=lead_id, **query.asked())
    answer = await services.call(services.documents.ListDocuments, request)
    items = [document(each) for each in answer.documents]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("POST", "/leads/{id}/documents", "UploadDocument", answer=Document, status=201, upload=_UPLOAD)
async def upload_document(
    services: Services, upload: FileUpload, lead_id: PathId, idempotency_key: IdempotencyKey = None
) -> Response:
    """Keep a document with a lead.

    One part, `file`, of at most 25 MB. Its type must be one of those that are taken, and be what the content is;
    where none is given, the content says it.
    """
    answer = await services.upload(services.documents.UploadDocument, _sent(upload, lead_id), key=idempotency_key)
    one = answer.document
    return created(document(one), f"/leads/{lead_id}/documents/{one.id}")


@operations.add("GET", "/leads/{id}/documents/{documentId}", "DownloadDocument", media="application/octet-stream")
async def download_document(services: Services, lead_id: PathId, document_id: DocumentPathId) -> Response:
    """Download a document.

    It comes as a file to be kept, under the type that it was found to have; `ETag` is its SHA-256.
    """
    request = pb.DownloadDocumentRequest(lead_id=lead_id, document_id=document_id)
    answers = services.stream(services.documents.DownloadDocument, request)
    one = (await anext(answers)).document
    headers = {
        # As it is kept: nothing of a charset, which nobody has looked at.
        "content-type": one.content_type,
        "content-length": str(one.size_bytes),
        "etag": f'"{one.sha256}"',
        # Whatever it is, where it is shown nevertheless it can do nothing.
        "content-security-policy": "sandbox",
    }
    return await download(answers, lambda each: each.content, one.content_type, one.name, headers=headers)


@operations.add("DELETE", "/leads/{id}/documents/{documentId}", "DeleteDocument", status=204)
async def delete_document(services: Services, lead_id: PathId, document_id: DocumentPathId) -> Response:
    """Delete a document, with its content."""
    request = pb.DeleteDocumentRequest(lead_id=lead_id, document_id=document_id)
    await services.call(services.documents.DeleteDocument, request)
    return no_content()


async def _sent(upload: Upload, lead_id: str) -> AsyncGenerator[pb.UploadDocumentRequest]:
    """What the service takes: what the file is, then its content."""
    found = False
    async with aclosing(upload.parts()) as parts:
        async for part in parts:
            if part.name != "file":
                name = part.name[:_LONGEST_NAME] or "body"
                raise invalid_field(name, "UNKNOWN_FIELD", "There is nothing of this name to be given here.")
            if found:
                raise invalid_field("file", "GIVEN_TWICE", "May be given once.")
            found = True
            new = pb.NewDocument(lead_id=lead_id, name=part.filename or "", content_type=part.content_type)
            yield pb.UploadDocumentRequest(document=new)
            async for chunk in part.chunks:
                yield pb.UploadDocumentRequest(content=chunk)
    if not found:
        raise invalid_field("file", "REQUIRED", "This must be given.")
