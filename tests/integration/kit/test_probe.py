"""The health check of the containers, run as they run it."""

import asyncio
import sys
from collections.abc import AsyncIterator

import pytest

from kit.rpc.calls import is_serving, open_channel
from kit.rpc.server import RpcServer
from tests.support.waiting import eventually


class Part:
    """A part that is ready or not."""

    ready = True

    async def is_ready(self) -> bool:
        return self.ready


@pytest.fixture
async def part() -> Part:
    return Part()


@pytest.fixture
async def address(part: Part) -> AsyncIterator[str]:
    server = RpcServer("127.0.0.1:0", ready=part.is_ready)
    yield await server.start()
    await server.stop()


async def probe(*arguments: str) -> int:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "kit.rpc.probe", *arguments)
    async with asyncio.timeout(20):
        return await process.wait()


async def wait_until(address: str, *, serving: bool) -> None:
    async with open_channel(address) as channel:
        await eventually(lambda: is_serving(channel), lambda now: now is serving)


async def test_the_probe_succeeds_while_the_part_serves(address: str) -> None:
    await wait_until(address, serving=True)
    assert await probe(address) == 0


async def test_the_probe_fails_while_the_part_is_not_ready(address: str, part: Part) -> None:
    part.ready = False
    await wait_until(address, serving=False)
    assert await probe(address) == 1


async def test_the_probe_fails_for_a_service_that_is_not_there(address: str) -> None:
    await wait_until(address, serving=True)
    assert await probe(address, "leadline.nobody.v1.NobodyService") == 1


async def test_the_probe_fails_where_nobody_listens() -> None:
    assert await probe("127.0.0.1:1") == 1
