"""`leadline-gateway` as a process: it starts, says where, ends gracefully, and says what keeps it from starting."""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import LEAD_ID
from tests.support.tokens import SECRET, admin_token
from tests.support.waiting import eventually

COMMAND = Path(sys.executable).parent / "leadline-gateway"


@asynccontextmanager
async def started(**changed: str) -> AsyncIterator[Process]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    environment |= {"LEADLINE_TOKEN_SECRET": SECRET, "LEADLINE_HTTP_LISTEN": "127.0.0.1:0", **changed}
    process = await asyncio.create_subprocess_exec(COMMAND, "serve", env=environment, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line_of(process: Process, event: str) -> dict[str, Any]:
    assert process.stderr
    async with asyncio.timeout(20):
        async for line in process.stderr:
            found: dict[str, Any] = json.loads(line)
            if found["event"] == event:
                return found
    message = f"it never said {event}"
    raise AssertionError(message)


async def test_it_ends_gracefully_with_the_answers_that_are_under_way(backend: Backend) -> None:
    addresses = {f"LEADLINE_{name.upper()}_ADDRESS": address for name, address in backend.addresses.items()}
    backend.open.clear()
    backend.answers["GetLead"] = RuntimeError("answered")
    async with started(**addresses) as process:
        address = (await line_of(process, "listening"))["address"]
        headers = {"authorization": f"Bearer {admin_token()}"}
        async with httpx.AsyncClient(base_url=f"http://{address}", headers=headers, timeout=10) as client:
            asked = asyncio.create_task(client.get(f"/leads/{LEAD_ID}"))
            await eventually(lambda: _arrived(backend))
            process.terminate()
            await eventually(lambda: _refuses(address))
            backend.open.set()
            assert (await asked).json()["code"] == "internal"
        async with asyncio.timeout(10):
            _, rest = await process.communicate()
        assert process.returncode == 0
        lines = [json.loads(line) for line in rest.splitlines()]
        assert [line["event"] for line in lines] == ["request", "stopped"]
        assert {line["part"] for line in lines} == {"gateway"}


async def test_an_address_in_use_is_a_sentence_and_exit_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with started(LEADLINE_HTTP_LISTEN=f"127.0.0.1:{port}") as process:
            said = (await process.communicate())[1].decode()
    assert process.returncode == 1
    assert said.startswith(f"leadline-gateway: cannot listen on 127.0.0.1:{port}")


async def test_a_wrong_configuration_is_a_sentence_that_shows_no_secret() -> None:
    async with started(LEADLINE_TOKEN_SECRET="too-short-to-be-true") as process:
        said = (await process.communicate())[1].decode()
    assert process.returncode == 1
    assert said == "leadline-gateway: LEADLINE_TOKEN_SECRET must have 32 bytes or more\n"


async def _arrived(backend: Backend) -> bool:
    return bool(backend.calls)


async def _refuses(address: str) -> bool:
    host, port = address.split(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return True
    writer.close()
    return False
