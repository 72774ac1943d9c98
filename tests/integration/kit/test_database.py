"""Reading and writing connections, also when who uses them hangs up."""

import asyncio
import gc
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa

from kit.db.database import Database, LongReads
from kit.errors import LeadlineError


@pytest.fixture(scope="session")
def database_url(create_database: Callable[[str], str]) -> str:
    url = create_database("kit_database")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE things (name text)")
    return url


async def test_a_reader_sees_what_was_committed_meanwhile(database_url: str) -> None:
    database = Database(database_url, pool_size=2, application="test")
    count = sa.text("SELECT count(*) FROM things WHERE name = 'seen'")
    async with database.reading() as connection:
        assert (await connection.execute(count)).scalar_one() == 0
        async with database.transaction() as tx:
            await tx.execute(sa.text("INSERT INTO things VALUES ('seen')"))
        assert (await connection.execute(count)).scalar_one() == 1
    await database.close()


async def test_who_hangs_up_while_a_connection_is_made_ready_leaves_it_usable(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(database_url, pool_size=1, application="test")
    set_autocommit = psycopg.AsyncConnection.set_autocommit

    async def hang_up(connection: psycopg.AsyncConnection, value: bool) -> None:
        await set_autocommit(connection, value)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def read() -> None:
        async with database.reading():
            pass

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.AsyncConnection, "set_autocommit", hang_up)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(read())
    gc.collect()
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.execute(sa.text("INSERT INTO things VALUES ('taken back')"))
            raise ZeroDivisionError
    async with database.reading() as connection:
        query = sa.text("SELECT count(*) FROM things WHERE name = 'taken back'")
        assert (await connection.execute(query)).scalar_one() == 0
    await database.close()


async def test_long_reads_take_turns_in_the_order_in_which_they_came(database_url: str) -> None:
    long_reads, begun = LongReads(database_url, at_once=2, application="test"), list[int]()
    goes_on = asyncio.Event()

    async def read(number: int) -> None:
        async with long_reads.reading() as connection:
            begun.append(number)
            await goes_on.wait()
            await connection.execute(sa.text("SELECT 1"))

    reads = [asyncio.create_task(read(number)) for number in range(6)]
    await asyncio.sleep(0.2)
    assert sorted(begun) == [0, 1]
    reads[3].cancel()
    goes_on.set()
    await asyncio.gather(*reads, return_exceptions=True)
    assert sorted(begun[:2]) + begun[2:] == [0, 1, 2, 4, 5]
    await long_reads.close()


async def test_a_long_read_sees_what_was_committed_meanwhile_by_one_plan_for_all_values(database_url: str) -> None:
    database, long_reads = (
        Database(database_url, pool_size=1, application="test"),
        LongReads(database_url, at_once=1, application="test"),
    )
    count = sa.text("SELECT count(*) FROM things WHERE name = :name")
    planned = sa.text(
        "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE 'SELECT count%'"
    )
    async with long_reads.reading() as connection:
        assert (await connection.execute(count, {"name": "later"})).scalar_one() == 0
        async with database.transaction() as tx:
            await tx.execute(sa.text("INSERT INTO things VALUES ('later')"))
        assert (await connection.execute(count, {"name": "later"})).scalar_one() == 1
        assert (await connection.execute(planned)).all() == [(2, 0)]
    await database.close()
    await long_reads.close()


async def test_who_hangs_up_during_a_long_read_leaves_its_turn_and_connection_to_others(database_url: str) -> None:
    long_reads = LongReads(database_url, at_once=1, application="test")

    async def read(statement: str) -> object:
        async with long_reads.reading() as connection:
            return (await connection.execute(sa.text(statement))).scalar_one()

    hanging = asyncio.create_task(read("SELECT pg_sleep(30)"))
    await asyncio.sleep(0.2)
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    async with asyncio.timeout(5):
        assert await read("SELECT 1") == 1
    await long_reads.close()


async def test_a_long_read_from_a_database_that_is_away_is_refused_as_such() -> None:
    long_reads = LongReads("postgresql://127.0.0.1:1/none", at_once=1, application="test")
    with pytest.raises(LeadlineError) as refused:
        async with long_reads.reading():
            pass
    assert refused.value.reason == "PART_UNAVAILABLE"
    await long_reads.close()
