"""How clocks do, on a whole stack of its own: thousands that come due at one instant, a lone one, very many open ones.

The client and all parts share the same processors, so that the figures say what one machine does with all of it.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from clock_costs import costs_of, table_of_runs
from own_stack import OwnStack, own_stack
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from temporalio.client import Client

from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import SLICE, CheckClocksInput, ClockCheckProgress

app = typer.Typer(help=__doc__, add_completion=False)
_console = Console(width=120)

_CLIENTS = 32
_MINUTES = 2
_A_MONTH = 30 * 24 * 60
_ESCALATED_AFTER = 1
# Half of the time: at risk after a minute, overdue after two, escalated after three.
_AT_RISK_PERCENT = 50
_COLLEAGUE = "0190c0de-0000-7000-8000-000000000b0b"
_DUE = """
    SELECT id, milestone, due, recorded FROM leads, LATERAL (VALUES
        ('at risk', sla_at_risk_at, at_risk_recorded_at),
        ('breached', sla_deadline, breach_recorded_at),
        ('escalated', (sla_escalations->0->>'at')::timestamptz, (sla_escalations->0->>'escalatedAt')::timestamptz)
    ) AS milestones (milestone, due, recorded) WHERE due IS NOT NULL AND deleted_at IS NULL
"""
_LATENESS = f"""
    WITH late AS (SELECT *, 1000 * extract(epoch FROM recorded - due) AS late FROM ({_DUE}) AS due)
    SELECT milestone, count(*) AS leads, count(recorded) AS recorded, count(DISTINCT due) AS instants,
        min(late) AS least, max(late) AS most,
        percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY late) AS quantiles
    FROM late GROUP BY milestone ORDER BY min(due)
"""  # noqa: S608 - of what stands here
_TWICE = """
    SELECT count(*) FROM (
        SELECT FROM activities WHERE type LIKE 'sla\\_%%' GROUP BY lead_id, type HAVING count(*) > 1
    ) AS twice
"""
_OVERDUE = "SELECT count(*) FROM leads WHERE breach_recorded_at IS NOT NULL AND deleted_at IS NULL"


@app.command()
def burst(
    count: Annotated[int, typer.Option(min=10, help="How many leads.")] = 2_000,
    ahead: Annotated[int, typer.Option(min=20, help="Seconds for making them, before their clocks begin.")] = 120,
) -> None:
    """So many leads whose milestones come due at one instant: how late are they recorded, is none lost, none twice?"""
    asyncio.run(_burst(count, ahead))


async def _burst(count: int, ahead: int) -> None:
    opening = _whole_minute(datetime.now(UTC) + timedelta(seconds=ahead))
    async with own_stack() as stack:
        escalations = [{"afterMinutes": _ESCALATED_AFTER, "assignTo": _COLLEAGUE}]
        more = {"atRiskAfterPercent": _AT_RISK_PERCENT, "escalations": escalations}
        await stack.promise("At one instant", _MINUTES, hours=_opening_at(opening), **more)
        began = time.monotonic()
        await _create(stack, count)
        created = time.monotonic()
        await _delivered(stack)
        _console.print(
            f"{count:,} leads created in {created - began:.1f} s, "
            f"their clocks started {time.monotonic() - created:.1f} s later"
        )
        if datetime.now(UTC) > opening:
            raise typer.BadParameter("They were not made in time.", param_hint="--ahead")
        load = os.getloadavg()[0]
        for minutes, _milestone in enumerate(("at risk", "breached", "escalated"), start=1):
            await _recorded(stack, opening + timedelta(minutes=minutes), count)
        _show_lateness(await stack.rows(_LATENESS), load)
        _console.print(f"recorded twice: {await stack.number(_TWICE)}")


async def _recorded(stack: OwnStack, due: datetime, count: int) -> None:
    """Wait for what comes due at an instant; say what each part has computed for it."""
    wait = (due - datetime.now(UTC)).total_seconds()
    await _shown(f"until {due:%H:%M:%S}", round(wait), lambda: _seconds_before(due, wait))
    what = f"SELECT count(*) FROM ({_DUE}) AS due WHERE due = %(due)s AND recorded IS NOT NULL"  # noqa: S608
    with stack.computing() as computed:
        await _shown("recorded", count, lambda: stack.number(what, due=due))
        _console.print("processor seconds:", *(f"{name} {each:.1f}" for name, each in computed().items() if each > 0.1))


@app.command()
def lone(tries: Annotated[int, typer.Option(min=2, help="How many leads, one after the other.")] = 20) -> None:
    """A clock that nothing else disturbs: how late are its milestones recorded?"""
    asyncio.run(_lone(tries))


async def _lone(tries: int) -> None:
    async with own_stack() as stack:
        await stack.promise("In seconds", 0.05)
        load = os.getloadavg()[0]
        for number in range(tries):
            await stack.create_lead(f"Lone {number}")
            await _shown(f"lead {number + 1} of {tries}", number + 1, lambda: stack.number(_OVERDUE))
        _show_lateness(await stack.rows(_LATENESS), load)


@app.command("open")
def open_clocks(
    count: Annotated[int, typer.Option(min=100, help="How many open clocks.")] = 50_000,
    sample: Annotated[int, typer.Option(min=1, help="How many of each kind of end to look at.")] = 20,
) -> None:
    """So many open clocks: what do they take of memory and disk, how fast are they started, what does each cost?"""
    asyncio.run(_open(count, sample))


async def _open(count: int, sample: int) -> None:
    async with own_stack() as stack:
        await stack.promise("In a month", _A_MONTH)
        # So that what is made once is not counted.
        await _create(stack, 100)
        await _delivered(stack)
        before, load = costs_of(stack), os.getloadavg()[0]
        rate = await _import(stack, count)
        _console.print(f"{rate:.0f} clocks started a second, load {load:.1f} before and {os.getloadavg()[0]:.1f} after")
        for table in costs_of(stack).since(before, count):
            _console.print(table)
        temporal = await Client.connect(stack.temporal)
        _console.print(await _checked(temporal))
        kinds = await _lives(stack, sample)
        _console.print(await table_of_runs(temporal, kinds))


async def _checked(temporal: Client) -> str:
    """How long a check as the Schedule starts it takes, beside the Schedule's own."""
    began = time.monotonic()
    found = await temporal.execute_workflow(
        names.CHECK_SLA_CLOCKS,
        CheckClocksInput(most=SLICE),
        id="check-sla-clocks-measured",
        task_queue=names.CHECK_QUEUE,
        result_type=ClockCheckProgress,
    )
    seconds = time.monotonic() - began
    return (
        f"a check compared {found.leads:,} leads and {found.runs:,} runs in {seconds:.0f} s, repaired {found.repaired}"
    )


async def _lives(stack: OwnStack, sample: int) -> list[tuple[str, list[str]]]:
    """So many leads of each kind, by what became of them."""
    still = [await stack.create_lead(f"Open {number}") for number in range(sample)]
    answered = [await stack.create_lead(f"Answered {number}") for number in range(sample)]
    await _answer(stack, answered)
    await stack.promise("In seconds", 0.05)
    overdue = [await stack.create_lead(f"Overdue {number}") for number in range(sample)]
    late = [await stack.create_lead(f"Late {number}") for number in range(sample)]
    await _shown("overdue", 2 * sample, lambda: stack.number(_OVERDUE))
    await _answer(stack, late)
    await _delivered(stack)
    await asyncio.sleep(3)
    return [("open", still), ("answered in time", answered), ("overdue", overdue), ("answered late", late)]


async def _answer(stack: OwnStack, leads: list[str]) -> None:
    for lead in leads:
        await stack.ask("POST", f"/leads/{lead}/notes", {"content": "Called back."})


async def _import(stack: OwnStack, count: int) -> float:
    """Have so many leads imported, and their clocks started; answers how many a second."""
    lines = (f"Alice,Open {number},Company {number // 3},alice{number}@startup.io" for number in range(count))
    content = "\n".join(("First Name,Last Name,Company,Email", *lines)).encode()
    files = [("options", (None, "{}", "application/json")), ("file", ("leads.csv", content, "text/csv"))]
    begun = (await stack.ask("POST", "/leads/import", files=files))["id"]
    began = time.monotonic()

    async def imported() -> int:
        return int((await stack.ask("GET", f"/leads/import/{begun}"))["processed"])

    await _shown("imported", count, imported)
    await _delivered(stack)
    return count / (time.monotonic() - began)


async def _create(stack: OwnStack, count: int) -> None:
    numbers, created = iter(range(count)), 0

    async def client() -> None:
        nonlocal created
        for number in numbers:
            await stack.create_lead(f"Due {number}")
            created += 1

    async def so_far() -> int:
        return created

    await asyncio.gather(_shown("created", count, so_far), *(client() for _ in range(_CLIENTS)))


async def _delivered(stack: OwnStack) -> None:
    waiting = "SELECT count(*) FROM outbox"
    first = await stack.number(waiting)

    async def so_far() -> int:
        return first - await stack.number(waiting)

    await _shown("clocks started", first, so_far)


async def _shown(what: str, total: int, so_far: Callable[[], Awaitable[int]]) -> None:
    """Look once a moment until everything is done, and show how far it is."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task, done = progress.add_task(what, total=total), 0
        while done < total:
            await asyncio.sleep(0.5)
            done = await so_far()
            progress.update(task, completed=done)


async def _seconds_before(due: datetime, wait: float) -> int:
    return round(wait - (due - datetime.now(UTC)).total_seconds())


def _whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _opening_at(opening: datetime) -> dict[str, Any]:
    """A calendar that is closed until an instant: whoever comes before waits from then on."""
    all_day = [["00:00", "24:00"]]
    exceptions = {f"{datetime.now(UTC):%Y-%m-%d}": [], f"{opening:%Y-%m-%d}": [[f"{opening:%H:%M}", "24:00"]]}
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), all_day)
    return {"timezone": "UTC", "hours": week, "exceptions": exceptions}


def _show_lateness(rows: list[dict[str, Any]], load: float) -> None:
    names = ("milestone", "leads", "recorded", "instants", "least ms", "median ms", "p95 ms", "most ms")
    table = Table(*names, title="recorded after it came due", caption=f"load before: {load:.1f}")
    for row in rows:
        figures = (row["least"], *row["quantiles"], row["most"])
        counts = (row["leads"], row["recorded"], row["instants"])
        table.add_row(row["milestone"], *(f"{each:,}" for each in counts), *(f"{each:,.0f}" for each in figures))
    _console.print(table)


if __name__ == "__main__":
    app()
