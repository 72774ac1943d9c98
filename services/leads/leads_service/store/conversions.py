"""Conversions: what is planned, where it stands, and who is told when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leadline_workflows.contracts.outbox import CONVERSION, UNCONVERSION
from leads_service.domain.conversion import Surroundings
from leads_service.store import product_lines
from leads_service.store.tables import CONVERSIONS, DOCUMENTS, NOTES, OUTBOX, TEAM_MEMBERS

ENDED_CHANNEL = "conversion_ended"
RUNNING, COMPLETED, FAILED = "running", "completed", "failed"
# A completed one that somebody asked to undo, and one that was undone.
UNCONVERTING, UNCONVERTED = "unconverting", "unconverted"
UNFINISHED = (RUNNING, UNCONVERTING)
_ORDERS = (CONVERSION, UNCONVERSION)


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
    # From when on a running one only goes back.
    undoing_since: datetime | None = None
    ended_at: datetime | None = None
    ordered_at: datetime
    waits: dict[str, str] | None = None
    unconverted_by: UUID | None = None
    unconverted_at: datetime | None = None

    @property
    def is_being_undone(self) -> bool:
        """Whether it runs, and only back."""
        return self.state == RUNNING and self.undoing_since is not None


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


async def surroundings(connection: Reading, lead_id: UUID) -> Surroundings:
    """What stands around a lead and goes along with it."""
    others = [_any_of(table, lead_id) for table in (NOTES, DOCUMENTS, TEAM_MEMBERS)]
    found = (await connection.execute(sa.select(*others))).one()
    lines = await product_lines.lines_of(connection, lead_id)
    return Surroundings(lines=lines, has_notes=found[0], has_documents=found[1], has_team=found[2])


def _any_of(table: sa.Table, lead_id: UUID) -> sa.ColumnElement[bool]:
    return sa.exists().where(table.c.lead_id == lead_id)


async def change(tx: Writing, conversion_id: UUID, values: dict[str, Any]) -> Conversion:
    """Write what is different about a conversion that goes on."""
    statement = sa.update(CONVERSIONS).where(CONVERSIONS.c.id == conversion_id).values(values)
    return Conversion(**(await tx.execute(statement.returning(*CONVERSIONS.columns))).mappings().one())


async def keep_wait(tx: Writing, conversion_id: UUID, waits: dict[str, str] | None) -> None:
    """Write what an unfinished conversion waits for."""
    unfinished = CONVERSIONS.c.state.in_(UNFINISHED)
    await tx.execute(sa.update(CONVERSIONS).where(CONVERSIONS.c.id == conversion_id, unfinished).values(waits=waits))


async def unfinished(
    connection: Reading, ordered_before: datetime, after: UUID | None, limit: int
) -> Sequence[Conversion]:
    """The next unfinished conversions by id that were ordered before an instant."""
    query = sa.select(CONVERSIONS).where(CONVERSIONS.c.state.in_(UNFINISHED), CONVERSIONS.c.ordered_at < ordered_before)
    if after is not None:
        query = query.where(CONVERSIONS.c.id > after)
    rows = await connection.execute(query.order_by(CONVERSIONS.c.id).limit(limit))
    return [Conversion(**row) for row in rows.mappings()]


async def lock_without_order(tx: Writing, conversion_ids: Sequence[UUID]) -> Sequence[Conversion]:
    """Of these conversions, the unfinished ones whose order does not wait to be delivered; what others hold is left."""
    ordered = sa.exists().where(OUTBOX.c.key == CONVERSIONS.c.lead_id, OUTBOX.c.kind.in_(_ORDERS))
    query = sa.select(CONVERSIONS).where(
        CONVERSIONS.c.id.in_(conversion_ids), CONVERSIONS.c.state.in_(UNFINISHED), ~ordered
    )
    rows = await tx.execute(query.order_by(CONVERSIONS.c.id).with_for_update(skip_locked=True))
    return [Conversion(**row) for row in rows.mappings()]


async def keep_ordered(tx: Writing, conversion_ids: Sequence[UUID], at: datetime) -> None:
    """Write when the workflows of these conversions were ordered last."""
    await tx.execute(sa.update(CONVERSIONS).where(CONVERSIONS.c.id.in_(conversion_ids)).values(ordered_at=at))


async def end(tx: Writing, conversion_id: UUID, values: dict[str, Any]) -> Conversion:
    """Write how a conversion ended, and tell whoever waits for it once this is committed."""
    ended = await change(tx, conversion_id, {"waits": None, **values})
    await tx.execute(sa.select(sa.func.pg_notify(ENDED_CHANNEL, str(conversion_id))))
    return ended


def _first(result: sa.CursorResult[Any]) -> Conversion | None:
    row = result.mappings().one_or_none()
    return Conversion(**row) if row is not None else None
