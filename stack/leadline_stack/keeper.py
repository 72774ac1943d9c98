"""Keeps one part running: starts it when what it needs is there, again whenever it ends, and stops it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from leadline_stack.errors import PartFailedError
from leadline_stack.parts import Part, PartState
from leadline_stack.process import Process
from leadline_stack.restarts import Restarts

_PROBE_EVERY_SECONDS = 0.1


@dataclass(slots=True)
class PartStatus:
    """A part as it is now. ``note`` says why, in words; ``seconds`` how long its last start took."""

    name: str
    state: PartState = PartState.WAITING
    pid: int | None = None
    restarts: int = 0
    seconds: float = 0.0
    note: str = ""


Watch = Callable[[PartStatus], None]


class Keeper:
    """Keeps one part. ``watch`` is told of every change."""

    def __init__(self, part: Part, needed: Sequence["Keeper"], watch: Watch) -> None:
        self.part = part
        self.status = PartStatus(part.name)
        self.ready = asyncio.Event()
        self._needed = tuple(needed)
        self._watch = watch
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._restarts = Restarts()

    async def run(self) -> None:
        """Keep the part until ``stop``; a job until it is done.

        Raises:
            PartFailedError: it ended, or was not ready in time, at its first start.
        """
        for each in self._needed:
            await self._unless_stopping(each.ready.wait())
        while not self._stopping.is_set():
            started = await self._start()
            if started is not None:
                code = await self._live(started)
                if self._stopping.is_set() or self.status.state is PartState.DONE:
                    return
                await self._pause(f"ended with exit code {code}" if code >= 0 else f"ended by signal {-code}")

    async def stop(self) -> None:
        """Stop the part, now and for good."""
        self._stopping.set()
        if self._process is not None:
            self._change(PartState.STOPPING, pid=self._process.pid)
            await self._process.stop()
        self._change(PartState.STOPPED)

    async def kill(self) -> None:
        """End the part without asking."""
        self._stopping.set()
        if self._process is not None:
            await self._process.kill()

    async def _start(self) -> Process | None:
        try:
            if self.part.prepare is not None:
                await asyncio.to_thread(self.part.prepare)
            process = await Process.start(self.part)
        except OSError as error:
            await self._fail_or_pause(str(error))
            return None
        self._process = process
        self._change(PartState.STARTING, pid=process.pid)
        if self._stopping.is_set():
            await process.stop()
        return process

    async def _live(self, process: Process) -> int:
        """Wait until the process is ready, then until it ends, and answer its exit code."""
        began = time.monotonic()
        ended = asyncio.create_task(process.wait())
        became_ready = await self._became_ready(ended)
        self.status.seconds = time.monotonic() - began
        if became_ready:
            self._became(process)
        elif not self.ready.is_set() and not self._stopping.is_set():
            raise self._failure(await self._cause(process, ended))
        code = await ended
        self._process = None
        return code

    def _became(self, process: Process) -> None:
        if self.part.is_job:
            self._change(PartState.DONE, pid=None)
        else:
            self._change(PartState.READY, pid=process.pid)
        self.ready.set()

    async def _became_ready(self, ended: asyncio.Task[int]) -> bool:
        deadline = time.monotonic() + self.part.start_seconds
        while not ended.done():
            if self.part.probe is not None and await self.part.probe():
                return not ended.done()
            # One that has been ready before may take its time, for what it needs may be away as well.
            if time.monotonic() > deadline and not self.ready.is_set():
                return False
            await asyncio.wait({ended}, timeout=_PROBE_EVERY_SECONDS)
        return self.part.is_job and ended.result() == 0

    async def _cause(self, process: Process, ended: asyncio.Task[int]) -> str:
        if ended.done():
            return f"it ended with exit code {ended.result()}"
        await process.stop()
        await ended
        return f"it was not ready within {self.part.start_seconds:.0f} seconds"

    async def _fail_or_pause(self, cause: str) -> None:
        if not self.ready.is_set():
            raise self._failure(cause)
        await self._pause(cause)

    def _failure(self, cause: str) -> PartFailedError:
        return PartFailedError(self.part.name, cause, self.part.log)

    async def _pause(self, cause: str) -> None:
        pause = self._restarts.pause(time.monotonic())
        self.status.restarts += 1
        how = "it keeps ending, so it is tried slowly" if pause.slow else "starting it again"
        self._change(PartState.RESTARTING, pid=self.status.pid, note=f"{cause}; {how} in {pause.seconds:g} s")
        await self._unless_stopping(asyncio.sleep(pause.seconds))

    async def _unless_stopping(self, waiting: Coroutine[Any, Any, object]) -> None:
        tasks = [asyncio.create_task(waiting), asyncio.create_task(self._stopping.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def _change(self, state: PartState, *, pid: int | None = None, note: str = "") -> None:
        self.status.state, self.status.pid, self.status.note = state, pid, note
        self._watch(self.status)
