"""A first figure of speed over REST on a running stack: creates, reads, lists, bulk changes, converts.

The client takes its share of the same processors, so that the figures say what a machine does with both, not what the
product alone could do.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from plain_http import PlainHttp
from rich.console import Console
from rich.table import Table

Call = Callable[[int], Awaitable[Any]]
# As many as one call takes.
_AT_ONCE = 1_000


def new_lead(number: int) -> dict[str, Any]:
    """A lead of its own company."""
    name = f"Bench {time.time_ns()} {number}"
    return {"lastName": name, "company": name, "priority": "high", "source": "website", "estimatedValue": 5000}


async def measure(call: Call, count: int, clients: int) -> tuple[float, list[float]]:
    """Make ``count`` calls with so many clients; answers the seconds in all and of each call."""
    numbers, seconds = iter(range(count)), []

    async def client() -> None:
        for number in numbers:
            began = time.perf_counter()
            await call(number)
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return time.perf_counter() - began, seconds


async def run(url: str, token: str, count: int) -> Table:
    """All measurements, one after the other."""
    api = PlainHttp(url, token)
    ids: list[str] = []

    async def create(number: int) -> None:
        ids.append(str((await api.succeed("POST", "/leads", new_lead(number)))["id"]))

    async def change_many(number: int) -> None:
        changes = {"title": f"Title {number}", "source": ("event", "website")[number % 2]}
        await api.succeed("PUT", "/leads/bulk-update", {"ids": ids[:_AT_ONCE], "changes": changes, "atomic": True})

    table = Table("what", "clients", "calls", "per second", "median ms", "p95 ms")
    plan: list[tuple[str, Call, int, int]] = [
        ("create a lead", create, count, 32),
        ("read a lead", lambda number: api.succeed("GET", f"/leads/{ids[number % len(ids)]}"), count, 32),
        ("list, filtered", lambda _: api.succeed("GET", "/leads?search=bench&priority=high&limit=25"), count // 4, 8),
        ("SLA summary", lambda _: api.succeed("GET", "/leads/sla/summary"), count // 4, 8),
        (f"change {min(count, _AT_ONCE)} leads in one call", change_many, 3, 1),
        ("convert", lambda number: api.succeed("POST", f"/leads/{ids[number]}/convert", {}), count // 4, 8),
    ]
    for what, call, calls, clients in plan:
        total, seconds = await measure(call, calls, clients)
        p95 = statistics.quantiles(seconds, n=20)[18]
        figures = (f"{calls / total:.0f}", f"{statistics.median(seconds) * 1000:.1f}", f"{p95 * 1000:.1f}")
        table.add_row(what, str(clients), str(calls), *figures)
    return table


def main(
    token: Annotated[str, typer.Option(envvar="TOKEN", help="An administrator's token.")],
    url: Annotated[str, typer.Option(help="The gateway.")] = "http://127.0.0.1:8080",
    count: Annotated[int, typer.Option(min=100, help="How many leads.")] = 1000,
) -> None:
    """Measure a running stack; it makes leads and records there, so use one that may be thrown away."""
    Console().print(asyncio.run(run(url, token, count)))


if __name__ == "__main__":
    typer.run(main)
