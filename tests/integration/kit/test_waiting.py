"""Waiting for an end that comes from somewhere else, through the database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
import pytest

from kit.db.database import Database
from kit.db.waiting import Waiting
from tests.support.waiting import eventually

CHANNEL = "thing_ended"


class Thing:
    """Something that others wait for."""

    def __init__(self, state: str = "running") -> None:
        self.state = state
        self.looks = 0

    async def look(self) -> str:
        self.looks += 1
        return self.state


@pytest.fixture(scope="session")
def waiting_database(create_database: Callable[[str], str]) -> str:
    return create_database("kit_waiting")


@asynccontextmanager
async def waiting_on(url: str) -> AsyncIterator[Waiting]:
    database = Database(url, pool_size=1, application="test waiting")
    waiting = Waiting(database, CHANNEL)
    running = asyncio.create_task(waiting.run())
    try:
        yield waiting
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


def notify(url: str, payload: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


async def end_of(waiting: Waiting, name: str, thing: Thing, seconds: float) -> str:
    return await waiting.end_of(name, seconds, thing.look, lambda state: state != "running")


async def test_what_is_over_already_is_answered_at_once(waiting_database: str) -> None:
    async with waiting_on(waiting_database) as waiting, asyncio.timeout(2):
        assert await end_of(waiting, "a", Thing("over"), 60) == "over"


async def test_who_has_no_time_gets_it_as_it_is(waiting_database: str) -> None:
    async with waiting_on(waiting_database) as waiting:
        thing = Thing()
        assert await end_of(waiting, "a", thing, 0) == "running"
        assert thing.looks == 1
        assert await end_of(waiting, "a", thing, 0.05) == "running"


async def test_everybody_who_waits_for_it_is_told_and_nobody_else(waiting_database: str) -> None:
    async with waiting_on(waiting_database) as waiting:
        things, other = [Thing(), Thing()], Thing()
        waits = [asyncio.create_task(end_of(waiting, "a", thing, 20)) for thing in things]
        apart = asyncio.create_task(end_of(waiting, "b", other, 20))
        await listening(*things, other)
        for thing in things:
            thing.state = "over"
        notify(waiting_database, "a")
        assert await asyncio.wait_for(asyncio.gather(*waits), 5) == ["over", "over"]
        assert (other.looks, apart.done()) == (2, False)
        apart.cancel()
        await asyncio.gather(apart, return_exceptions=True)


async def test_an_end_whose_notice_was_lost_is_seen_when_listening_begins_again(waiting_database: str) -> None:
    async with waiting_on(waiting_database) as waiting:
        thing = Thing()
        wait = asyncio.create_task(end_of(waiting, "a", thing, 20))
        await listening(thing)
        thing.state = "over"
        with psycopg.connect(waiting_database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert await asyncio.wait_for(wait, 10) == "over"


async def listening(*things: Thing) -> None:
    """Until those who wait are heard: when listening begins, everybody looks once more."""

    async def looks() -> int:
        return min(thing.looks for thing in things)

    await eventually(looks, lambda count: count >= 2)
