"""Reading and writing the deletions of entries that records may use."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from settings_service.domain.retirements import Retirement
from settings_service.store.tables import RETIREMENTS

# Notified of the id of each one that has ended.
ENDED_CHANNEL = "retirement_ended"

_MOST_OVER = 100
_COLUMNS = RETIREMENTS.c
_IS_RUNNING = _COLUMNS.state == "running"


async def find(connection: Reading, retirement_id: UUID) -> Retirement | None:
    """The deletion with this id."""
    return await _one(connection, sa.select(RETIREMENTS).where(_COLUMNS.id == retirement_id))


async def running(connection: Reading) -> list[Retirement]:
    """Those that are running, the first one first."""
    return await _all(connection, sa.select(RETIREMENTS).where(_IS_RUNNING).order_by(_COLUMNS.id))


async def running_of(connection: Reading, entry_ids: Sequence[UUID]) -> Retirement | None:
    """One that is running and deletes one of these entries."""
    query = sa.select(RETIREMENTS).where(_IS_RUNNING, _COLUMNS.entry_id.in_(entry_ids)).limit(1)
    return await _one(connection, query)


async def newest(connection: Reading) -> list[Retirement]:
    """Those that are running and the newest 100 that are over, the newest first."""
    over = sa.select(_COLUMNS.id).where(~_IS_RUNNING).order_by(_COLUMNS.id.desc()).limit(_MOST_OVER)
    listed = sa.or_(_IS_RUNNING, _COLUMNS.id.in_(over))
    return await _all(connection, sa.select(RETIREMENTS).where(listed).order_by(_COLUMNS.id.desc()))


async def add(tx: Writing, **values: Any) -> Retirement:
    """Store one that begins now."""
    first = {"state": "running", "total": 0, "moved": 0, "started_at": sa.func.clock_timestamp()}
    return _retirement((await tx.execute(sa.insert(RETIREMENTS).values(first | values).returning(RETIREMENTS))).one())


async def report(tx: Writing, retirement_id: UUID, total: int, moved: int) -> None:
    """Keep how far a running one is; nothing for one that is over."""
    counted = sa.update(RETIREMENTS).where(_COLUMNS.id == retirement_id, _IS_RUNNING)
    await tx.execute(counted.values(total=total, moved=moved))


async def end(tx: Writing, retirement_id: UUID, **values: Any) -> Retirement:
    """Store how a running one ended, and tell who waits when this transaction commits."""
    ended = sa.update(RETIREMENTS).where(_COLUMNS.id == retirement_id, _IS_RUNNING)
    statement = ended.values(ended_at=sa.func.clock_timestamp(), **values).returning(RETIREMENTS)
    retirement = _retirement((await tx.execute(statement)).one())
    await tx.execute(sa.select(sa.func.pg_notify(ENDED_CHANNEL, str(retirement_id))))
    return retirement


async def _one(connection: Reading, query: sa.Select[Any]) -> Retirement | None:
    row = (await connection.execute(query)).one_or_none()
    return _retirement(row) if row else None


async def _all(connection: Reading, query: sa.Select[Any]) -> list[Retirement]:
    return [_retirement(row) for row in await connection.execute(query)]


def _retirement(row: sa.Row[Any]) -> Retirement:
    return Retirement(**row._mapping)
