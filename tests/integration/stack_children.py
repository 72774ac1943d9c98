"""Small real processes as parts, for tests of the supervisor; run as a script, a supervisor of some of them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadline_stack.keeper import PartStatus
from leadline_stack.parts import Part, PartState, Probe
from leadline_stack.supervisor import Supervisor

# Says in its log when it starts and ends, and in a file that it is ready.
_CHILD = """
import pathlib, signal, sys, time
name, ready, mode = sys.argv[1:4]
print("start", name, flush=True)
def end(*_):
    print("end", name, flush=True)
    sys.exit(0)
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, end)
if mode == "broken":
    sys.exit("there is a wrong word in the configuration")
if mode == "parent":
    import subprocess
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    note = pathlib.Path(ready + ".new")
    note.write_text(str(child.pid))
    note.rename(ready + ".child")
time.sleep(0.2)  # who does not wait for this one is seen to be early
if mode != "silent":
    print("ready", name, flush=True)
    pathlib.Path(ready).touch()
while mode != "job":
    time.sleep(0.02)
"""


def child(folder: Path, name: str, *, mode: str = "service", **more: Any) -> Part:
    """A part that becomes ready at once.

    Modes: service, job, broken (ends at once), silent (never ready), stubborn (ignores SIGTERM), parent (has a child).
    """
    ready = folder / f"{name}.ready"
    return Part(
        name=name,
        argv=(sys.executable, "-c", _CHILD, name, str(ready), mode),
        folder=folder,
        log=folder / "all.log",
        env={"PATH": os.defpath},
        probe=None if mode == "job" else _exists(ready),
        prepare=lambda: ready.unlink(missing_ok=True),
        **more,
    )


def log_of(folder: Path) -> list[str]:
    """What the parts have said, in the order in which they said it."""
    return (folder / "all.log").read_text().splitlines()


def is_alive(pid: int) -> bool:
    """Whether there is such a process, one that has ended and not been noticed left out."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def _exists(path: Path) -> Probe:
    async def exists() -> bool:
        return await asyncio.to_thread(path.exists)

    return exists


@dataclass
class Kept:
    """What a supervisor has told of its parts."""

    told: list[tuple[str, PartState]] = field(default_factory=list)
    pids: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def watch(self, status: PartStatus) -> None:
        self.told.append((status.name, status.state))
        if status.pid:
            self.pids[status.name] = status.pid
        if status.note:
            self.notes.append(status.note)


@asynccontextmanager
async def kept(parts: Sequence[Part]) -> AsyncIterator[Kept]:
    """Parts that are all ready; stopped at the end of the block."""
    stop, ready, keeping = asyncio.Event(), asyncio.Event(), Kept()

    async def say_so() -> None:
        ready.set()

    supervisor = Supervisor(parts, keeping.watch)
    running = asyncio.create_task(supervisor.run(stop, say_so))
    try:
        is_ready = asyncio.create_task(ready.wait())
        await asyncio.wait({running, is_ready}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        is_ready.cancel()
        if running.done():
            running.result()
        yield keeping
    finally:
        stop.set()
        await supervisor.stop()
        await asyncio.gather(running, return_exceptions=True)


async def supervise(folder: Path) -> None:
    """Keep two parts until SIGTERM; their pids are in `pids.json` once they are ready."""
    pids: dict[str, int | None] = {}
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    def watch(status: PartStatus) -> None:
        pids[status.name] = status.pid

    async def ready() -> None:
        _write(folder / "pids.json", pids)

    supervisor = Supervisor([child(folder, "first"), child(folder, "second", mode="stubborn", stop_seconds=0.5)], watch)
    try:
        await supervisor.run(stop, ready)
    finally:
        await supervisor.stop()


def _write(path: Path, value: Mapping[str, object]) -> None:
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(value))
    unfinished.replace(path)


if __name__ == "__main__":
    asyncio.run(supervise(Path(sys.argv[1])))
