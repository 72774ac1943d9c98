"""Whoever reads notifications by number misses none and sees none twice, in whichever order they are committed."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from kit.ids import new_id
from leads_service import main as leads_main
from leads_service.domain.lead import Notification
from leads_service.store import notifications as store
from leads_service.store.tables import NOTIFICATIONS
from leads_service.usecases.notifications import KEPT_FOR, forget_some, next_behind

AT_ONCE = 8
CHANCE = random.Random()  # noqa: S311 - no secret


@pytest.fixture(scope="module")
async def opened(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    url = create_database("notification_numbers")
    migrate(leads_main.MIGRATIONS, url)
    database = Database(url, pool_size=AT_ONCE + 6, application="test")
    yield database
    await database.close()


@pytest.fixture
async def database(opened: Database) -> Database:
    """A database without notifications."""
    async with opened.transaction() as tx:
        await tx.execute(sa.delete(NOTIFICATIONS))
    return opened


def some(count: int = 1, *, age: timedelta = timedelta(0)) -> list[Notification]:
    at = utc_now() - age
    return [
        Notification(
            id=new_id(),
            type="sla_breached",
            lead_id=new_id(),
            lead_name="Johnson",
            recipient_ids=(new_id(),),
            title="The first response to Johnson is overdue",
            metadata={"policy": "Standard Response"},
            occurred_at=at,
            created_at=at,
        )
        for _ in range(count)
    ]


async def write(database: Database, written: list[Notification]) -> None:
    async with database.transaction() as tx:
        await store.write(tx, written)


async def read(database: Database, after: int = 0, limit: int = 500) -> list[Notification]:
    """All behind a number, page by page."""
    found: list[Notification] = []
    while page := await next_behind(database, number_of(found[-1]) if found else after, limit):
        found += page
    return found


def number_of(notification: Notification) -> int:
    assert notification.number is not None
    return notification.number


async def test_what_was_written_is_read_by_its_number(database: Database) -> None:
    (written,) = some()
    await write(database, [written])
    (found,) = await read(database)
    assert number_of(found) > 0
    assert (found.recipient_ids, found.metadata) == (written.recipient_ids, written.metadata)
    assert (found.occurred_at, found.id) == (written.occurred_at, written.id)
    assert await read(database, number_of(found)) == []


async def test_what_is_committed_later_gets_a_later_number_however_early_it_was_written(database: Database) -> None:
    early, late = some(2)
    async with database.transaction() as slow:
        await store.write(slow, [early])
        await write(database, [late])
        (seen,) = await read(database)
        assert seen.id == late.id
    (behind,) = await read(database, number_of(seen))
    assert behind.id == early.id


async def test_those_of_one_moment_are_numbered_by_their_ids(database: Database) -> None:
    written = some(50)
    await write(database, CHANCE.sample(written, 50))
    assert [each.id for each in await read(database, limit=7)] == [each.id for each in written]


async def test_a_reader_that_dies_while_it_numbers_holds_up_and_hides_nothing(database: Database) -> None:
    written = some(3)
    await write(database, written)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await store.number(tx, 2)
            raise ZeroDivisionError
    assert [each.id for each in await read(database)] == [each.id for each in written]


async def test_thousands_that_nobody_has_read_are_read_in_pages(database: Database) -> None:
    written = some(2_300)
    await write(database, written)
    assert [each.id for each in await read(database)] == [each.id for each in written]


async def test_of_many_transactions_that_end_in_any_order_readers_miss_none_and_see_none_twice(
    database: Database,
) -> None:
    finished, committed = asyncio.Event(), list[Notification]()
    readers = [asyncio.create_task(follow(database, limit, finished)) for limit in (1, 7, 500)]
    for _ in range(12):
        committed += await end_in_any_order(database)
    finished.set()
    first, *others = await asyncio.gather(*readers)
    assert {each.id for each in first} == {each.id for each in committed}
    assert len(first) == len(committed)
    numbers = [number_of(each) for each in first]
    assert numbers == sorted(set(numbers))
    assert all(other == first for other in others)
    # Otherwise nothing was committed out of the order in which it was written.
    assert [each.id for each in first] != sorted(each.id for each in first)


async def follow(database: Database, limit: int, finished: asyncio.Event) -> list[Notification]:
    """What a reader sees that goes on from the number of the last one, until the others have finished."""
    seen: list[Notification] = []
    while True:
        is_last = finished.is_set()
        page = await next_behind(database, number_of(seen[-1]) if seen else 0, limit)
        seen += page
        if is_last and not page:
            return seen


async def end_in_any_order(database: Database) -> list[Notification]:
    """Transactions that are open at once and end one after the other, some of them for nothing; what they wrote."""
    gates = [asyncio.Event() for _ in range(AT_ONCE)]
    all_open = asyncio.Barrier(AT_ONCE + 1)

    async def writer(gate: asyncio.Event) -> list[Notification]:
        written, is_in_vain = some(CHANCE.randint(1, 4)), CHANCE.random() < 0.2
        async with database.transaction() as tx:
            await store.write(tx, written[:2])
            await all_open.wait()
            await store.write(tx, written[2:])
            await gate.wait()
            if is_in_vain:
                await tx.rollback()
        return [] if is_in_vain else written

    writers = [asyncio.create_task(writer(gate)) for gate in gates]
    await all_open.wait()
    for place in CHANCE.sample(range(AT_ONCE), AT_ONCE):
        gates[place].set()
        if CHANCE.random() < 0.5:
            await writers[place]
    return [each for written in await asyncio.gather(*writers) for each in written]


async def test_after_thirty_days_they_are_forgotten_in_small_steps_read_or_not(database: Database) -> None:
    await write(database, some(600, age=KEPT_FOR + timedelta(minutes=1)))
    last = (await read(database))[-1]
    await write(database, some(600, age=KEPT_FOR + timedelta(minutes=1)))
    await write(database, kept := some(age=KEPT_FOR - timedelta(minutes=1)))
    assert [await forget_some(database, utc_now) for _ in range(3)] == [1_000, 200, 0]
    found = await read(database)
    assert [each.id for each in found] == [each.id for each in kept]
    assert number_of(found[0]) > number_of(last)


async def test_what_one_instance_is_about_to_forget_another_does_not_wait_for(database: Database) -> None:
    await write(database, some(5, age=KEPT_FOR + timedelta(days=1)))
    async with database.transaction() as tx:
        assert await store.forget(tx, utc_now() - KEPT_FOR, 2) == 2
        async with asyncio.timeout(5):
            assert await forget_some(database, utc_now) == 3
