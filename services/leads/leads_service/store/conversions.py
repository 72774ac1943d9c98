"""Conversions: what is planned, where it stands, and who is told when it ends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.store.tables import CONVERSIONS

ENDED_CHANNEL = "conversion_ended"
RUNNING, COMPLETED, FAILED = "running", "completed", "failed"
# A completed one that somebody asked to undo, and one that was undone.
UNCONVERTING, UNCONVERTED = "unconverting", "unconverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One conversion of a lead; ``plan`` is fixed when the lead is reserved."""

    id: UUID
    lead_id: UUID
    state: str
    plan: dict[str, Any]
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    failure_reason: str | None = None
    failure_message: str | None = None
    obstacles: list[dict[str, str]] = field(default_factory=list)
    started_by: UUID
    started_at: datetime
    ended_at: datetime | None = None
    ordered_at: datetime
    waits: dict[str, str] | None = None
    unconverted_by: UUID | None = None
    unconverted_at: datetime | None = None


async def insert(tx: Writing, conversion: Conversion) -> None:
    """Keep a new conversion."""
    row = {name: getattr(conversion, name) for name in Conversion.__dataclass_fields__}
    await tx.execute(sa.insert(CONVERSIONS), row)


async def get(connection: Reading, conversion_id: UUID) -> Conversion | None:
    """The conversion of this id."""
    query = sa.select(CONVERSIONS).where(CONVERSIONS.c.id == conversion_id)
    return _first(await connection.execute(query))


async def newest_of_lead(connection: Reading, lead_id: UUID) -> Conversion | None:
    """The lead's newest conversion."""
    query = sa.select(CONVERSIONS).where(CONVERSIONS.c.lead_id == lead_id)
    newest = query.order_by(CONVERSIONS.c.started_at.desc(), CONVERSIONS.c.id.desc()).limit(1)
    return _first(await connection.execute(newest))


async def end(tx: Writing, conversion_id: UUID, values: dict[str, Any]) -> Conversion:
    """Write how a conversion ended, and tell whoever waits for it once this is committed."""
    statement = (
        sa.update(CONVERSIONS).where(CONVERSIONS.c.id == conversion_id).values(values).returning(*CONVERSIONS.columns)
    )
    ended = Conversion(**(await tx.execute(statement)).mappings().one())
    await tx.execute(sa.select(sa.func.pg_notify(ENDED_CHANNEL, str(conversion_id))))
    return ended


def _first(result: sa.CursorResult[Any]) -> Conversion | None:
    row = result.mappings().one_or_none()
    return Conversion(**row) if row is not None else None
