"""Where the contents of documents are: nothing is there that no row names, and no row names what is not there."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import NoReturn

import pytest
import sqlalchemy as sa
from leadline.settings.v1 import configuration_service_pb2

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from kit.errors import LeadlineError
from kit.ids import new_id
from kit.object_store import ObjectStore
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from leads_service.store import unused_objects
from leads_service.store.tables import DOCUMENTS, UNUSED_OBJECTS
from leads_service.usecases import contents
from tests.integration.leads.conftest import OBJECTS, TestClock, leads_settings
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.papers import Hesitating, add, chunks_of, fetch, listed, pdf, remove, send
from tests.support.s3 import S3Server
from tests.support.waiting import eventually

AGES_HENCE = timedelta(hours=2)


@pytest.fixture(scope="session")
def objects() -> ObjectStore:
    """The store of the leads service."""
    return ObjectStore(OBJECTS.as_uri())


def later() -> datetime:
    return utc_now() + AGES_HENCE


async def key_of(database: Database, document_id: str) -> str:
    async with database.reading() as connection:
        query = sa.select(DOCUMENTS.c.object_key).where(DOCUMENTS.c.id == document_id)
        return str((await connection.execute(query)).scalar_one())


async def unused(database: Database) -> set[str]:
    async with database.reading() as connection:
        return set((await connection.execute(sa.select(UNUSED_OBJECTS.c.object_key))).scalars())


async def parts(content: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks_of(content):
        yield chunk


async def is_there(objects: ObjectStore, key: str) -> bool:
    try:
        async for _ in objects.read(key):
            return True
    except FileNotFoundError:
        return False
    return True


async def test_a_kept_document_is_named_and_a_deleted_one_is_swept(
    door: Door, database: Database, objects: ObjectStore
) -> None:
    lead = await door.create(last_name="Johnson")
    kept, deleted = await add(door, lead.id), await add(door, lead.id)
    kept_key, key = await key_of(database, kept.id), await key_of(database, deleted.id)
    assert not {kept_key, key} & await unused(database)
    await remove(door, lead.id, deleted.id)
    assert key in await unused(database)
    await contents.sweep(database, objects, utc_now)
    assert not await is_there(objects, key)
    assert key not in await unused(database)
    # However late it is, what is named stays.
    await contents.sweep(database, objects, later)
    assert await fetch(door, lead.id, kept.id) == (kept, pdf())


async def test_what_a_crash_left_between_object_and_row_is_swept_but_not_before_it_could_be_named(
    database: Database, objects: ObjectStore
) -> None:
    key = f"documents/{new_id()}"
    # All that an upload does before its transaction: whoever is killed here leaves this.
    await contents.put(database, objects, key, parts(pdf(1_000_000)), utc_now)
    await contents.sweep(database, objects, utc_now)
    assert await is_there(objects, key)
    await contents.sweep(database, objects, later)
    assert not await is_there(objects, key)
    assert key not in await unused(database)


async def test_a_refused_upload_leaves_a_key_that_is_swept(
    door: Door, database: Database, objects: ObjectStore
) -> None:
    lead = await door.create(last_name="Johnson")
    before = await unused(database)
    await refusal(add(door, lead.id, content_type="image/png"))
    (key,) = await unused(database) - before
    assert not await is_there(objects, key)
    await contents.sweep(database, objects, later)
    assert key not in await unused(database)


async def test_a_document_whose_object_was_swept_meanwhile_is_not_kept(
    door: Door, database: Database, objects: ObjectStore
) -> None:
    lead = await door.create(last_name="Johnson")
    before = await unused(database)
    slow = Hesitating(lead.id, pdf(1_000_000))
    sending = asyncio.create_task(send(door, slow.parts()))
    await slow.arrived.wait()
    await eventually(lambda: unused(database), lambda keys: len(keys - before) == 1)
    await contents.sweep(database, objects, later)
    slow.go_on.set()
    assert (await refusal(sending)).reason == "PART_UNAVAILABLE"
    assert (await listed(door, lead.id)).total == 0


async def test_a_key_that_was_swept_cannot_be_named_any_more(database: Database) -> None:
    key = f"documents/{new_id()}"
    async with database.transaction() as tx:
        await unused_objects.reserve(tx, key, utc_now())
    async with database.transaction() as tx:
        await unused_objects.used(tx, key)
        await unused_objects.unused(tx, [key], later())
        await unused_objects.unused(tx, [key], utc_now())
    async with database.reading() as connection:
        assert key in await unused_objects.due(connection, utc_now(), 1000)
    async with database.transaction() as tx:
        await unused_objects.forget(tx, [key])
    with pytest.raises(LeadlineError) as refused:
        async with database.transaction() as tx:
            await unused_objects.used(tx, key)
    assert refused.value.reason == "PART_UNAVAILABLE"


async def test_a_store_that_is_away_keeps_what_is_to_be_swept_for_later(
    database: Database, objects: ObjectStore
) -> None:
    keys = [f"gone/{new_id()}" for _ in range(3)]
    for key in keys:
        await contents.put(database, objects, key, parts(pdf()), utc_now)
    folder = OBJECTS / "gone"
    folder.rename(OBJECTS / "aside")
    folder.write_text("a file where a folder should be")
    assert await contents.sweep(database, objects, later) < len(keys)
    assert set(keys) <= await unused(database)
    folder.unlink()
    (OBJECTS / "aside").rename(folder)
    await contents.sweep(database, objects, later)
    assert not set(keys) & await unused(database)
    assert not [key for key in keys if await is_there(objects, key)]


class Broken(Database):
    """A database of which nothing can be had."""

    asked = 0

    def reading(self) -> NoReturn:
        self.asked += 1
        message = "something unheard of"
        raise RuntimeError(message)


async def test_sweeping_goes_on_whatever_goes_wrong(database: Database, objects: ObjectStore) -> None:
    broken = Broken(database.url, pool_size=1, application="test")

    async def asked() -> int:
        return broken.asked

    sweeping = asyncio.create_task(contents.keep_swept(broken, objects, utc_now, every_seconds=0.01))
    await eventually(asked, lambda times: times >= 3)
    assert not sweeping.done()
    sweeping.cancel()


async def test_a_document_whose_object_is_damaged_is_refused_before_its_first_byte(
    door: Door, database: Database, objects: ObjectStore
) -> None:
    lead = await door.create(last_name="Johnson")
    document = await add(door, lead.id)
    key = await key_of(database, document.id)
    await objects.delete(key)
    assert (await refusal(fetch(door, lead.id, document.id))).reason == "PART_UNAVAILABLE"
    await objects.put(key, parts(pdf(500)))
    assert (await refusal(fetch(door, lead.id, document.id))).reason == "PART_UNAVAILABLE"
    await objects.put(key, parts(pdf()))
    assert await fetch(door, lead.id, document.id) == (document, pdf())


async def test_documents_are_kept_on_s3_as_in_a_folder(
    create_database: Callable[[str], str],
    settings_address: str,
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
    s3_server: S3Server,
) -> None:
    url = create_database("leads_on_s3")
    migrate(leads_main.MIGRATIONS, url)
    bucket = "documents"
    settings = leads_settings(url, settings_address).model_copy(update={"object_store_url": f"s3://{bucket}/leadline"})
    with s3_server.told_of():
        objects = ObjectStore(settings.object_store_url)
        running = leads_main.leads_server(settings, clock)
        server = await running.__aenter__()
    database = Database(url, pool_size=2, application="test")
    try:
        async with open_channel(await server.start()) as channel:
            await eventually(lambda: is_serving(channel))
            await _whole_story(Door(channel, configuration), database, objects)
            assert await s3_server.unfinished(bucket) == 0
    finally:
        await database.close()
        await server.stop()
        await running.__aexit__(None, None, None)


async def _whole_story(door: Door, database: Database, objects: ObjectStore) -> None:
    lead, content = await door.create(last_name="Johnson"), pdf(12_000_000)
    document = await add(door, lead.id, content)
    assert document.sha256 == hashlib.sha256(content).hexdigest()
    assert await fetch(door, lead.id, document.id) == (document, content)
    slow = Hesitating(lead.id, pdf(12_000_000))
    sending = asyncio.create_task(send(door, slow.parts()))
    await slow.arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert isinstance(await refusal(add(door, lead.id, content_type="image/png")), LeadlineError)
    key = await key_of(database, document.id)
    await remove(door, lead.id, document.id)
    await contents.sweep(database, objects, later)
    assert not await is_there(objects, key)
    assert await unused(database) == set()
