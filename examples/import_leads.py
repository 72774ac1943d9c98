"""Imports leads from a CSV file through Leadline's REST API.

    python examples/import_leads.py leads.csv --token "$TOKEN" \\
        --map "Last Name=lastName" --map "E-mail=email" --map "Origin=source" --map "Size=customFields.companySize" \\
        --value "Origin:Trade Show=event" --value "Origin:*=other" --set priority=high

Importing the same file again within 24 hours makes no lead twice. Exit code: 0 when every row is a lead or was refused
for a reason of its own, 1 when something else went wrong, 2 when the flags are wrong.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from leads_import.mapping import FieldMapping, FlagError, encode, read_flags
from leads_import.rows import LeadsFile, Row, UnreadableError, open_leads
from leads_import.running import Import
from leads_import.sending import LeadsClient, Outcome
from leads_import.summary import Summary

_SHOWN_BY_DRY_RUN = 5
_TIMEOUT_SECONDS = 30.0

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV with a header")]
Maps = Annotated[
    list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="which column is which lead field")
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="for rows where no column gives a value")
]
Values = Annotated[
    list[str] | None, typer.Option("--value", metavar="COLUMN:OLD=NEW", help="OLD may be * for all other values")
]
Url = Annotated[str, typer.Option(help="the gateway")]
Token = Annotated[str, typer.Option(envvar="LEADLINE_TOKEN", help="permission leads:create")]
Concurrency = Annotated[int, typer.Option(min=1, max=256, help="requests at a time")]
Patience = Annotated[float, typer.Option(min=0, help="seconds for which a row is tried again")]
Limit = Annotated[int | None, typer.Option(min=1, help="only so many rows")]
Report = Annotated[Path | None, typer.Option(dir_okay=False, help="write each row that is no lead to this CSV")]
Encoding = Annotated[str, typer.Option(help="of the file; a byte order mark is taken care of")]
Delimiter = Annotated[str, typer.Option(help="between cells, one character")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="print the first bodies and send nothing")]


@dataclass(frozen=True, slots=True)
class Run:
    """How the rows are sent."""

    url: str
    token: str
    concurrency: int
    patience: float
    limit: int | None
    report: Path | None

    def check(self) -> None:
        """Refuse what would go wrong only later.

        Raises:
            typer.BadParameter: an option is missing or wrong.
        """
        if not self.token:
            raise typer.BadParameter("give one, or set LEADLINE_TOKEN", param_hint="--token")
        if httpx.URL(self.url).scheme not in {"http", "https"}:
            raise typer.BadParameter("must start with http:// or https://", param_hint="--url")
        if self.report and not self.report.parent.is_dir():
            raise typer.BadParameter(f"there is no folder {self.report.parent}", param_hint="--report")

    def http(self) -> httpx.AsyncClient:
        """A client of the gateway."""
        headers = {"Authorization": f"Bearer {self.token}"}
        limits = httpx.Limits(max_connections=self.concurrency)
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=_TIMEOUT_SECONDS, limits=limits)


def main(
    file: File,
    *,
    columns: Maps = None,
    constants: Sets = None,
    replacements: Values = None,
    url: Url = "http://127.0.0.1:8080",
    token: Token = "",
    concurrency: Concurrency = 16,
    patience: Patience = 60.0,
    limit: Limit = None,
    report: Report = None,
    encoding: Encoding = "utf-8-sig",
    delimiter: Delimiter = ",",
    dry_run: DryRun = False,
) -> None:
    """Create a lead for each row of FILE. A column that occurs twice is called NAME and NAME1."""
    run = Run(url, token, concurrency, patience, limit, report)
    with _errors_told(file), open_leads(file, encoding=encoding, delimiter=delimiter) as leads:
        mapping = read_flags(columns or [], constants or [], replacements or [])
        mapping.check(leads.header)
        if dry_run:
            _show(leads, mapping, min(limit or _SHOWN_BY_DRY_RUN, _SHOWN_BY_DRY_RUN))
        else:
            run.check()
            _import(leads, mapping, run)


@contextmanager
def _errors_told(file: Path) -> Iterator[None]:
    """Say in a sentence what is wrong with the flags or the file, and end."""
    try:
        yield
    except FlagError as error:
        raise typer.BadParameter(str(error)) from None
    except UnreadableError as error:
        typer.echo(f"{file}: {error}", err=True)
        raise typer.Exit(1) from None


def _show(leads: LeadsFile, mapping: FieldMapping, count: int) -> None:
    for row in islice(leads.rows(), count):
        typer.echo(f"row {row.number}: {encode(mapping.body(row.cells), pretty=True).decode()}")
    if leads.problem:
        raise UnreadableError(leads.problem)


def _import(leads: LeadsFile, mapping: FieldMapping, run: Run) -> None:
    summary = Summary()
    try:
        problem = asyncio.run(_send(leads, mapping, run, summary)) or leads.problem
    except KeyboardInterrupt:
        problem = "interrupted"
    summary.print(Console())
    if run.report:
        summary.write_report(run.report)
    if problem:
        typer.echo(f"Stopped before the end of the file: {problem}", err=True)
    raise typer.Exit(1 if problem or summary.failed else 0)


async def _send(leads: LeadsFile, mapping: FieldMapping, run: Run, summary: Summary) -> str:
    """Send the rows under a progress bar; answers why it was stopped, if it was."""
    columns = BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(summary.line(), total=leads.size)

        def on_done(row: Row, outcome: Outcome) -> None:
            summary.add(row.number, outcome)
            bar.update(task, completed=row.position, description=summary.line())

        async with run.http() as http:
            running = Import(mapping, LeadsClient(http, patience=run.patience), on_done)
            await running.run(islice(leads.rows(), run.limit), run.concurrency)
    return running.stopped


if __name__ == "__main__":
    typer.run(main)
