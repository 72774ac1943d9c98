"""Deletions that are under way: what they close, who may not know of them yet, and what they have moved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from kit.db.database import Reading, Writing
from leads_service.domain.configuration import Retiring
from leads_service.store.tables import CLOSED_ENTRIES, RETIREMENT_MOVES, RETIREMENTS

# Whoever has asked whether an entry is open holds a lock on this table until its transaction ends. Of these, those
# that have locked or written rows may yet write what the deletion's count would miss.
_WRITERS = sa.text(
    """
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    GROUP BY virtualtransaction
    HAVING bool_or(relation = 'closed_entries'::regclass) AND bool_or(mode IN ('RowShareLock', 'RowExclusiveLock'))
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRetirement:
    """A deletion as this service knows it.

    ``plan`` holds ``order``, what its workflow started with, and ``revision``, the configuration that told of it;
    ``restoring`` once its moves are being undone.
    """

    id: UUID
    kind: str
    plan: dict[str, Any]
    known_from_xid: int
    ended_at: datetime | None

    @property
    def name(self) -> str:
        """The entry's name as it was when the deletion was asked for."""
        return str(self.plan["order"]["name"])

    @property
    def entry(self) -> UUID | str:
        """What leads have of the entry: the id of a pipeline or stage, the name of everything else."""
        by_id = self.kind in {Retiring.PIPELINE, Retiring.STAGE}
        return UUID(self.plan["order"]["entry_id"]) if by_id else self.name

    @property
    def stage_ids(self) -> list[str]:
        """The stages of opportunities that nothing enters any more; none where leads use the entry."""
        return list(self.plan["order"]["stage_ids"])

    @property
    def is_over(self) -> bool:
        """Whether nothing may be moved any more."""
        return self.ended_at is not None or bool(self.plan.get("restoring"))


async def known(connection: Reading, retirement_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these this service has heard of, ended ones included."""
    query = sa.select(RETIREMENTS.c.id).where(RETIREMENTS.c.id == _any_of(retirement_ids))
    return set((await connection.execute(query)).scalars())


async def add(tx: Writing, retirement_id: UUID, kind: str, plan: dict[str, Any]) -> None:
    """Keep a new deletion. It is known from this transaction on."""
    xid = sa.cast(sa.cast(sa.func.pg_current_xact_id(), sa.Text), sa.BigInteger)
    await tx.execute(sa.insert(RETIREMENTS).values(id=retirement_id, kind=kind, plan=plan, known_from_xid=xid))


async def forget_ended(tx: Writing, but: Sequence[UUID]) -> None:
    """Forget deletions that are over, but for those that the configuration still tells of."""
    over = RETIREMENTS.c.ended_at.is_not(None)
    await tx.execute(sa.delete(RETIREMENTS).where(over, RETIREMENTS.c.id != sa.all_(_ids(but))))


async def get(connection: Reading, retirement_id: UUID) -> KeptRetirement | None:
    """The deletion of this id."""
    return _first(await connection.execute(_by_id(retirement_id)))


async def lock(tx: Writing, retirement_id: UUID) -> KeptRetirement | None:
    """The deletion of this id, and nobody else takes a step of it until this transaction ends."""
    return _first(await tx.execute(_by_id(retirement_id).with_for_update()))


async def mark_restoring(tx: Writing, retirement: KeptRetirement) -> None:
    """Keep that nothing is to be moved any more."""
    plan = {**retirement.plan, "restoring": True}
    await tx.execute(sa.update(RETIREMENTS).where(RETIREMENTS.c.id == retirement.id).values(plan=plan))


async def end(tx: Writing, retirement_id: UUID, now: datetime) -> None:
    """Keep that it is over, and forget what it has moved."""
    await tx.execute(sa.delete(RETIREMENT_MOVES).where(RETIREMENT_MOVES.c.retirement_id == retirement_id))
    await tx.execute(sa.update(RETIREMENTS).where(RETIREMENTS.c.id == retirement_id).values(ended_at=now))


async def close(tx: Writing, retirement_id: UUID, entries: Iterable[tuple[str, str]]) -> None:
    """Let nothing enter these entries from now on, by kind and id or name."""
    rows = [{"kind": kind, "entry": entry, "retirement_id": retirement_id} for kind, entry in entries]
    if not rows:
        return
    statement = insert(CLOSED_ENTRIES).values(rows)
    # A name that was deleted before, and made again.
    again = {"retirement_id": statement.excluded.retirement_id, "open_from_revision": None}
    await tx.execute(statement.on_conflict_do_update(index_elements=["kind", "entry"], set_=again))


async def open_again(tx: Writing, retirement_id: UUID) -> None:
    """Open what a deletion had closed."""
    await tx.execute(sa.delete(CLOSED_ENTRIES).where(CLOSED_ENTRIES.c.retirement_id == retirement_id))


async def open_from(tx: Writing, retirement_id: UUID, revision: int) -> None:
    """Open what a deletion has emptied to those who know by their configuration that it is gone."""
    closed = CLOSED_ENTRIES.c.retirement_id == retirement_id
    await tx.execute(sa.update(CLOSED_ENTRIES).where(closed).values(open_from_revision=revision))


async def older_writer_is_there(connection: Reading, retirement: KeptRetirement) -> bool:
    """Whether a transaction that began to write before the deletion was known is still under way."""
    oldest = sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot())
    oldest_number = sa.cast(sa.cast(oldest, sa.Text), sa.BigInteger)
    return bool((await connection.execute(sa.select(oldest_number <= retirement.known_from_xid))).scalar_one())


async def writers(connection: Reading) -> set[str]:
    """The transactions that have been told that an entry is open, and that may write into it.

    A transaction gets its number when it first writes. One that asked before the deletion was known may so have a
    later number than it.
    """
    return set((await connection.execute(_WRITERS)).scalars())


async def keep_moves(tx: Writing, retirement_id: UUID, moves: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Keep what the deletion has made of these leads."""
    rows = [{"retirement_id": retirement_id, "record_id": each, "before": moves[each]} for each in moves]
    if rows:
        await tx.execute(sa.insert(RETIREMENT_MOVES), rows)


async def next_moves(tx: Writing, retirement_id: UUID, limit: int) -> dict[UUID, dict[str, Any]]:
    """The next leads that the deletion has moved, and what it has made of them."""
    columns = RETIREMENT_MOVES.c
    query = sa.select(columns.record_id, columns.before).where(columns.retirement_id == retirement_id)
    rows = await tx.execute(query.order_by(columns.record_id).limit(limit))
    return {row.record_id: row.before for row in rows}


async def forget_moves(tx: Writing, retirement_id: UUID, record_ids: Iterable[UUID]) -> None:
    """Forget what has been undone."""
    columns = RETIREMENT_MOVES.c
    undone = columns.record_id == _any_of(list(record_ids))
    await tx.execute(sa.delete(RETIREMENT_MOVES).where(columns.retirement_id == retirement_id, undone))


async def count_moves(connection: Reading, retirement_id: UUID) -> int:
    """How many leads are still to be moved back."""
    query = sa.select(sa.func.count()).where(RETIREMENT_MOVES.c.retirement_id == retirement_id)
    return int((await connection.execute(query)).scalar_one())


def _by_id(retirement_id: UUID) -> sa.Select[Any]:
    return sa.select(RETIREMENTS).where(RETIREMENTS.c.id == retirement_id)


def _ids(ids: Sequence[UUID]) -> sa.ColumnElement[Any]:
    return sa.literal(list(ids), sa.ARRAY(sa.Uuid))


def _any_of(ids: Sequence[UUID]) -> sa.ColumnElement[Any]:
    return sa.any_(_ids(ids))


def _first(result: sa.CursorResult[Any]) -> KeptRetirement | None:
    row = result.mappings().one_or_none()
    return KeptRetirement(**row) if row is not None else None
