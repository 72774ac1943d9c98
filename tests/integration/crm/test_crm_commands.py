"""The service's commands, as processes of their own."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from crm_service.main import MIGRATIONS, app
from kit.db.migrations import migrate
from kit.rpc.calls import is_serving
from tests.integration.crm.crm_door import Conversion, CrmDoor, unique
from tests.support import tokens
from tests.support.waiting import eventually

COMMAND = Path(sys.executable).with_name("crm-service")

Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a command on a database; what still runs when the test is over is killed."""
    started: list[Process] = []

    async def start(command: str, database_url: str, **environment: str) -> Process:
        settings = {"LEADLINE_DATABASE_URL": database_url, "LEADLINE_TOKEN_SECRET": tokens.SECRET, **environment}
        process = await asyncio.create_subprocess_exec(
            COMMAND, command, env={"PATH": os.environ["PATH"], **settings}, stdout=PIPE, stderr=PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def door_of(process: Process) -> CrmDoor:
    assert process.stderr is not None
    async for line in process.stderr:
        entry = json.loads(line)
        if entry["event"] == "listening":
            return CrmDoor(str(entry["address"]))
    raise AssertionError("the service ended before it listened")


async def end(process: Process) -> int:
    process.terminate()
    async with asyncio.timeout(10):
        await process.communicate()
        return await process.wait()


async def test_it_migrates_serves_and_ends(start: Start, create_database: Callable[[str], str]) -> None:
    url = create_database("crm_commands")
    both = [await start("migrate", url) for _ in range(2)]
    assert [await process.wait() for process in both] == [0, 0]
    process = await start("serve", url)
    door = await door_of(process)
    await eventually(lambda: is_serving(door.channel))
    assert await is_serving(door.channel, "leadline.crm.v1.ConversionRecordService")
    account = (await Conversion(door).account(unique())).account_id
    await door.channel.close()
    assert await end(process) == 0
    # What one process made, the next one has.
    process = await start("serve", url)
    door = await door_of(process)
    assert await door.account(account)
    await door.channel.close()
    assert await end(process) == 0


async def test_serve_is_serving_only_while_the_database_is_there_and_migrated(
    start: Start, create_database: Callable[[str], str], postgres: str
) -> None:
    url = create_database("crm_not_migrated")
    process = await start("serve", url)
    door = await door_of(process)
    await door.channel.channel_ready()
    assert not await is_serving(door.channel)
    await asyncio.to_thread(migrate, MIGRATIONS, url)
    await eventually(lambda: is_serving(door.channel))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE crm_not_migrated WITH (FORCE)")
    await eventually(lambda: is_serving(door.channel), lambda serving: not serving)
    await door.channel.close()
    assert await end(process) == 0


def test_the_commands_say_what_they_do() -> None:
    for command, sentence in (("serve", "Serve gRPC"), ("migrate", "Bring the database")):
        answer = CliRunner().invoke(app, [command, "--help"])
        assert answer.exit_code == 0
        assert sentence in answer.output


def test_a_wrong_environment_is_said_in_a_sentence_that_shows_no_secret() -> None:
    given = {"LEADLINE_TOKEN_SECRET": "too short", "LEADLINE_DATABASE_URL": "postgresql://user:password@host/name"}
    answer = CliRunner().invoke(app, ["serve"], env=given)
    assert (answer.exit_code, answer.output) == (1, "Value error, LEADLINE_TOKEN_SECRET must have 32 bytes or more\n")


async def test_an_address_that_is_in_use_is_said_in_a_sentence(start: Start, crm: CrmDoor, crm_url: str) -> None:
    process = await start("serve", crm_url, LEADLINE_LISTEN=crm.address)
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert f"cannot listen on {crm.address}" in errors.decode()
    assert "Traceback" not in errors.decode()
