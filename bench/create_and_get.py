"""How fast leads are created and read by REST, against a stack that does as little as it can, in turn with it."""

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
import uvloop
from bare_stack import TABLE
from lists import child, free_ports, parts
from load_leads import Databases, databases
from plain_http import PlainHttp
from rich.console import Console
from rich.table import Table
from smoke import measure, new_lead

_BUDGETS = {"create a lead": 50, "read a lead": 60}
_READY_SECONDS = 30.0


@contextmanager
def bare(found: Databases) -> Iterator[str]:
    """The bare stack, on the same server; its address."""
    with psycopg.connect(found.leads) as connection:
        connection.execute(TABLE)
    script = [sys.executable, str(Path(__file__).with_name("bare_stack.py"))]
    service, gateway = (f"127.0.0.1:{port}" for port in free_ports(2))
    with (
        child([*script, "service", "--listen", service, "--url", found.leads], {}),
        child([*script, "gateway", "--listen", gateway, "--service-address", service], {}),
    ):
        yield f"http://{gateway}"


class Stack:
    """One of the two, and the leads that it has got."""

    def __init__(self, url: str, token: str = "") -> None:
        self._http = PlainHttp(url, token)
        self._ids: list[str] = []

    async def create(self, number: int) -> None:
        """Create a lead."""
        self._ids.append((await self._http.succeed("POST", "/leads", new_lead(number)))["id"])

    async def read(self, number: int) -> None:
        """Read one of them."""
        await self._http.succeed("GET", f"/leads/{self._ids[number % len(self._ids)]}")

    async def until_ready(self) -> None:
        """Wait until a lead can be created."""
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                return await self.create(0)
            except (OSError, RuntimeError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.2)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()


async def run(ours: Stack, least: Stack, *, count: int, clients: int, rounds: int) -> Table:
    """Both in turn, so that each round has them at the same speed of the machine."""
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in _BUDGETS}
    for stack in (ours, least):
        await stack.until_ready()
        await measure(stack.create, count // 4, clients)
    for number, name in itertools.product(range(rounds), _BUDGETS):
        calls = [stack.create if name == "create a lead" else stack.read for stack in (ours, least)]
        both = [count / (await measure(call, count, clients))[0] for call in calls]
        figures[name].append((both[0], both[1]))
        Console(stderr=True).print(f"{number + 1}: {name}: {both[0]:.0f} of {both[1]:.0f} a second")
    titles = ("what", "a second", "the least that it takes", "share", "budget")
    table = Table(*titles, title=f"{clients} clients, the middle of {rounds} rounds")
    for name, found in figures.items():
        own, bare_ones = (statistics.median(each) for each in zip(*found, strict=True))
        share = statistics.median(mine / other for mine, other in found)
        table.add_row(name, f"{own:.0f}", f"{bare_ones:.0f}", f"{share:.0%}", f"{_BUDGETS[name]} %")
    for stack in (ours, least):
        await stack.close()
    return table


def main(
    *,
    count: Annotated[int, typer.Option(min=100, help="How many calls in each round.")] = 2_000,
    clients: Annotated[int, typer.Option(min=1, help="How many ask at once.")] = 32,
    rounds: Annotated[int, typer.Option(min=1, help="How often both are measured.")] = 5,
) -> None:
    """Measure on a PostgreSQL of its own, with all parts of ours that such calls pass: gateway, leads, settings."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases(Path(folder)) as found,
        parts(found) as doors,
        bare(found) as url,
    ):
        ours, least = Stack(doors.gateway, doors.token), Stack(url)
        Console(width=110).print(uvloop.run(run(ours, least, count=count, clients=clients, rounds=rounds)))


if __name__ == "__main__":
    typer.run(main)
