"""How fast the SLA summary is answered by the leads service, on what `bench/load_leads.py` made.

Each kind of summary is asked for by so many clients at once, over gRPC. The clients take their share of the same
processors, so that the figures say what a machine does with all of it.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from leadline.leads.v1 import sla_service_pb2, sla_service_pb2_grpc
from lists import Doors, Kind, Load, Which, measure, parts, until_ready
from load_leads import databases, process_of
from made_leads import OWNERS, Process
from rich.console import Console
from rich.table import Table

from kit.rpc.calls import call, open_channel
from kit.rpc.times import to_timestamp


def kinds(process: Process, now: datetime) -> dict[str, Kind]:
    """Summaries by what they are called: filters by their names in the proto."""
    days = {ago: to_timestamp(now - timedelta(days=ago)) for ago in (7, 100, 465)}
    year = {"created_from": days[465], "created_to": days[100]}
    pipeline = {"pipeline_ids": [str(process.pipeline_id)]}
    return {
        "all leads": lambda _: {},
        "a pipeline": lambda _: pipeline,
        "nobody's": lambda _: {"assigned_to": ["none"]},
        "an owner": lambda number: {"assigned_to": [str(OWNERS[number % 20])]},
        "ten owners": lambda number: {"assigned_to": [str(OWNERS[(number + more) % 150]) for more in range(10)]},
        "created within a week": lambda _: {"created_from": days[7]},
        "created in a year": lambda _: year,
        "a pipeline, created in a year": lambda _: {**pipeline, **year},
        "an owner, created in a year": lambda number: {"assigned_to": [str(OWNERS[number % 20])], **year},
        "everything at once": lambda number: {"assigned_to": [str(OWNERS[number % 20])], **pipeline, **year},
    }


async def run(doors: Doors, wanted: Mapping[str, Kind], *, calls: int, clients: int) -> Table:
    """All measurements, one after the other."""
    table = Table("summary of", "leads in it", "median ms", "p95 ms", "max ms", title=f"{clients} clients, gRPC")
    async with open_channel(doors.leads) as channel:
        stub = sla_service_pb2_grpc.SlaServiceStub(channel)
        await until_ready(channel)

        async def ask(which: Which) -> int:
            request = sla_service_pb2.GetSlaSummaryRequest(**which)
            return int((await call(stub.GetSlaSummary, request, token=doors.token, timeout=60)).total)

        for name, kind in wanted.items():
            figure = await measure(ask, kind, Load(calls, clients, 0))
            table.add_row(name, *figure.row())
            Console(stderr=True).print(name, *figure.row()[:3])
    return table


def main(
    folder: Annotated[Path, typer.Option(help="Where bench/load_leads.py has put the leads.")],
    calls: Annotated[int, typer.Option(min=20, help="How many calls of each kind.")] = 200,
    clients: Annotated[int, typer.Option(min=1, help="How many ask at once.")] = 8,
    only: Annotated[str, typer.Option(help="Only kinds whose name has this in it.")] = "",
) -> None:
    """Measure on this machine alone; nothing has to run."""
    with databases(folder) as found, parts(found) as doors:
        every = kinds(process_of(found.settings), datetime.now(UTC))
        wanted = {name: kind for name, kind in every.items() if only in name}
        Console(width=110).print(asyncio.run(run(doors, wanted, calls=calls, clients=clients)))


if __name__ == "__main__":
    typer.run(main)
