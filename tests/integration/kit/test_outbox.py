"""The outbox mechanism on a real database."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from kit.db.database import Database
from kit.db.outbox import BEHIND, PARKED_AFTER_REFUSALS, Outbox, OutboxRow, outbox_table
from kit.ids import new_id

METADATA = sa.MetaData()
TABLE = outbox_table(METADATA)
OUTBOX = Outbox(TABLE, channel="outbox_test")


@pytest.fixture(scope="module")
async def database(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    opened = Database(create_database("kit_outbox"), pool_size=4, application="test")
    async with opened.transaction() as tx:
        await tx.run_sync(METADATA.create_all)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
async def _empty(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(sa.delete(TABLE))


async def add(database: Database, key: UUID, *kinds: str) -> None:
    async with database.transaction() as tx:
        for kind in kinds:
            await OUTBOX.add(tx, key=key, kind=kind, payload={"kind": kind})


async def claim(database: Database, limit: int = 10) -> list[OutboxRow]:
    async with database.transaction() as tx:
        return await OUTBOX.claim(tx, limit)


async def test_a_row_of_a_rolled_back_transaction_is_never_delivered(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await OUTBOX.add(tx, key=new_id(), kind="start", payload={})
            raise RuntimeError
    assert await claim(database) == []


async def test_rows_of_one_key_come_one_after_the_other_and_other_keys_beside(database: Database) -> None:
    first, second = new_id(), new_id()
    await add(database, first, "start", "signal")
    await add(database, second, "start")
    claimed = await claim(database)
    assert [(row.key, row.kind) for row in claimed] == [(first, "start"), (second, "start")]
    assert await claim(database) == []
    async with database.transaction() as tx:
        assert await OUTBOX.delivered(tx, [row.id for row in claimed])
    later = await claim(database)
    assert [(row.key, row.kind) for row in later] == [(first, "signal")]
    async with database.transaction() as tx:
        assert not await OUTBOX.delivered(tx, [row.id for row in later])


async def test_what_comes_by_the_hundred_is_claimed_on_its_own(database: Database) -> None:
    async with database.transaction() as tx:
        await OUTBOX.add_many(tx, [(new_id(), "one of many", {}) for _ in range(100)], rank=BEHIND)
    await add(database, new_id(), "on its own")
    assert [row.kind for row in await claim(database, limit=3)] == ["on its own"]
    async with database.transaction() as tx:
        assert [row.kind for row in await OUTBOX.claim(tx, 2, rank=BEHIND)] == ["one of many"] * 2


async def test_two_relays_never_get_the_same_row(database: Database) -> None:
    for _ in range(6):
        await add(database, new_id(), "start")
    async with database.transaction() as one, database.transaction() as other:
        mine = await OUTBOX.claim(one, 3)
        theirs = await OUTBOX.claim(other, 10)
    assert len(mine) == 3
    assert len(theirs) == 3
    assert not {row.id for row in mine} & {row.id for row in theirs}


async def test_a_row_whose_relay_died_is_claimed_again_when_its_lease_is_over(database: Database) -> None:
    await add(database, new_id(), "start")
    (row,) = await claim(database)
    async with database.transaction() as tx:
        await tx.execute(sa.update(TABLE).values(claimed_until=sa.func.now() - sa.text("interval '1 second'")))
    (again,) = await claim(database)
    assert again.id == row.id


async def test_a_refused_row_waits_and_parks_in_the_end_where_operators_see_it(database: Database) -> None:
    await add(database, new_id(), "start")
    for _ in range(PARKED_AFTER_REFUSALS):
        (row,) = await claim(database)
        async with database.transaction() as tx:
            await OUTBOX.refused(tx, row, "no such namespace")
        assert await claim(database) == []
        async with database.transaction() as tx:
            await tx.execute(sa.update(TABLE).values(next_attempt_at=sa.func.now()))
    assert await claim(database) == []
    async with database.reading() as connection:
        state = await OUTBOX.state(connection)
        error = (await connection.execute(sa.select(TABLE.c.last_error))).scalar_one()
    assert (state.waiting, state.parked) == (0, 1)
    assert error == "no such namespace"


async def test_a_row_that_could_not_be_sent_is_never_parked(database: Database) -> None:
    await add(database, new_id(), "start")
    for _ in range(PARKED_AFTER_REFUSALS + 1):
        (row,) = await claim(database)
        async with database.transaction() as tx:
            await OUTBOX.postponed(tx, row, "nobody there")
            await tx.execute(sa.update(TABLE).values(next_attempt_at=sa.func.now()))
    assert len(await claim(database)) == 1
