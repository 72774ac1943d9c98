"""`leadline status`: how each part of a running stack is doing, as it says itself."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import psutil
from rich.console import Console
from rich.table import Table

from leadline_stack.data_folder import DataFolder
from leadline_stack.parts import Part, PartState
from leadline_stack.ports import Ports
from leadline_stack.product import Product
from leadline_stack.stack_secrets import read_secrets
from leadline_stack.state import PartRecord, StackRecord, read_state

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartHealth:
    """A part now. ``uptime`` is in seconds.

    ``memory`` is resident, in bytes, with the processes that it started. Where the system can tell, what several
    processes share is counted once in all: PostgreSQL's would be several times too much otherwise.
    """

    name: str
    state: str
    is_ready: bool
    pid: int | None
    uptime: float | None
    restarts: int
    memory: int
    port: int | None


def status(folder: DataFolder) -> int:
    """Print how the parts are doing. The exit code: 0 when all are ready, else 1."""
    console = Console(highlight=False)
    record = read_state(folder)
    if record is None or not record.is_running:
        console.print(f"Leadline does not run on {folder.path}.", soft_wrap=True)
        return 1
    healths = asyncio.run(_ask_all(folder, record))
    console.print(_table(healths))
    supervisor = _memory(psutil.Process(record.pid))
    total = supervisor + sum(health.memory for health in healths)
    console.print(
        f"{total // _MEGABYTE} MB in all, {supervisor // _MEGABYTE} MB of it the supervisor (pid {record.pid})"
    )
    return 0 if healths and all(health.is_ready for health in healths) else 1


async def _ask_all(folder: DataFolder, record: StackRecord) -> list[PartHealth]:
    product = Product(folder, Ports(**record.ports), read_secrets(folder))
    asked = [part for part in product.parts() if not part.is_job]
    return await asyncio.gather(*(_ask(part, record.parts.get(part.name)) for part in asked))


async def _ask(part: Part, record: PartRecord | None) -> PartHealth:
    process = record.process if record else None
    if record is None or process is None or part.probe is None:
        state = record.state if record else PartState.WAITING
        return PartHealth(part.name, state, False, None, None, record.restarts if record else 0, 0, part.port)
    is_ready = await part.probe()
    return PartHealth(
        name=part.name,
        state=record.state if is_ready or record.state != PartState.READY else "not ready",
        is_ready=is_ready,
        pid=process.pid,
        uptime=time.time() - process.create_time(),
        restarts=record.restarts,
        memory=_memory(process) + sum(_memory(child) for child in _children(process)),
        port=part.port,
    )


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.Error:
        return 0


def _table(healths: list[PartHealth]) -> Table:
    table = Table("part", "state", "pid", "uptime", "restarts", "memory", "port", box=None, pad_edge=False)
    for health in healths:
        uptime = "" if health.uptime is None else str(timedelta(seconds=int(health.uptime)))
        style = "green" if health.is_ready else "yellow"
        table.add_row(
            health.name,
            f"[{style}]{health.state}[/]",
            str(health.pid or ""),
            uptime,
            str(health.restarts),
            f"{health.memory // _MEGABYTE} MB" if health.memory else "",
            str(health.port or ""),
        )
    return table
