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

from kit.db.migrations import migrate
from kit.rpc.calls import is_serving
from settings_service.main import MIGRATIONS, app
from tests.integration.settings.door import Door
from tests.support import tokens
from tests.support.waiting import eventually

COMMAND = Path(sys.executable).with_name("settings-service")


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


async def address_of(process: Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        entry = json.loads(line)
        if entry["event"] == "listening":
            return str(entry["address"])
    message = "the service ended before it listened"
    raise AssertionError(message)


async def end(process: Process) -> int:
    process.terminate()
    async with asyncio.timeout(10):
        await process.communicate()
        return await process.wait()


async def test_two_that_migrate_an_empty_database_at_once_do_it_once(
    start: Start, create_database: Callable[[str], str]
) -> None:
    url = create_database("settings_migrated_by_two")
    both = [await start("migrate", url) for _ in range(2)]
    assert [await process.wait() for process in both] == [0, 0]
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pipelines").fetchone() == (2,)


async def test_serve_answers_until_it_is_asked_to_end_and_then_ends_at_once_with_a_stream_open(
    start: Start, database_url: str
) -> None:
    process = await start("serve", database_url)
    door = Door(await address_of(process))
    await eventually(lambda: is_serving(door.channel))
    stream = door.watch()
    first = await anext(stream)
    assert first.revision == 1
    began = asyncio.get_running_loop().time()
    assert await end(process) == 0
    assert asyncio.get_running_loop().time() - began < 3
    assert [each async for each in stream] == []
    await door.channel.close()


async def test_serve_is_not_serving_on_a_database_that_was_not_migrated(
    start: Start, create_database: Callable[[str], str]
) -> None:
    url = create_database("settings_not_migrated")
    process = await start("serve", url)
    door = Door(await address_of(process))
    await door.channel.channel_ready()
    assert not await is_serving(door.channel)
    await asyncio.to_thread(migrate, MIGRATIONS, url)
    await eventually(lambda: is_serving(door.channel))
    assert await end(process) == 0
    await door.channel.close()


def test_the_commands_say_what_they_do() -> None:
    for command, sentence in (("serve", "Serve gRPC"), ("migrate", "Bring the database")):
        answer = CliRunner().invoke(app, [command, "--help"])
        assert answer.exit_code == 0
        assert sentence in answer.output


def test_a_wrong_environment_is_said_in_a_sentence_that_shows_no_secret() -> None:
    given = {"LEADLINE_TOKEN_SECRET": "too short", "LEADLINE_DATABASE_URL": "postgresql://user:password@host/name"}
    answer = CliRunner().invoke(app, ["serve"], env=given)
    assert (answer.exit_code, answer.output) == (1, "Value error, LEADLINE_TOKEN_SECRET must have 32 bytes or more\n")
    answer = CliRunner().invoke(app, ["migrate"], env={"LEADLINE_DATABASE_URL": None})
    assert (answer.exit_code, answer.output) == (1, "LEADLINE_DATABASE_URL: Field required\n")


async def test_an_address_that_is_in_use_is_said_in_a_sentence(start: Start, door: Door, database_url: str) -> None:
    address = door.address
    process = await start("serve", database_url, LEADLINE_LISTEN=address)
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert f"cannot listen on {address}" in errors.decode()
    assert "Traceback" not in errors.decode()
