"""What clocks cost: memory of the parts, and events, rows and bytes in Temporal's database file."""

import sqlite3
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from own_stack import OwnStack
from rich.table import Table
from temporalio.client import Client, WorkflowExecutionDescription

from leadline_workflows.contracts import names

_PARTS = ("temporal", "worker", "relay", "leads", "postgres")
# What one clock must add at least, to be told of.
_LEAST_BYTES = 20
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Costs:
    """What is there at one moment: MiB of each part's memory, bytes and rows of each table of Temporal's database."""

    memory: dict[str, float]
    sizes: Counter[str]
    rows: Counter[str]

    def since(self, before: "Costs", count: int) -> Iterator[Table]:
        """What so many clocks have added."""
        memory = Table("memory of", "MiB before", "MiB after", "KiB a clock")
        for name in _PARTS:
            was, now = before.memory[name], self.memory[name]
            memory.add_row(name, f"{was:.0f}", f"{now:.0f}", f"{(now - was) * 1024 / count:.2f}")
        yield memory
        grown = self.sizes - before.sizes
        sizes = Table("table, with its indexes", "bytes a clock", "rows a clock")
        for name, size in grown.most_common():
            if size / count >= _LEAST_BYTES:
                added = self.rows[name] - before.rows[name]
                sizes.add_row(name, f"{size / count:,.0f}", f"{added / count:.2f}")
        sizes.add_row("all", f"{grown.total() / count:,.0f}", f"{(self.rows - before.rows).total() / count:.2f}")
        sizes.caption = f"{grown.total() / _MEBIBYTE:,.0f} MiB in all"
        yield sizes


def costs_of(stack: OwnStack) -> Costs:
    """What is there now."""
    uri = f"file:{stack.folder.temporal}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        tables = dict(
            database.execute(
                "SELECT name, tbl_name FROM sqlite_master WHERE tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            )
        )
        sizes: Counter[str] = Counter()
        for name, size in database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
            sizes[_group(tables.get(name, name))] += size
        rows = Counter({_group(name): _count(database, name) for name in set(tables.values()) if _group(name) == name})
    return Costs(stack.memory(), sizes, rows)


def _group(table: str) -> str:
    """The tables behind a full-text index are told of as that index."""
    for kind in ("_data", "_docsize", "_config", "_idx", "_content"):
        if "_fts_" in table and table.endswith(kind):
            return table.removesuffix(kind)
    return table


def _count(database: sqlite3.Connection, table: str) -> int:
    ((count,),) = database.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608 - a name from the database itself
    return int(count)


async def table_of_runs(client: Client, kinds: Iterable[tuple[str, list[str]]]) -> Table:
    """Events and bytes of history of the clocks of some leads, by what became of them."""
    table = Table("a clock that is", "runs", "events", "bytes of history", "state transitions")
    for kind, leads in kinds:
        runs = [await client.get_workflow_handle(names.lead_sla_id(lead)).describe() for lead in leads]
        columns = (f"{statistics.median(column):,.0f}" for column in zip(*map(_figures, runs), strict=True))
        table.add_row(kind, str(len(runs)), *columns)
    return table


def _figures(run: WorkflowExecutionDescription) -> tuple[int, int, int]:
    info = run.raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes, info.state_transition_count
