"""Transactional outbox: what must be told to another system is written with the change and delivered after it.

Rows with the same key are delivered in order, others side by side. A row that the other system refuses is tried
again after a growing while, and parked after many refusals, where operators see it; it holds back its key's later
rows. A row that could not be sent, because the other system is away, waits and is never parked. Of different keys,
rows of a lower rank go first: what one caller waits for is not held up by the thousands of a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kit.context import request_id
from kit.db.database import Reading, Writing

PARKED_AFTER_REFUSALS = 12
# Ranks: what a single call orders, and what comes by the hundred.
FIRST, BEHIND = 0, 1
# Longer than a delivery takes; how long a row waits whose relay died.
_LEASE = timedelta(seconds=15)
_AWAY_WAIT = timedelta(seconds=2)
_LONGEST_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A row that has been claimed for delivery."""

    id: int
    key: UUID
    kind: str
    payload: dict[str, Any]
    request_id: str
    refusals: int
    created_at: datetime
    rank: int = FIRST


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How much waits, how old the oldest is, and how much is parked."""

    waiting: int
    oldest_seconds: float
    parked: int


def outbox_table(metadata: sa.MetaData) -> sa.Table:
    """The table of what waits for delivery; a delivered row is deleted."""
    timestamp = sa.DateTime(timezone=True)
    return sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("key", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", timestamp, nullable=False, server_default=sa.func.now()),
        sa.Column("next_attempt_at", timestamp, nullable=False, server_default=sa.func.now()),
        sa.Column("claimed_until", timestamp),
        sa.Column("parked_at", timestamp),
        sa.Column("last_error", sa.Text),
        sa.Index("outbox_key_id", "key", "id"),
        sa.Index("outbox_next", "rank", "id", postgresql_where=sa.text("parked_at IS NULL")),
    )


class Outbox:
    """Writing to and delivering from one outbox table. ``channel`` is notified of each commit that adds rows."""

    def __init__(self, table: sa.Table, *, channel: str) -> None:
        self.channel = channel
        self._table = table
        # Made once: they are executed all the time.
        self._added = sa.insert(table).returning(sa.func.pg_notify(channel, ""))
        self._claim = _claim_from(table)
        self._delivered = _delivered_from(table)

    async def add(self, tx: Writing, *, key: UUID, kind: str, payload: dict[str, Any]) -> None:
        """Have ``payload`` delivered after this transaction, in order with the other rows of ``key``."""
        await self.add_many(tx, [(key, kind, payload)])

    async def add_many(
        self, tx: Writing, orders: Sequence[tuple[UUID, str, dict[str, Any]]], *, rank: int = FIRST
    ) -> None:
        """Have several payloads delivered, each with its key and kind, in one statement."""
        rows = [
            {"key": key, "kind": kind, "payload": payload, "request_id": request_id.get(), "rank": rank}
            for key, kind, payload in orders
        ]
        if len(rows) == 1:
            # Unlike that for several, this statement is always the same, and compiled once.
            await tx.execute(self._added, rows[0])
        elif rows:
            await tx.execute(self._added.values(rows))

    async def claim(self, tx: Writing, limit: int, *, rank: int = FIRST) -> list[OutboxRow]:
        """Take up to ``limit`` due rows of this rank, each the first of its key, for 15 seconds."""
        claimed = await tx.execute(self._claim, {"wanted": limit, "of_rank": rank})
        return sorted((OutboxRow(*row) for row in claimed), key=lambda row: row.id)

    async def delivered(self, tx: Writing, ids: Sequence[int]) -> bool:
        """Delete rows that have arrived, and say whether that lets later ones of their keys go."""
        return any((await tx.execute(self._delivered, {"arrived": list(ids)})).scalars())

    async def refused(self, tx: Writing, row: OutboxRow, error: str) -> None:
        """Have a row that was refused tried again later, or park it after too many refusals."""
        wait = timedelta(seconds=min(_LONGEST_WAIT_SECONDS, 0.2 * 2**row.refusals))
        values = {
            "claimed_until": None,
            "refusals": row.refusals + 1,
            "next_attempt_at": sa.func.now() + wait,
            "parked_at": sa.func.now() if row.refusals + 1 >= PARKED_AFTER_REFUSALS else None,
            "last_error": error[:1000],
        }
        await tx.execute(sa.update(self._table).where(self._table.c.id == row.id).values(values))

    async def postponed(self, tx: Writing, row: OutboxRow, error: str) -> None:
        """Have a row that could not be sent tried again soon."""
        values = {"claimed_until": None, "next_attempt_at": sa.func.now() + _AWAY_WAIT, "last_error": error[:1000]}
        await tx.execute(sa.update(self._table).where(self._table.c.id == row.id).values(values))

    async def state(self, connection: Reading) -> OutboxState:
        """What waits and what is parked."""
        table = self._table
        waits = table.c.parked_at.is_(None)
        oldest = sa.func.min(table.c.created_at).filter(waits)
        query = sa.select(
            sa.func.count().filter(waits),
            sa.func.coalesce(sa.extract("epoch", sa.func.now() - oldest), 0),
            sa.func.count().filter(~waits),
        )
        waiting, oldest_seconds, parked = (await connection.execute(query)).one()
        return OutboxState(waiting, float(oldest_seconds), parked)


def _claim_from(table: sa.Table) -> sa.Executable:
    """Takes ``wanted`` due rows ``of_rank``."""
    earlier = table.alias("earlier")
    free = sa.or_(table.c.claimed_until.is_(None), table.c.claimed_until < sa.func.now())
    first_of_key = ~sa.exists().where(earlier.c.key == table.c.key, earlier.c.id < table.c.id)
    due = (
        sa.select(table.c.id)
        .where(table.c.parked_at.is_(None), table.c.rank == sa.bindparam("of_rank", type_=sa.SmallInteger))
        .where(table.c.next_attempt_at <= sa.func.now(), free, first_of_key)
        .order_by(table.c.id)
        .limit(sa.bindparam("wanted", type_=sa.Integer))
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        sa.update(table)
        .where(table.c.id.in_(due))
        .values(claimed_until=sa.func.now() + _LEASE)
        .returning(
            table.c.id,
            table.c.key,
            table.c.kind,
            table.c.payload,
            table.c.request_id,
            table.c.refusals,
            table.c.created_at,
            table.c.rank,
        )
    )


def _delivered_from(table: sa.Table) -> sa.Executable:
    """Deletes the rows ``arrived``, and says of each whether a later one of its key is there."""
    later = table.alias("later")
    held_back = sa.exists().where(later.c.key == table.c.key, later.c.id > table.c.id)
    arrived = sa.bindparam("arrived", type_=ARRAY(sa.BigInteger))
    return sa.delete(table).where(table.c.id == sa.any_(arrived)).returning(held_back)
