"""Lists and summaries take turns: however many are asked for, and however long they take, short calls go on."""

import asyncio
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
from leadline.leads.v1 import lead_pb2, sla_service_pb2
from leadline.settings.v1 import configuration_service_pb2

from kit.db.migrations import migrate
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from tests.integration.leads.conftest import TestClock, leads_settings
from tests.integration.leads.door import Door
from tests.support.waiting import eventually

CONNECTIONS = 4
AT_ONCE = 2


@pytest.fixture(scope="module")
def url(create_database: Callable[[str], str]) -> str:
    return create_database("long_reads")


@pytest.fixture(scope="module")
async def busy(
    url: str, settings_address: str, clock: TestClock, configuration: configuration_service_pb2.Configuration
) -> AsyncIterator[Door]:
    """A door to a leads service with few connections."""
    migrate(leads_main.MIGRATIONS, url)
    settings = leads_settings(url, settings_address).model_copy(
        update={"database_pool_size": CONNECTIONS, "lists_at_once": AT_ONCE}
    )
    async with leads_main.leads_server(settings, clock) as server, open_channel(await server.start()) as channel:
        await eventually(lambda: is_serving(channel))
        yield Door(channel, configuration)
        await server.stop()


async def asking(url: str) -> int:
    """How many reads wait for the counts of lists."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        found = await connection.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
            " WHERE relname = 'lead_facets' AND NOT granted AND mode = 'AccessShareLock'"
        )
        row = await found.fetchone()
        return int(row[0]) if row else 0


async def test_while_many_lists_take_long_a_lead_is_made_and_read_and_then_all_are_answered(
    busy: Door, url: str
) -> None:
    made = await busy.create()
    async with await psycopg.AsyncConnection.connect(url) as slow:
        await slow.execute("LOCK TABLE lead_facets IN ACCESS EXCLUSIVE MODE")
        lists = [asyncio.create_task(busy.find(statuses=[lead_pb2.LEAD_STATUS_OPEN])) for _ in range(3 * CONNECTIONS)]
        request = sla_service_pb2.GetSlaSummaryRequest()
        summary = asyncio.create_task(busy.ask(busy.sla_stub.GetSlaSummary, request))

        async def are_waiting() -> bool:
            return await asking(url) == AT_ONCE

        await eventually(are_waiting)
        another = await busy.create(last_name="Later")
        assert (await busy.get(made.id)).id == made.id
        assert await asking(url) == AT_ONCE
        assert not any(each.done() for each in (*lists, summary))
        for given_up in lists[:CONNECTIONS]:
            given_up.cancel()
    pages = await asyncio.gather(*lists[CONNECTIONS:])
    assert {(page.total, *(lead.id for lead in page.leads)) for page in pages} == {(2, another.id, made.id)}
    assert (await summary).total == 2
