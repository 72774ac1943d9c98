"""What is sold with opportunities."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from uuid import UUID

import sqlalchemy as sa

from crm_service.domain.lines import OpportunityLine
from crm_service.store.tables import OPPORTUNITY_LINES
from kit.db.database import Reading, Writing

_LINE = tuple(OPPORTUNITY_LINES.c[each.name] for each in fields(OpportunityLine))


async def insert_lines(tx: Writing, opportunity_id: UUID, lines: Sequence[OpportunityLine]) -> None:
    """Add the lines of a new opportunity, in their order."""
    rows = [
        asdict(line) | {"opportunity_id": opportunity_id, "position": place, "total": line.total}
        for place, line in enumerate(lines)
    ]
    if rows:
        await tx.execute(sa.insert(OPPORTUNITY_LINES).values(rows))


async def lines_of(connection: Reading, opportunity_id: UUID) -> Sequence[OpportunityLine]:
    """The lines of an opportunity, in their order."""
    query = sa.select(*_LINE).where(OPPORTUNITY_LINES.c.opportunity_id == opportunity_id)
    rows = await connection.execute(query.order_by(OPPORTUNITY_LINES.c.position))
    return [OpportunityLine(**row._mapping) for row in rows]
