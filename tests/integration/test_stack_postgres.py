"""The stack's PostgreSQL: its data survives whatever ends it, and each service has a database of its own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from leadline_stack.data_folder import DataFolder
from leadline_stack.parts import PartState
from leadline_stack.ports import choose_ports
from leadline_stack.postgres import Postgres, prepared_owner
from leadline_stack.programs import base_environment
from leadline_stack.stack_secrets import ensure_secrets
from tests.integration.stack_children import Kept, kept
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return new_folder(tmp_path_factory.mktemp("stack-postgres"))


def new_folder(path: Path) -> DataFolder:
    folder = DataFolder(path)
    folder.logs.mkdir()
    return folder


def postgres(folder: DataFolder) -> Postgres:
    ports = choose_ports({}, any_free=True)
    owner = prepared_owner(folder, lambda _: None)
    return Postgres(folder, ensure_secrets(folder), ports.postgres, base_environment(), owner)


@asynccontextmanager
async def serving(folder: DataFolder) -> AsyncIterator[tuple[Postgres, Kept]]:
    server = postgres(folder)
    async with kept(server.parts()) as keeping:
        yield server, keeping


async def run_sql(url: str, statement: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        found = await connection.execute(statement.encode())
        return await found.fetchall() if found.description else []


async def test_what_was_committed_survives_the_death_of_every_process(folder: DataFolder) -> None:
    async with serving(folder) as (server, keeping):
        await run_sql(server.url("leads"), "CREATE TABLE promise (kept text); INSERT INTO promise VALUES ('yes')")
        first = keeping.pids["postgres"]
        for process in (psutil.Process(first), *psutil.Process(first).children(recursive=True)):
            process.send_signal(signal.SIGKILL)

        async def last() -> tuple[str, PartState]:
            return keeping.told[-1]

        await eventually(last, lambda told: told == ("postgres", PartState.READY), within=30)
        assert keeping.pids["postgres"] != first
        assert await run_sql(server.url("leads"), "SELECT kept FROM promise") == [("yes",)]


async def test_a_server_whose_main_process_died_is_not_started_beside_its_helpers(folder: DataFolder) -> None:
    async with serving(folder) as (server, keeping):
        first = keeping.pids["postgres"]
        helpers = psutil.Process(first).children(recursive=True)
        # Stopped helpers cannot notice the death of the main process, and still hold its memory.
        for helper in helpers:
            with suppress(psutil.NoSuchProcess):  # a connection that has just been closed
                helper.suspend()
        os.kill(first, signal.SIGKILL)

        async def answer() -> list[tuple[object, ...]]:
            try:
                return await run_sql(server.url("crm"), "SELECT 1")
            except psycopg.OperationalError:
                return []

        await eventually(answer, within=30)
        assert keeping.pids["postgres"] != first
        assert not any(helper.is_running() for helper in helpers)


async def test_a_note_of_a_killed_server_whose_number_is_another_program_s_now_is_no_hindrance(
    folder: DataFolder,
) -> None:
    async with serving(folder) as (server, _):
        owner = server.owner
    other = await asyncio.create_subprocess_exec("/bin/sleep", "60", user=owner.user_id if owner else None)
    note = folder.postgres / "postmaster.pid"
    note.write_text(f"{other.pid}\n{folder.postgres}\n1\n{server.port}\n\n127.0.0.1\n\nready\n")
    try:
        async with serving(folder) as (server, _):
            assert await run_sql(server.url("settings"), "SELECT 1") == [(1,)]
        assert other.returncode is None
    finally:
        other.kill()
        await other.wait()


async def test_each_service_opens_its_own_database_only(folder: DataFolder) -> None:
    async with serving(folder) as (server, _):
        for name in ("settings", "leads", "crm"):
            assert await run_sql(server.url(name), "SELECT current_user || '@' || current_database()") == [
                (f"{name}@{name}",)
            ]
        with pytest.raises(psycopg.OperationalError, match='permission denied for database "leads"'):
            await run_sql(server.url("crm").removesuffix("crm") + "leads", "SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await run_sql(server.url("leads").replace("leads:", "leads:x"), "SELECT 1")


async def test_safety_of_what_is_committed_is_never_given_up_for_speed(folder: DataFolder) -> None:
    async with serving(folder) as (server, _):
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await run_sql(server.url("leads"), f"SHOW {setting}") == [("on",)]


async def test_a_first_start_that_was_killed_half_way_is_simply_done_again(tmp_path: Path) -> None:
    half_made = new_folder(tmp_path)
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    (tmp_path / "postgres.password").write_text("of the start before")
    async with serving(half_made) as (server, _):
        assert await run_sql(server.url("leads"), "SELECT 1") == [(1,)]
    assert set(os.listdir(tmp_path)) == {"logs", "postgres", "secrets.json"}
