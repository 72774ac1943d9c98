"""How PostgreSQL answers lists: the plans of their statements, as docs/list-plans.md shows them."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from leadline.settings.v1 import configuration_service_pb2 as settings_pb
from lists import as_request, kinds
from load_leads import databases, process_of
from made_leads import OWNERS
from psycopg.errors import Diagnostic
from rich.console import Console

from kit.db.database import LongReads, Reading
from kit.errors import LeadlineError
from leads_service.domain.configuration import Configuration
from leads_service.domain.list_bounds import ListBounds
from leads_service.rpc.configuration_mapping import configuration_from_proto
from leads_service.rpc.lead_list_mapping import Listing
from leads_service.store import configuration_copy
from leads_service.store.lead_list import Means, list_shown

# One of each way.
_SHOWN = (
    "sorted by company asc",
    "sorted by stage desc",
    "source and priority",
    "few of many filters",
    "owner and stage, by score",
    "owner, by company",
    "SLA at_risk",
    "SLA breached",
    "created in a year, open",
    "search: 1 in 500, by company",
    "search: a letter in few leads",
    "search without total: 1 in 50",
    "page 401 of a filter",
    "the last page",
)
_EXPLAINED = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_buffers = on",
    "SET auto_explain.log_parameter_max_length = 0",
    "SET client_min_messages = log",
)
_COSTS = re.compile(r" {1,2}\(cost=\S+ rows=\d+ width=\d+\)")
_ONCE = " loops=1)"
# Of every plan alike.
_LEFT_OUT = ("Batches:", "Group Key: (NULL", "Heap Fetches: 0", "Index Searches:", "Sort Method:", "Storage:")
_LONGEST_LINE = 150
# Read and planned before, so that it says what it takes later.
_TRIES = 5


class Plans:
    """What PostgreSQL says of the statements of a connection."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def hear(self, notice: Diagnostic) -> None:
        """Keep what comes beside an answer."""
        self.said.append(notice.message_primary or "")

    def taken(self) -> list[str]:
        """The plans since the last time, as they are shown."""
        plans = [_shown(each) for each in self.said if "Query Text" in each]
        self.said.clear()
        return plans


def _shown(said: str) -> str:
    """A plan without costs, the text of its statement, and branches that were not gone."""
    duration, *lines = said.splitlines()
    begins = next(place for place, line in enumerate(lines) if _COSTS.search(line))
    kept, hidden_below = list[str](), None
    for line in lines[begins:]:
        depth = len(line) - len(line.lstrip())
        if hidden_below is not None and depth > hidden_below:
            continue
        hidden_below = depth if "(never executed)" in line else None
        if hidden_below is None and not line.lstrip().startswith(_LEFT_OUT):
            kept.append(_COSTS.sub("", line).replace(_ONCE, ")")[:_LONGEST_LINE])
    return "\n".join([*kept, duration.split("  plan:")[0].capitalize()])


async def _explain(connection: Reading, listing: Listing, means: Means, plans: Plans, *, with_total: bool) -> str:
    for _ in range(_TRIES):
        plans.taken()
        try:
            page = await list_shown(
                connection,
                listing.which,
                listing.order,
                listing.span,
                now=datetime.now(UTC),
                with_total=with_total,
                means=means,
            )
            total = "" if page.total is None else f"{page.total:,} leads.\n\n"
        except LeadlineError as error:
            total = f"Refused: {error.message}\n\n"
    return total + "\n\n".join(f"```\n{plan}\n```" for plan in plans.taken())


async def _configuration(connection: Reading) -> Configuration:
    copy = await configuration_copy.load(connection)
    if copy is None:
        message = "no configuration has arrived yet: run bench/lists.py first"
        raise RuntimeError(message)
    return configuration_from_proto(settings_pb.Configuration.FromString(copy))


async def _run(leads_url: str, settings_url: str, wanted: Sequence[str]) -> None:
    long_reads, plans, console = LongReads(leads_url, at_once=1, application="bench"), Plans(), Console(soft_wrap=True)
    which = kinds(process_of(settings_url), datetime.now(UTC))
    async with long_reads.reading() as connection:
        means = Means(ListBounds(1_000, 10_000))
        await means.trigrams.read(connection)
        configuration = await _configuration(connection)
        raw = (await connection.get_raw_connection()).driver_connection
        if raw is None:
            raise RuntimeError("no connection")
        raw.add_notice_handler(plans.hear)
        for statement in _EXPLAINED:
            await connection.exec_driver_sql(statement)
        for name in wanted:
            request = as_request(which[name](0), 1_000_000)
            listing = Listing.of(request, configuration, UUID(str(OWNERS[0])))
            text = await _explain(connection, listing, means, plans, with_total=not request.without_total)
            console.print(f"### {name[0].upper()}{name[1:]}\n\n{text}\n", markup=False, highlight=False)
    await long_reads.close()


def main(
    folder: Annotated[Path, typer.Option(help="Where bench/load_leads.py has put the leads.")],
    *,
    only: Annotated[str, typer.Option(help="All kinds whose name has this in it, instead of one of each way.")] = "",
) -> None:
    """Print the plans as Markdown; nothing has to run."""
    with databases(folder) as found:
        names = kinds(process_of(found.settings), datetime.now(UTC))
        wanted = [name for name in names if only in name] if only else _SHOWN
        asyncio.run(_run(found.leads, found.settings, wanted))


if __name__ == "__main__":
    typer.run(main)
