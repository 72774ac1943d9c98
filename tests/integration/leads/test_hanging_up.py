"""A caller that hangs up, from REST down to PostgreSQL: its read's statement ends, its write is there in the end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import psycopg
import pytest

from kit.ids import new_id
from kit.rpc.calls import is_serving, open_channel
from leads_service.main import leads_server
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.integration.leads.conftest import NOBODY, TestClock, leads_settings
from tests.integration.leads.door import Door
from tests.support.tokens import admin_token
from tests.support.waiting import eventually

WAITING = """SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'leadline leads' AND wait_event_type = 'Lock'"""


@pytest.fixture(scope="module")
async def gateway_url(leads_url: str, settings_address: str, clock: TestClock) -> AsyncIterator[str]:
    """A gateway before a leads service of its own, on the same database as the other one."""
    async with leads_server(leads_settings(leads_url, settings_address), clock) as server:
        address = await server.start()
        async with open_channel(address) as channel:
            await eventually(lambda: is_serving(channel))
        backend = Backend(addresses={"leads": address, "settings": settings_address, "crm": NOBODY})
        async with running_gateway(backend, call_timeout_seconds=10) as url:
            yield url
        await server.stop()


@pytest.fixture
async def api(gateway_url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {admin_token()}"}
    async with httpx.AsyncClient(base_url=gateway_url, headers=headers) as client:
        yield client


@contextmanager
def locked(url: str, mode: str) -> Iterator[None]:
    """Nobody gets at the leads in ways that this mode keeps out."""
    with psycopg.connect(url) as holder:
        holder.execute(f"LOCK TABLE leads IN {mode} MODE")
        yield
        holder.rollback()


async def waiting(url: str, number: int) -> None:
    """Wait until so many statements of the leads service wait for a lock."""

    async def look() -> int:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            row = await (await connection.execute(WAITING)).fetchone()
        return int(row[0]) if row else 0

    await eventually(look, lambda found: found == number, within=5)


async def hang_up(request: asyncio.Task[httpx.Response]) -> None:
    """The client closes the connection of a request that is under way."""
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request


async def test_the_statement_of_a_read_ends_when_its_caller_hangs_up(
    api: httpx.AsyncClient, door: Door, leads_url: str
) -> None:
    lead = await door.create()
    with locked(leads_url, "ACCESS EXCLUSIVE"):
        reads = [asyncio.create_task(api.get(f"/leads/{lead.id}")) for _ in range(3)]
        await waiting(leads_url, 3)
        for read in reads[:2]:
            await hang_up(read)
        # The lock is still held: nothing but the cancellation ends them, and only them.
        await waiting(leads_url, 1)
        assert not reads[2].done()
    assert (await reads[2]).status_code == 200
    # No connection of the pool was lost or left as it was.
    answers = await asyncio.gather(*(api.get(f"/leads/{lead.id}") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_write_is_there_although_its_caller_hung_up_while_it_waited(
    api: httpx.AsyncClient, door: Door, leads_url: str
) -> None:
    name = new_id().hex
    with locked(leads_url, "SHARE"):
        create = asyncio.create_task(api.post("/leads", json={"lastName": name}))
        await waiting(leads_url, 1)
        await hang_up(create)
        await asyncio.sleep(0.2)  # whoever ended the write for its caller's leaving would have by then
        await waiting(leads_url, 1)
        assert (await door.find(search=name)).total == 0

    async def found() -> int:
        return (await door.find(search=name)).total

    assert await eventually(found) == 1
