"""Comparisons of all clocks with their leads that somebody waits for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.db.outbox import FIRST
from leadline_workflows.contracts.outbox import CLOCK_CHECK
from leads_service.store.conversions import ENDED_CHANNEL
from leads_service.store.tables import CLOCK_CHECKS, OUTBOX

_PURGED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """One comparison: whether it is over, and how many clocks were ordered anew."""

    is_over: bool
    repaired: int


async def insert(tx: Writing, check_id: UUID, now: datetime) -> None:
    """Keep a comparison that was asked for."""
    await tx.execute(sa.insert(CLOCK_CHECKS), {"id": check_id, "requested_at": now})


async def not_begun(tx: Writing) -> UUID | None:
    """A comparison that was asked for and is still to be begun, which it is not before this transaction ends."""
    query = sa.select(OUTBOX.c.key).where(OUTBOX.c.kind == CLOCK_CHECK, OUTBOX.c.rank == FIRST)
    free = query.where(OUTBOX.c.parked_at.is_(None), OUTBOX.c.claimed_until.is_(None)).order_by(OUTBOX.c.id).limit(1)
    return (await tx.execute(free.with_for_update(skip_locked=True))).scalar_one_or_none()


async def get(connection: Reading, check_id: UUID) -> ClockCheck | None:
    """The comparison of this id."""
    query = sa.select(CLOCK_CHECKS.c.ended_at, CLOCK_CHECKS.c.repaired).where(CLOCK_CHECKS.c.id == check_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else ClockCheck(row.ended_at is not None, row.repaired)


async def end(tx: Writing, check_id: UUID, repaired: int, now: datetime) -> None:
    """Write how a comparison ended, once, and tell whoever waits for it. One that is not known is over."""
    check = CLOCK_CHECKS.c
    statement = sa.update(CLOCK_CHECKS).where(check.id == check_id, check.ended_at.is_(None))
    await tx.execute(statement.values(ended_at=now, repaired=repaired))
    # One connection of each process listens for the ends of whatever is waited for by its id.
    await tx.execute(sa.select(sa.func.pg_notify(ENDED_CHANNEL, str(check_id))))


async def purge(tx: Writing, before: datetime) -> None:
    """Forget some of the comparisons that were asked for before that."""
    check = CLOCK_CHECKS.c
    old = sa.select(check.id).where(check.requested_at < before).order_by(check.requested_at).limit(_PURGED_AT_ONCE)
    await tx.execute(sa.delete(CLOCK_CHECKS).where(check.id.in_(old.with_for_update(skip_locked=True))))
