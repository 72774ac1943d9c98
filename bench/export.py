"""How fast all leads are exported, and in how much memory: the services as processes, the file read over REST.

The leads come from a folder that `bench/load_leads.py` has filled.
"""

import asyncio
import os
import secrets
import socket
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx
import psutil
import typer
from load_leads import Databases, databases
from rich.console import Console
from rich.table import Table

from kit.ids import new_id
from kit.tokens import sign_token

_PROGRAMS = {"settings": "settings-service", "leads": "leads-service", "gateway": "leadline-gateway"}
_MEBIBYTE = 1024 * 1024
_LONGEST_START_SECONDS = 60.0
_SAMPLE_SECONDS = 0.25


@dataclass
class Watched:
    """A process, the most memory that it was seen to have, and what it has computed since the first look."""

    name: str
    process: psutil.Process
    before: int = 0
    most: int = 0
    cpu_seconds: float = 0.0

    def begin(self) -> None:
        """Look for the first time."""
        self.before = self.most = self.process.memory_info().rss
        self.cpu_seconds = -self._cpu()

    def look(self) -> None:
        """Look once more."""
        self.most = max(self.most, self.process.memory_info().rss)

    def end(self) -> None:
        """Look for the last time."""
        self.look()
        self.cpu_seconds += self._cpu()

    def _cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(name: str, command: list[str], environment: dict[str, str]) -> Iterator[Watched]:
    """A part of the product, until the block ends."""
    program = str(Path(sysconfig.get_path("scripts")) / command[0])
    with subprocess.Popen([program, *command[1:]], env=environment, stdout=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            yield Watched(name, psutil.Process(process.pid))
        finally:
            process.terminate()


@contextmanager
def stack(found: Databases, objects: Path, secret: str) -> Iterator[tuple[str, list[Watched]]]:
    """Settings, leads and gateway; the gateway's URL and the processes to watch."""
    settings, leads, gateway = (f"127.0.0.1:{free_port()}" for _ in range(3))
    common = {"PATH": os.environ["PATH"], "LEADLINE_TOKEN_SECRET": secret, "LEADLINE_LOG_LEVEL": "warning"}
    common |= {"MALLOC_ARENA_MAX": "2", "LEADLINE_SETTINGS_ADDRESS": settings, "LEADLINE_LEADS_ADDRESS": leads}
    own = {
        "settings": {"LEADLINE_LISTEN": settings, "LEADLINE_DATABASE_URL": found.settings},
        "leads": {
            "LEADLINE_LISTEN": leads,
            "LEADLINE_DATABASE_URL": found.leads,
            "LEADLINE_OBJECT_STORE_URL": objects.as_uri(),
        },
        "gateway": {"LEADLINE_HTTP_LISTEN": gateway},
    }
    with ExitStack() as opened:
        parts = [
            opened.enter_context(running(name, [_PROGRAMS[name], "serve"], common | environment))
            for name, environment in own.items()
        ]
        yield f"http://{gateway}", [part for part in parts if part.name != "settings"]


async def until_ready(client: httpx.AsyncClient) -> None:
    """Wait until a list of leads is answered."""
    until = time.monotonic() + _LONGEST_START_SECONDS
    while time.monotonic() < until:
        try:
            if (await client.get("/leads?limit=1")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    raise typer.Exit(1)


@asynccontextmanager
async def watching(parts: list[Watched]) -> AsyncIterator[None]:
    """Look at the memory of the processes, again and again."""

    async def look() -> None:
        while True:
            for part in parts:
                part.look()
            await asyncio.sleep(_SAMPLE_SECONDS)

    for part in parts:
        part.begin()
    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        for part in parts:
            part.end()


async def export(client: httpx.AsyncClient, query: str) -> tuple[int, int]:
    """How many bytes and rows an export has. Line breaks within cells count as rows, too: made leads have none."""
    size = rows = 0
    async with client.stream("GET", f"/leads/export?{query}") as response:
        response.raise_for_status()
        async for chunk in response.aiter_raw():
            size += len(chunk)
            rows += chunk.count(b"\n")
    return size, rows - 1


async def measure(url: str, parts: list[Watched], secret: str, query: str) -> Table:
    """One export, read as fast as it comes."""
    token = sign_token(secret, subject=new_id(), role="admin", permissions=(), expires_in=timedelta(days=1))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        await until_ready(client)
        await export(client, "search=nobody%20is%20called%20so")
        async with watching(parts):
            began = time.perf_counter()
            size, rows = await export(client, query)
            seconds = time.perf_counter() - began
    table = Table(
        "part", "MiB before", "MiB at most", "CPU seconds", title=f"{rows:,} rows, {size / _MEBIBYTE:,.0f} MiB"
    )
    table.caption = f"{seconds:.0f} s, {rows / seconds:,.0f} rows a second"
    for part in parts:
        before, most = (f"{size / _MEBIBYTE:.0f}" for size in (part.before, part.most))
        table.add_row(part.name, before, most, f"{part.cpu_seconds:.1f}")
    return table


def main(
    folder: Annotated[Path, typer.Argument(help="The folder that load_leads.py has filled.")],
    query: Annotated[str, typer.Option(help="Filters and order, as in a query string.")] = "",
) -> None:
    """Measure on this machine alone; nothing has to run."""
    secret = secrets.token_hex(32)
    with databases(folder) as found, stack(found, folder / "objects", secret) as (url, parts):
        table = asyncio.run(measure(url, parts, secret, query))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
