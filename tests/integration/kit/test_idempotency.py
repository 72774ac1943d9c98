"""Idempotency keys on a real database: one change for one key, whoever sends it again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import sqlalchemy as sa
from google.protobuf.wrappers_pb2 import StringValue

from kit.db.database import Database, Writing
from kit.db.idempotency import Idempotency, IdempotencyKey, idempotency_table
from kit.errors import LeadlineError
from kit.ids import new_id

METADATA = sa.MetaData()
TABLE = idempotency_table(METADATA)
MADE = sa.Table("made", METADATA, sa.Column("id", sa.Uuid, primary_key=True))

Work = Callable[[Writing], Awaitable[StringValue]]


@pytest.fixture(scope="module")
async def database(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    opened = Database(create_database("kit_idempotency"), pool_size=5, application="test")
    async with opened.transaction() as tx:
        await tx.run_sync(METADATA.create_all)
    yield opened
    await opened.close()


@pytest.fixture
def idempotency(database: Database) -> Idempotency:
    return Idempotency(database, TABLE)


def key(fingerprint: bytes = b"same", scope: str = "create") -> IdempotencyKey:
    return IdempotencyKey(str(new_id()), scope, fingerprint)


async def make(tx: Writing) -> StringValue:
    made = new_id()
    await tx.execute(sa.insert(MADE).values(id=made))
    return StringValue(value=str(made))


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(MADE))).scalar_one())


async def test_the_same_key_gets_the_first_answer_and_makes_nothing_more(
    database: Database, idempotency: Idempotency
) -> None:
    sent = key()
    first = await idempotency.once(sent, StringValue, make)
    made = await count(database)
    assert await idempotency.once(sent, StringValue, make) == first
    assert await count(database) == made


async def test_without_a_key_each_call_makes_its_own(database: Database, idempotency: Idempotency) -> None:
    first = await idempotency.once(None, StringValue, make)
    assert await idempotency.once(None, StringValue, make) != first


async def test_the_same_key_with_another_request_is_refused(idempotency: Idempotency) -> None:
    sent = key()
    await idempotency.once(sent, StringValue, make)
    with pytest.raises(LeadlineError) as refusal:
        await idempotency.once(IdempotencyKey(sent.value, sent.scope, b"other"), StringValue, make)
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_another_callers_equal_key_is_another_key(idempotency: Idempotency) -> None:
    sent = key()
    first = await idempotency.once(sent, StringValue, make)
    other = IdempotencyKey(sent.value, "create somebody else", sent.fingerprint)
    assert await idempotency.once(other, StringValue, make) != first


async def test_while_the_first_is_running_the_second_is_told_so(idempotency: Idempotency) -> None:
    sent, started, finish = key(), asyncio.Event(), asyncio.Event()

    async def slow(tx: Writing) -> StringValue:
        started.set()
        await finish.wait()
        return await make(tx)

    first = asyncio.create_task(idempotency.once(sent, StringValue, slow))
    await started.wait()
    with pytest.raises(LeadlineError) as refusal:
        await idempotency.once(sent, StringValue, make)
    finish.set()
    assert refusal.value.reason == "IDEMPOTENCY_IN_PROGRESS"
    answer = await first
    assert await idempotency.once(sent, StringValue, make) == answer


async def test_the_first_answer_can_be_asked_for_alone(idempotency: Idempotency) -> None:
    sent = key()
    assert await idempotency.first_answer(None, StringValue) is None
    assert await idempotency.first_answer(sent, StringValue) is None
    first = await idempotency.once(sent, StringValue, make)
    assert await idempotency.first_answer(sent, StringValue) == first
    with pytest.raises(LeadlineError) as refusal:
        await idempotency.first_answer(IdempotencyKey(sent.value, sent.scope, b"other"), StringValue)
    assert refusal.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_who_else_asks_for_a_first_answer_keeps_nobody_from_it(
    database: Database, idempotency: Idempotency
) -> None:
    sent = key()
    first = await idempotency.once(sent, StringValue, make)
    async with database.transaction() as tx:
        name = f"{sent.scope} {sent.value}"
        await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
        assert await idempotency.once(sent, StringValue, make) == first


async def test_a_failed_request_leaves_the_key_free(database: Database, idempotency: Idempotency) -> None:
    sent, before = key(), await count(database)

    async def broken(tx: Writing) -> StringValue:
        await make(tx)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await idempotency.once(sent, StringValue, broken)
    assert await count(database) == before
    await idempotency.once(sent, StringValue, make)
    assert await count(database) == before + 1


async def test_after_a_day_a_key_is_forgotten(database: Database, idempotency: Idempotency) -> None:
    sent = key()
    first = await idempotency.once(sent, StringValue, make)
    async with database.transaction() as tx:
        await tx.execute(sa.update(TABLE).values(created_at=sa.func.now() - sa.text("interval '25 hours'")))
    second = await idempotency.once(sent, StringValue, make)
    assert second != first
    assert await idempotency.once(sent, StringValue, make) == second
    async with database.transaction() as tx:
        await tx.execute(sa.update(TABLE).values(created_at=sa.func.now() - sa.text("interval '25 hours'")))
    assert await idempotency.purge() > 0
