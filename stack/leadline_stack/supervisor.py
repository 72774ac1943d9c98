"""Starts parts, keeps them running, and ends them in reverse order. What crashes alone is restarted alone."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leadline_stack.child import start_child, stop_child
from leadline_stack.errors import StackError
from leadline_stack.parts import Part

START_SECONDS = 60.0
_PROBE_SECONDS = 0.1
_CRASHES_BEFORE_SLOW = 5
_CRASH_WINDOW_SECONDS = 60.0
_SLOW_RESTART_SECONDS = 15.0
_LOG_TAIL_LINES = 12

Say = Callable[[str], None]


@dataclass
class Running:
    """A part that has been started, and what became of it."""

    part: Part
    log: Path
    process: asyncio.subprocess.Process
    started_at: float = field(default_factory=time.time)
    restarts: int = 0
    crashes: deque[float] = field(default_factory=deque)


class Supervisor:
    """The parts of one stack. ``on_change`` is called whenever a process has come or gone."""

    def __init__(self, logs: Path, say: Say, on_change: Callable[[], None]) -> None:
        self.running: dict[str, Running] = {}
        self._logs = logs
        self._say = say
        self._on_change = on_change
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self, parts: Sequence[Part]) -> None:
        """Start parts side by side and wait until all of them are ready.

        Raises:
            StackError: one of them ended, or was not ready in time.
        """
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(self._start_one(part))

    async def stop(self) -> None:
        """End all parts, the last one started first."""
        self._stopping = True
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for running in reversed(self.running.values()):
            self._say(f"stopping {running.part.name}")
            await stop_child(running.part, running.process)

    async def _start_one(self, part: Part) -> None:
        log = self._logs / f"{part.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        running = Running(part, log, await start_child(part, log))
        self.running[part.name] = running
        self._on_change()
        await self._until_ready(running)
        self._say(f"{part.name} is ready after {time.time() - running.started_at:.1f} s")
        self._keepers.append(asyncio.create_task(self._keep(running)))

    async def _until_ready(self, running: Running) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not await running.part.ready():
            if running.process.returncode is not None:
                raise StackError(_story(running, f"ended with exit code {running.process.returncode}"))
            if time.monotonic() > deadline:
                raise StackError(_story(running, f"was not ready after {START_SECONDS:.0f} s"))
            await asyncio.sleep(_PROBE_SECONDS)

    async def _keep(self, running: Running) -> None:
        """Start the part again whenever it ends, more slowly when it does so often."""
        while not self._stopping:
            code = await running.process.wait()
            if self._stopping:
                return
            wait = self._wait_after_crash(running)
            self._say(f"{running.part.name} ended with exit code {code}, restarting in {wait:.1f} s; see {running.log}")
            await asyncio.sleep(wait)
            running.process = await start_child(running.part, running.log)
            running.started_at = time.time()
            running.restarts += 1
            self._on_change()

    def _wait_after_crash(self, running: Running) -> float:
        now = time.monotonic()
        running.crashes.append(now)
        while running.crashes[0] < now - _CRASH_WINDOW_SECONDS:
            running.crashes.popleft()
        often = len(running.crashes)
        return _SLOW_RESTART_SECONDS if often > _CRASHES_BEFORE_SLOW else 0.2 * 2 ** (often - 1)


def _story(running: Running, what: str) -> str:
    """What happened to a part, with the end of its log."""
    lines = running.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    tail = "".join(f"\n  {line}" for line in lines)
    return f"{running.part.name} {what}. The end of {running.log}:{tail}"
