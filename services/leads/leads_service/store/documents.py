"""Documents of a lead, newest first."""

from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.paging import Page, Span
from leads_service.domain.documents import Document
from leads_service.store.tables import DOCUMENTS
from leads_service.store.timeline import page_of_lead


async def list_documents(connection: Reading, lead_id: UUID, span: Span) -> Page[Document]:
    """A page of the lead's documents."""
    return await page_of_lead(connection, DOCUMENTS, DOCUMENTS.c.created_at, Document, (lead_id, span))


async def get(connection: Reading, lead_id: UUID, document_id: UUID) -> Document | None:
    """The document, if the lead has it."""
    query = sa.select(DOCUMENTS).where(DOCUMENTS.c.id == document_id, DOCUMENTS.c.lead_id == lead_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else Document(**row)


async def count(connection: Reading, lead_id: UUID) -> int:
    """How many documents the lead has."""
    query = sa.select(sa.func.count()).where(DOCUMENTS.c.lead_id == lead_id)
    return int((await connection.execute(query)).scalar_one())


async def insert(tx: Writing, document: Document) -> None:
    """Keep a document."""
    await tx.execute(sa.insert(DOCUMENTS), asdict(document))


async def delete(tx: Writing, document: Document) -> None:
    """Take a document away."""
    await tx.execute(sa.delete(DOCUMENTS).where(DOCUMENTS.c.id == document.id))
