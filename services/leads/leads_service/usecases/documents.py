"""Documents of a lead. Their contents come and go in parts; a row and its activity are one transaction."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from uuid import UUID

from kit.db.database import Database, Reading, Writing
from kit.errors import unavailable
from kit.logs import get_logger
from kit.object_store import ObjectStore
from kit.paging import Page, Span
from leads_service.domain import documents as rules
from leads_service.domain.documents import Content, Document, Incoming, document_not_found
from leads_service.domain.settling import Situation
from leads_service.domain.standing import Deed, lead_not_found, require
from leads_service.store import documents, leads, unused_objects
from leads_service.usecases.saving import load, load_locked, save

log = get_logger(__name__)


async def require_place(connection: Reading, lead_id: UUID) -> None:
    """Refuse a document early that its lead would not take. It is asked again when the content is there.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, LEAD_CONVERTING, LIST_FULL.
    """
    require(await load(connection, lead_id), Deed.ADD)
    rules.require_room(await documents.count(connection, lead_id))


async def taken(incoming: Incoming, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The chunks, each looked at on its way; the end comes only if the whole of it can be taken.

    Raises:
        LeadlineError: whatever ``incoming`` refuses.
    """
    async for chunk in chunks:
        incoming.take(chunk)
        yield chunk
    incoming.whole()


async def add_document(
    tx: Writing, lead_id: UUID, name: str, content: Content, key: str, *, created_by: UUID, situation: Situation
) -> Document:
    """Keep a document whose content is in the store under ``key``.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, PART_UNAVAILABLE, and whatever ``documents.add`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    count = await documents.count(tx, lead_id)
    document, change = rules.add(lead, count, name, content, key, created_by=created_by, situation=situation)
    await unused_objects.used(tx, key)
    await documents.insert(tx, document)
    await save(tx, lead, change, situation)
    return document


async def remove_document(tx: Writing, lead_id: UUID, document_id: UUID, situation: Situation) -> None:
    """Take a document away; its content follows soon.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, DOCUMENT_NOT_FOUND, LEAD_CONVERTING.
    """
    lead = await load_locked(tx, lead_id)
    document = await documents.get(tx, lead_id, document_id)
    if document is None:
        raise document_not_found(document_id)
    change = rules.remove(lead, document, situation)
    await documents.delete(tx, document)
    await unused_objects.unused(tx, [document.object_key], situation.now)
    await save(tx, lead, change, situation)


async def list_documents(connection: Reading, lead_id: UUID, span: Span) -> Page[Document]:
    """A page of the lead's documents.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    await _require_lead(connection, lead_id)
    return await documents.list_documents(connection, lead_id, span)


async def get_document(connection: Reading, lead_id: UUID, document_id: UUID) -> Document:
    """A document of the lead.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, DOCUMENT_NOT_FOUND.
    """
    await _require_lead(connection, lead_id)
    document = await documents.get(connection, lead_id, document_id)
    if document is None:
        raise document_not_found(document_id)
    return document


async def content_of(database: Database, objects: ObjectStore, document: Document) -> AsyncGenerator[bytes]:
    """The content of a document, in parts. It ends only if it is whole.

    Raises:
        LeadlineError: DOCUMENT_NOT_FOUND where it was taken away just now, PART_UNAVAILABLE.
    """
    size = 0
    try:
        async with aclosing(objects.read(document.object_key)) as parts:
            async for part in parts:
                size += len(part)
                yield part
    except FileNotFoundError as error:
        async with database.reading() as connection:
            await get_document(connection, document.lead_id, document.id)
        raise _damaged(document, "there is no object") from error
    if size != document.size_bytes:
        raise _damaged(document, f"the object has {size} bytes")


async def _require_lead(connection: Reading, lead_id: UUID) -> None:
    if not await leads.exists(connection, lead_id):
        raise lead_not_found(lead_id)


def _damaged(document: Document, found: str) -> Exception:
    log.error("the object store lacks a document", document_id=str(document.id), key=document.object_key, found=found)
    return unavailable("The content of this document cannot be had now.")
