"""The relay on a real database: nothing lost, nothing out of order, whatever the other system does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
import sqlalchemy as sa

from kit.db.database import Database, Writing
from kit.db.outbox import BEHIND, FIRST, Outbox, OutboxRow, outbox_table
from kit.db.relay import AwayError, Relay
from kit.ids import new_id
from tests.support.waiting import eventually

METADATA = sa.MetaData()
TABLE = outbox_table(METADATA)
OUTBOX = Outbox(TABLE, channel="relay_test")


@pytest.fixture(scope="module")
async def database(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    opened = Database(create_database("kit_relay"), pool_size=8, application="test")
    async with opened.transaction() as tx:
        await tx.run_sync(METADATA.create_all)
    yield opened
    await opened.close()


@asynccontextmanager
async def relay(database: Database, deliver: Callable[[OutboxRow], Awaitable[None]]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Relay(database, OUTBOX, deliver).run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def add(database: Database, key: UUID, *kinds: str) -> None:
    async with database.transaction() as tx:
        for kind in kinds:
            await OUTBOX.add(tx, key=key, kind=kind, payload={})


async def left(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(TABLE))).scalar_one())


async def test_what_somebody_waits_for_passes_what_comes_by_the_hundred(database: Database) -> None:
    opened, arrived = asyncio.Event(), list[str]()

    async def deliver(row: OutboxRow) -> None:
        arrived.append(row.kind)
        if row.rank == BEHIND:
            await opened.wait()

    async def so_far() -> list[str]:
        return arrived

    async with database.transaction() as tx:
        await OUTBOX.add_many(tx, [(new_id(), "one of many", {}) for _ in range(100)], rank=BEHIND)
    async with relay(database, deliver):
        await eventually(so_far, lambda kinds: kinds == ["one of many"] * 4)
        await add(database, new_id(), "on its own")
        await eventually(so_far, lambda kinds: "on its own" in kinds)
        assert arrived.count("one of many") == 4
        opened.set()
        await eventually(lambda: left(database), lambda rows: rows == 0)
    assert arrived.count("one of many") == 100


async def test_rows_of_one_key_follow_each_other_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.db.relay._POLL_SECONDS", 60.0)
    arrived: list[str] = []

    async def deliver(row: OutboxRow) -> None:
        arrived.append(row.kind)

    async with relay(database, deliver):
        await add(database, new_id(), "1", "2", "3")
        await eventually(lambda: left(database), lambda rows: rows == 0)
    assert arrived == ["1", "2", "3"]


async def test_a_row_that_is_written_while_the_one_before_is_deleted_is_not_left_to_the_next_look(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.db.relay._POLL_SECONDS", 60.0)
    deleted, written, arrived = asyncio.Event(), asyncio.Event(), list[str]()

    class SlowOutbox(Outbox):
        async def delivered(self, tx: Writing, ids: Sequence[int]) -> bool:
            held_back = await super().delivered(tx, ids)
            deleted.set()
            await written.wait()
            return held_back

        async def claim(self, tx: Writing, limit: int, *, rank: int = FIRST) -> list[OutboxRow]:
            rows = await super().claim(tx, limit, rank=rank)
            if (await tx.execute(sa.select(TABLE.c.id).where(TABLE.c.kind == "2"))).first():
                # Once this claim is over.
                asyncio.get_running_loop().call_later(0.2, written.set)
            return rows

    async def deliver(row: OutboxRow) -> None:
        arrived.append(row.kind)

    key, stop = new_id(), asyncio.Event()
    running = asyncio.create_task(Relay(database, SlowOutbox(TABLE, channel=OUTBOX.channel), deliver).run(stop))
    await add(database, key, "1")
    await deleted.wait()
    await add(database, key, "2")
    await eventually(lambda: left(database), lambda rows: rows == 0)
    assert arrived == ["1", "2"]
    stop.set()
    await running


async def test_two_relays_deliver_each_row_once_and_each_key_in_order(database: Database) -> None:
    arrived: list[tuple[UUID, str]] = []

    async def deliver(row: OutboxRow) -> None:
        arrived.append((row.key, row.kind))

    keys = [new_id() for _ in range(30)]
    async with relay(database, deliver), relay(database, deliver):
        for key in keys:
            await add(database, key, "1", "2", "3")
        await eventually(lambda: left(database), lambda rows: rows == 0)
    for key in keys:
        assert [kind for of, kind in arrived if of == key] == ["1", "2", "3"]


async def test_what_was_written_while_no_relay_ran_is_delivered_when_one_starts(database: Database) -> None:
    await add(database, new_id(), "start")
    arrived = asyncio.Event()

    async def deliver(_row: OutboxRow) -> None:
        arrived.set()

    async with relay(database, deliver):
        await asyncio.wait_for(arrived.wait(), 5)
    assert await left(database) == 0


async def test_while_the_other_system_is_away_rows_wait_and_then_arrive(database: Database) -> None:
    attempts = 0

    async def deliver(_row: OutboxRow) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 2:
            message = "nobody there"
            raise AwayError(message)

    await add(database, new_id(), "start")
    async with relay(database, deliver):
        await eventually(lambda: left(database), lambda rows: rows == 0)
    assert attempts == 2


async def test_a_refused_row_holds_back_its_own_key_only(database: Database) -> None:
    arrived: list[str] = []

    async def deliver(row: OutboxRow) -> None:
        if row.kind == "bad":
            raise RuntimeError
        arrived.append(row.kind)

    await add(database, new_id(), "bad", "behind")
    async with relay(database, deliver):
        await add(database, new_id(), "other")
        await eventually(lambda: left(database), lambda rows: rows == 2)
    assert arrived == ["other"]
    async with database.transaction() as tx:
        await tx.execute(sa.delete(TABLE))
