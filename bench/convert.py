"""How many conversions a second a whole stack of its own sustains, how long each takes, and where its time goes.

The clients and all parts share the same processors, so that the figures say what one machine does with all of it.
"""

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

import typer
from conversion_times import Asked, table_of_steps
from own_stack import OwnStack, own_stack
from rich.console import Console
from rich.progress import track
from rich.table import Table

_console = Console(width=120)
_MAKERS = 16
_BUDGET_A_SECOND, _BUDGET_P95_SECONDS = 40, 1.0


def main(
    count: Annotated[int, typer.Option(min=20, help="How many conversions are measured.")] = 1_200,
    clients: Annotated[int, typer.Option(min=1, max=32, help="How many ask at once.")] = 8,
    warm_up: Annotated[int, typer.Option(min=0, help="How many conversions come before.")] = 100,
    sample: Annotated[int, typer.Option(min=1, help="Of how many the steps are looked at.")] = 100,
    *,
    full: Annotated[bool, typer.Option("--full", help="Leads with a note, two product lines and a team.")] = False,
) -> None:
    """Have leads converted by clients of whom each asks for the next as soon as it is answered."""
    asyncio.run(_measure(count, clients, warm_up, sample, full=full))


async def _measure(count: int, clients: int, warm_up: int, sample: int, *, full: bool) -> None:
    async with own_stack() as stack:
        leads = await _leads(stack, count + warm_up, full=full)
        await _told_all(stack)
        await _converted(stack, leads[:warm_up], clients, "warming up")
        load = os.getloadavg()[0]
        with stack.computing() as computed:
            began = time.perf_counter()
            asked = await _converted(stack, leads[warm_up:], clients, "converting")
            seconds = time.perf_counter() - began
            spent = computed()
        _console.print(_speed(asked, seconds, clients, load))
        _console.print(_processors(spent, seconds, count))
        _console.print(await table_of_steps(stack, asked[:: max(1, count // sample)]))


async def _leads(stack: OwnStack, count: int, *, full: bool) -> list[str]:
    """So many leads, each of a company of its own."""
    products = [await stack.ask("POST", "/products", {"name": f"Plan {each}", "unitPrice": 90}) for each in range(2)]

    async def make(number: int) -> str:
        company = f"Company {number} of {time.time_ns()}"
        body = {"lastName": f"Bench {number}", "company": company, "estimatedValue": 5000}
        lead = str((await stack.ask("POST", "/leads", body | {"email": f"bench@company{number}.io"}))["id"])
        if full:
            await _surround(stack, lead, [product["id"] for product in products])
        return lead

    return await _each(range(count), make, _MAKERS, "creating leads")


async def _told_all(stack: OwnStack) -> None:
    """Wait until the clocks of the leads are started, so that their cost is not counted."""
    while await stack.number("SELECT count(*) FROM outbox"):  # noqa: ASYNC110 - another process ends it
        await asyncio.sleep(0.1)


async def _surround(stack: OwnStack, lead: str, products: list[str]) -> None:
    await stack.ask("POST", f"/leads/{lead}/notes", {"content": "Wants to start in March."})
    member = {"userId": "018f4e6e-0000-7000-8000-0000000000d1", "role": "sales_rep"}
    await stack.ask("POST", f"/leads/{lead}/team", member)
    for product in products:
        await stack.ask("POST", f"/leads/{lead}/products", {"productId": product, "quantity": 2})


async def _converted(stack: OwnStack, leads: list[str], clients: int, what: str) -> list[Asked]:
    async def convert(lead: str) -> Asked:
        at = time.time()
        answer = await stack.ask("POST", f"/leads/{lead}/convert", {})
        assert answer["opportunityId"], "answered before its end"
        return Asked(lead, at, time.time())

    return await _each(leads, convert, clients, what)


async def _each(items: Iterable[Any], work: Callable[[Any], Awaitable[Any]], clients: int, what: str) -> list[Any]:
    """What comes of the work on each, so many at once."""
    waiting = iter(track(list(items), what, transient=True, console=Console(stderr=True)))

    async def client() -> list[Any]:
        return [await work(item) for item in waiting]

    return list(itertools.chain(*await asyncio.gather(*(client() for _ in range(clients)))))


def _speed(asked: list[Asked], seconds: float, clients: int, load: float) -> Table:
    took = [each.answered - each.at for each in asked]
    p95 = statistics.quantiles(took, n=20)[18]
    rate = len(asked) / seconds
    kept = "kept" if rate >= _BUDGET_A_SECOND and p95 <= _BUDGET_P95_SECONDS else "not kept"
    budget = f"budget of {_BUDGET_A_SECOND} a second with p95 of {_BUDGET_P95_SECONDS:g} s: {kept}"
    columns = ("conversions", "clients", "a second", "median ms", "p95 ms", "most ms")
    table = Table(*columns, caption=f"{budget}; load before: {load:.1f}")
    figures = (statistics.median(took), p95, max(took))
    table.add_row(str(len(asked)), str(clients), f"{rate:.1f}", *(f"{1000 * each:.0f}" for each in figures))
    return table


def _processors(spent: dict[str, float], seconds: float, count: int) -> Table:
    title = f"processor time in {seconds:.1f} s"
    table = Table("part", "ms a conversion", "share of one processor", title=title)
    for name, each in sorted(spent.items(), key=lambda part: -part[1]):
        if each > 0.01 * seconds:
            table.add_row(name, f"{1000 * each / count:.1f}", f"{100 * each / seconds:.0f} %")
    return table


if __name__ == "__main__":
    typer.run(main)
