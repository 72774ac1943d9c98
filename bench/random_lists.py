"""What random filters, orders and pages take together, list by list: the slow ones that nobody thought of."""

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from load_leads import Databases, databases, process_of
from made_leads import OWNERS, Process
from rich.console import Console
from rich.progress import track

from kit.db.database import LongReads
from kit.errors import LeadlineError
from leads_service.domain.list_bounds import ListBounds
from leads_service.store.lead_list import SORT_COLUMNS, LeadFilter, LeadOrder, Means, Span, list_shown

_TEXTS = ("nova robotics", "yuki", "zoe smi", "acme", "a", "gmail", "zzyzx", "muller 1", "an", "garciason12")
_STATUSES = ("open", "converted", "disqualified")
_SLA = ("no_sla", "on_track", "at_risk", "breached", "met", "met_late", "paused")
_TRIES = 3


class Lists:
    """Random lists of the leads that are there."""

    def __init__(self, found: Databases, process: Process, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - nothing is to be guessed
        self._process = process
        with psycopg.connect(found.leads) as connection:
            facets = connection.execute("SELECT DISTINCT priority, source FROM lead_facets").fetchall()
        self._priorities = sorted({priority for priority, _source in facets})
        self._sources = sorted({source for _priority, source in facets if source})
        stages = {stage: place for place, stage in enumerate(process.stages.values())}
        self._ranks: dict[str, dict[Any, int]] = {
            "stage": stages,
            "priority": {name: place for place, name in enumerate(self._priorities)},
        }

    def which(self, now: datetime) -> LeadFilter:
        """Some filters together, each with some of its values."""
        chance = self._chance
        start = now - timedelta(hours=chance.randrange(24 * 700)) if chance.random() < 0.25 else None
        long = timedelta(hours=chance.choice([1, 30, 24 * 9, 24 * 40, 24 * 300]))
        return LeadFilter(
            search=chance.choice(_TEXTS) if chance.random() < 0.35 else "",
            stage_ids=self._some(list(self._process.stages.values())),
            priorities=self._some(self._priorities),
            sources=self._some(self._sources),
            owners=chance.sample(OWNERS, chance.choice([1, 1, 2, 10])) if chance.random() < 0.35 else (),
            unassigned=chance.random() < 0.08,
            statuses=self._some(_STATUSES),
            sla_statuses=self._some(_SLA),
            qualified=chance.choice([None, None, None, True, False]),
            created_from=start,
            created_to=(start or now - timedelta(days=400)) + long if chance.random() < 0.25 else None,
        )

    def order(self) -> LeadOrder:
        """Any order, either way."""
        by = self._chance.choice([*SORT_COLUMNS, *self._ranks])
        return LeadOrder(by, self._chance.random() < 0.5, self._ranks.get(by))

    def span(self) -> Span:
        """Mostly the first page."""
        return Span(25, self._chance.choice([0, 0, 0, 25, 500, 9_000]))

    def _some(self, values: Sequence[Any]) -> Sequence[Any]:
        return (
            self._chance.sample(values, self._chance.randrange(1, len(values))) if self._chance.random() < 0.2 else ()
        )


def _said(which: LeadFilter, order: LeadOrder, span: Span) -> str:
    given = {name: getattr(which, name) for name in which.__dataclass_fields__}
    shown = (
        f"{name} {_shown(value)}" for name, value in given.items() if value is not None and value not in ("", (), False)
    )
    return f"{', '.join(shown) or 'all'}; by {order.by}{' from the end' * order.descending}, from {span.offset}"


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%F}"
    return value if isinstance(value, (str, bool)) else len(value)


async def _run(found: Databases, count: int, seed: int) -> None:
    lists, long_reads = (
        Lists(found, process_of(found.settings), seed),
        LongReads(found.leads, at_once=1, application="bench"),
    )
    means, took, refused = Means(ListBounds(1_000, 10_000)), list[tuple[float, str]](), 0
    async with long_reads.reading() as connection:
        await means.trigrams.read(connection)
        for _ in track(range(count), console=Console(stderr=True)):
            now = datetime.now(UTC)
            which, order, span = lists.which(now), lists.order(), lists.span()
            tries = []
            try:
                for _try in range(_TRIES):
                    began = time.perf_counter()
                    await list_shown(connection, which, order, span, now=now, means=means)
                    tries.append((time.perf_counter() - began) * 1000)
            except LeadlineError:
                refused += 1
                continue
            took.append((min(tries), _said(which, order, span)))
    await long_reads.close()
    milliseconds = sorted(each for each, _said_of in took)
    console = Console(width=160)
    console.print(
        f"{len(took)} answered, {refused} refused; milliseconds: median {statistics.median(milliseconds):.1f}", end=""
    )
    console.print(f", 95 % {statistics.quantiles(milliseconds, n=20)[18]:.1f}, longest {milliseconds[-1]:.1f}")
    for each, said in sorted(took, reverse=True)[:10]:
        console.print(f"{each:8.1f}  {said}", highlight=False)


def main(
    folder: Annotated[Path, typer.Option(help="Where bench/load_leads.py has put the leads.")],
    *,
    count: Annotated[int, typer.Option(min=20, help="How many lists.")] = 300,
    seed: Annotated[int, typer.Option(help="Others by another one.")] = 1,
) -> None:
    """Measure single lists, without the service; nothing has to run."""
    with databases(folder) as found:
        asyncio.run(_run(found, count, seed))


if __name__ == "__main__":
    typer.run(main)
