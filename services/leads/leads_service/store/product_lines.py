"""The product lines of leads."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.domain.product_lines import ProductLine
from leads_service.store.tables import PRODUCT_LINES


async def lines_of(connection: Reading, lead_id: UUID) -> Sequence[ProductLine]:
    """The lead's lines, in the order in which they were added."""
    columns = PRODUCT_LINES.c
    query = sa.select(PRODUCT_LINES).where(columns.lead_id == lead_id).order_by(columns.created_at, columns.id)
    return [ProductLine(**row) for row in (await connection.execute(query)).mappings()]


async def insert(tx: Writing, line: ProductLine) -> None:
    """Write a new line of a locked lead."""
    await tx.execute(sa.insert(PRODUCT_LINES), asdict(line))


async def update(tx: Writing, line: ProductLine) -> None:
    """Write a line of a locked lead as it is now."""
    await tx.execute(sa.update(PRODUCT_LINES).where(PRODUCT_LINES.c.id == line.id).values(asdict(line)))


async def delete(tx: Writing, line: ProductLine) -> None:
    """Take a line out of a locked lead's."""
    await tx.execute(sa.delete(PRODUCT_LINES).where(PRODUCT_LINES.c.id == line.id))
