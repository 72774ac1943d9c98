"""Reading and writing connections, also when who uses them hangs up."""

import asyncio
import gc
from collections.abc import Callable

import psycopg
import pytest
import sqlalchemy as sa

from kit.db.database import Database


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
