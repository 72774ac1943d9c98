"""How fast lists are answered by the leads service, and the gateway before it, on what `bench/load_leads.py` made.

Each kind of query is asked by so many clients at once. The clients take their share of the same processors, so that the
figures say what a machine does with all of it.
"""

import asyncio
import itertools
import os
import random
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
import uvloop
from leadline.leads.v1 import lead_pb2, lead_service_pb2, lead_service_pb2_grpc
from load_leads import Databases, databases, process_of
from made_leads import OWNERS, Process
from plain_http import PlainHttp
from rich.console import Console
from rich.table import Table

from kit.errors import LeadlineError
from kit.rpc.calls import call, is_serving, open_channel
from kit.rpc.times import to_timestamp
from kit.tokens import sign_token

_SORTS = "createdAt updatedAt firstName lastName company score estimatedValue priority stage slaDeadline".split()  # noqa: SIM905
_STATUSES = {"open": lead_pb2.LEAD_STATUS_OPEN, "converted": lead_pb2.LEAD_STATUS_CONVERTED}
_TOO_MUCH = {"SEARCH_TOO_SHORT", "SEARCH_TOO_BROAD", "PAGE_TOO_DEEP"}
# Statements are prepared after some calls: on each connection, that is.
_WARM = 5
Which = Mapping[str, Any]
# By the number of the call, so that not all ask for the same.
Kind = Callable[[int], Which]


def kinds(process: Process, now: datetime) -> dict[str, Kind]:
    """Each kind of query, by what it is called: filters by their REST names. Those that are refused say so."""
    stage = {name: str(stage_id) for name, stage_id in process.stages.items()}
    owners = [str(owner) for owner in OWNERS]
    days = {ago: (now - timedelta(days=ago)).isoformat() for ago in (1, 7, 40, 75, 100, 465)}
    broad, narrow = ("smithson", "müller", "acme", "zoë"), ("nova robotics", "yuki w", "zoë smi", "garciason1")
    few = {"source": "partner", "priority": "high", "status": "open", "qualified": "true"}
    found: dict[str, Kind] = {
        f"sorted by {by} {way}": lambda _, by=by, way=way: {"sortBy": by, "sortDir": way}  # type: ignore[misc]
        for by in _SORTS
        for way in ("desc", "asc")
    }
    fixed: dict[str, Which] = {
        "status": {"status": "open"},
        "status, the far end first": {"status": "converted", "sortDir": "desc"},
        "stage": {"stageId": stage["Proposal"]},
        "two stages, by company": {"stageId": f"{stage['New']},{stage['Qualified']}", "sortBy": "company"},
        "pipeline": {"pipelineId": str(process.pipeline_id)},
        "source and priority": {"source": "website,event", "priority": "high"},
        "few of many filters": few,
        "not qualified, by score": {"qualified": "false", "sortBy": "score"},
        "nobody's": {"assignedTo": "none"},
        "nobody's and new, by value": {
            "assignedTo": "none",
            "stageId": stage["New"],
            "sortBy": "estimatedValue",
        },
        **{f"SLA {each}": {"slaStatus": each} for each in ("no_sla", "on_track", "at_risk", "breached", "met")},
        "SLA at_risk or breached, by stage": {"slaStatus": "at_risk,breached", "sortBy": "stage"},
        "SLA on_track or met_late, by deadline": {"slaStatus": "on_track,met_late", "sortBy": "slaDeadline"},
        "created within a week": {"createdFrom": days[7]},
        "created in a year": {"createdFrom": days[465], "createdTo": days[100]},
        "created in 35 days, by value": {
            "createdFrom": days[75],
            "createdTo": days[40],
            "sortBy": "estimatedValue",
        },
        "created in a year, source and status": {
            "createdFrom": days[465],
            "createdTo": days[100],
            "source": "event",
            "status": "converted",
            "sortBy": "lastName",
        },
        "created in a year, open": {"createdFrom": days[465], "createdTo": days[100], "status": "open"},
        "page 100 of an order": {"page": 100, "sortBy": "company"},
        "page 100 of a filter": {"page": 100, "status": "open"},
        "the last page": {"page": "last", "sortBy": "lastName"},
        "past the end": {"page": 1_000_000},
        "page 401, as deep as allowed": {"page": 401, "sortBy": "updatedAt"},
        "page 401 of a filter": {"page": 401, "status": "open"},
        "refused: page 20,000, the middle": {"page": 20_000, "sortBy": "updatedAt"},
        "search: an e-mail address": {"search": "zoë.smithson1"},
        "search: 1 in 500, by company": {"search": "nova robotics", "sortBy": "company"},
        "search: 1 in 500 with filters": {"search": "nova robotics", "status": "open", "priority": "high"},
        "search: a first name and a letter": {"search": "yuki w"},
        "search: a first name and a letter, by company": {"search": "yuki w", "sortBy": "company"},
        "search: nobody has it": {"search": "zzyzx"},
        "search: a letter in few leads": {**few, "search": "a"},
        "search: a letter in few leads, by company": {**few, "search": "a", "sortBy": "company"},
        "search without total: 1 in 50": {"search": "acme", "withTotal": "false"},
        "search without total: 1 in 50 with filters": {
            "search": "acme",
            "status": "open",
            "priority": "high",
            "withTotal": "false",
        },
        "search without total: 1 in 3": {"search": "gmail", "withTotal": "false"},
        "search without total: two letters": {"search": "an", "withTotal": "false"},
        "refused: search 1 in 50 with filters": {"search": "acme", "status": "open", "priority": "high"},
        "refused: search 1 in 3": {"search": "gmail"},
        "refused: search two letters": {"search": "an"},
    }
    found |= {name: lambda _, which=which: which for name, which in fixed.items()}  # type: ignore[misc]
    found |= {
        "owner": lambda number: {"assignedTo": owners[number % 20]},
        "owner, by company": lambda number: {"assignedTo": owners[number % 20], "sortBy": "company"},
        "owner and stage, by score": lambda number: {
            "assignedTo": owners[number % 50],
            "stageId": stage["New"],
            "sortBy": "score",
        },
        "owner, created in a year": lambda number: {
            "assignedTo": owners[number % 20],
            "createdFrom": days[465],
            "createdTo": days[100],
        },
        "owner and search": lambda number: {"assignedTo": owners[number % 20], "search": narrow[number % 4]},
        "owner and search without total": lambda number: {
            "assignedTo": owners[number % 20],
            "search": broad[number % 4],
            "withTotal": "false",
        },
    }
    return found


def as_request(which: Which, total: int) -> lead_service_pb2.ListLeadsRequest:
    """The same query for gRPC."""
    lists = {"stageId": "stage_ids", "pipelineId": "pipeline_ids", "priority": "priorities", "source": "sources"}
    lists |= {"assignedTo": "assigned_to", "slaStatus": "sla_statuses"}
    request = lead_service_pb2.ListLeadsRequest(
        search=which.get("search", ""),
        sort_by=which.get("sortBy", ""),
        sort_dir=which.get("sortDir", ""),
        page=page_of(which, total),
        without_total=which.get("withTotal") == "false",
        **{name: which[key].split(",") for key, name in lists.items() if key in which},
    )
    if "status" in which:
        request.statuses.append(_STATUSES[which["status"]])
    if "qualified" in which:
        request.qualified = which["qualified"] == "true"
    for key, name in (("createdFrom", "created_from"), ("createdTo", "created_to")):
        if key in which:
            getattr(request, name).CopyFrom(to_timestamp(datetime.fromisoformat(which[key])))
    return request


def page_of(which: Which, total: int) -> int:
    """The page's number; ``last`` is the last one."""
    page = which.get("page", 0)
    return -(-total // 25) if page == "last" else int(page)


@dataclass(frozen=True)
class Doors:
    """Where the parts are, and a token for them."""

    leads: str
    gateway: str
    token: str


@contextmanager
def parts(found: Databases) -> Iterator[Doors]:
    """Settings, leads and gateway, each a process of its own."""
    settings, leads, gateway = (f"127.0.0.1:{port}" for port in free_ports(3))
    secret = secrets.token_urlsafe(32)
    shared = {"LEADLINE_TOKEN_SECRET": secret, "LEADLINE_LOG_LEVEL": "warning"}
    shared |= {"LEADLINE_SETTINGS_ADDRESS": settings, "LEADLINE_LEADS_ADDRESS": leads}
    own = {
        ("settings-service", "serve"): {"LEADLINE_DATABASE_URL": found.settings, "LEADLINE_LISTEN": settings},
        ("leads-service", "serve"): {
            "LEADLINE_DATABASE_URL": found.leads,
            "LEADLINE_LISTEN": leads,
            "LEADLINE_OBJECT_STORE_URL": (Path(tempfile.gettempdir()) / "leadline-bench-objects").as_uri(),
        },
        ("leadline-gateway",): {"LEADLINE_HTTP_LISTEN": gateway},
    }
    token = sign_token(secret, subject=OWNERS[0], role="admin", permissions=(), expires_in=timedelta(hours=6))
    with ExitStack() as running:
        for (program, *arguments), env in own.items():
            argv = [str(Path(sys.executable).with_name(program)), *arguments]
            running.enter_context(child(argv, {**shared, **env}))
        yield Doors(leads, f"http://{gateway}", token)


@contextmanager
def child(argv: Sequence[str], env: Mapping[str, str]) -> Iterator[None]:
    """A process that runs meanwhile."""
    process = subprocess.Popen(argv, env={**os.environ, **env})  # noqa: S603 - our own parts
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on, all different."""
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@dataclass(frozen=True)
class Load:
    """How often each kind is asked, by how many clients, and how many seconds they pause after each answer."""

    calls: int
    clients: int
    pause: float

    def __str__(self) -> str:
        return f"{self.clients} clients {f'who pause {self.pause * 1000:.0f} ms' if self.pause else 'without a pause'}"


@dataclass(frozen=True)
class Figure:
    """How one kind of query went; no leads where it was refused."""

    total: int | None
    milliseconds: Sequence[float]

    @property
    def p95(self) -> float:
        """All but a twentieth took no longer."""
        return statistics.quantiles(self.milliseconds, n=20)[18]

    def row(self) -> list[str]:
        """Leads in the list, median, p95 and longest."""
        figures = (statistics.median(self.milliseconds), self.p95, max(self.milliseconds))
        return ["refused" if self.total is None else f"{self.total:,}", *(f"{each:.1f}" for each in figures)]


async def measure(ask: Callable[[Which], Awaitable[int | None]], kind: Kind, load: Load) -> Figure:
    """Ask as often as that; each client asks a few times before, so that all are warm."""
    numbers, milliseconds, total = iter(range(load.calls)), list[float](), None

    async def client() -> None:
        nonlocal total
        for number in range(_WARM):
            await ask(kind(number))
        for number in numbers:
            began = time.perf_counter()
            total = await ask(kind(number))
            milliseconds.append((time.perf_counter() - began) * 1000)
            # As long on average, so that the clients do not fall into step.
            await asyncio.sleep(load.pause * 2 * random.random())  # noqa: S311 - no secret

    await asyncio.gather(*(client() for _ in range(load.clients)))
    return Figure(total, milliseconds)


async def run(doors: Doors, wanted: Mapping[str, Kind], load: Load, *, rounds: int, rest: bool) -> Table:
    """All measurements, one after the other, and the best of each: what else a machine does makes them only longer."""
    titles = ["query", "leads in the list", "median ms", "p95 ms", "max ms"]
    table = Table(*titles, title=f"{load}, {'REST' if rest else 'gRPC'}")
    http = PlainHttp(doors.gateway, doors.token)
    async with open_channel(doors.leads) as channel:
        stub = lead_service_pb2_grpc.LeadServiceStub(channel)
        await until_ready(channel)
        every = (await call(stub.ListLeads, as_request({}, 0), token=doors.token, timeout=60)).total

        async def by_grpc(which: Which) -> int | None:
            try:
                answer = await call(stub.ListLeads, as_request(which, every), token=doors.token, timeout=60)
            except LeadlineError as error:
                _require_expected(error.reason)
                return None
            return int(answer.total)

        async def by_rest(which: Which) -> int | None:
            query = {**which, **({"page": str(page_of(which, every))} if "page" in which else {})}
            status, answer = await http.request("GET", f"/leads?{urlencode(query)}")
            if status != HTTPStatus.OK:
                _require_expected(answer["code"].upper())
                return None
            return int(answer["meta"].get("total", 0))

        figures: dict[str, list[Figure]] = {name: [] for name in wanted}
        for number, (name, kind) in itertools.product(range(rounds), wanted.items()):
            figure = await measure(by_rest if rest else by_grpc, kind, load)
            figures[name].append(figure)
            Console(stderr=True).print(f"{number + 1}:", name, *figure.row()[:3])
        await http.close()
    for name, found in figures.items():
        table.add_row(name, *min(found, key=lambda each: each.p95).row())
    return table


def _require_expected(reason: str) -> None:
    if reason not in _TOO_MUCH:
        message = f"refused as {reason}"
        raise RuntimeError(message)


async def until_ready(channel: Any) -> None:
    """Wait until the leads service answers."""
    for _ in range(300):
        if await is_serving(channel):
            return
        await asyncio.sleep(0.1)
    message = "the leads service does not get ready"
    raise RuntimeError(message)


def main(
    folder: Annotated[Path, typer.Option(help="Where bench/load_leads.py has put the leads.")],
    *,
    calls: Annotated[int, typer.Option(min=20, help="How many calls of each kind.")] = 80,
    clients: Annotated[int, typer.Option(min=1, help="How many ask at once.")] = 8,
    only: Annotated[str, typer.Option(help="Only kinds whose name has this in it.")] = "",
    pause: Annotated[int, typer.Option(min=0, help="How many ms a client waits after an answer, on average.")] = 0,
    rounds: Annotated[int, typer.Option(min=1, help="How often all is measured; the best of each is shown.")] = 1,
    rest: Annotated[bool, typer.Option(help="Through the gateway.")] = False,
) -> None:
    """Measure on this machine alone; nothing has to run."""
    load = Load(calls, clients, pause / 1000)
    with databases(folder) as found, parts(found) as doors:
        wanted = {
            name: kind for name, kind in kinds(process_of(found.settings), datetime.now(UTC)).items() if only in name
        }
        Console(width=110).print(uvloop.run(run(doors, wanted, load, rounds=rounds, rest=rest)))


if __name__ == "__main__":
    typer.run(main)
