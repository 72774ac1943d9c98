"""One process of a part: its own session, its output in the part's log, ended with a time limit."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from leadline_stack.parts import Part

_LAUNCHER = str(Path(__file__).with_name("launch.py"))
_AFTER_KILL_SECONDS = 5.0


class Process:
    """A started process. It never outlives the supervisor, not even one that was killed."""

    def __init__(self, part: Part, process: asyncio.subprocess.Process) -> None:
        self._part = part
        self._process = process

    @classmethod
    async def start(cls, part: Part) -> "Process":
        """Start the part's program.

        Raises:
            OSError: the program or the log is not there, or may not be used.
        """
        log = await asyncio.to_thread(part.log.open, "ab")
        try:
            process = await asyncio.create_subprocess_exec(
                *_launched(part),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(part.env),
                cwd=part.folder,
                start_new_session=True,
                umask=0o077,
            )
        finally:
            log.close()
        return cls(part, process)

    @property
    def pid(self) -> int:
        """The process id, which is the id of its group as well."""
        return self._process.pid

    async def wait(self) -> int:
        """Wait for its end, and answer the exit code; negative: the signal that ended it."""
        code = await self._process.wait()
        self._kill_group()  # what it started and left behind
        return code

    async def stop(self) -> None:
        """Ask it to end; kill it where it does not within the part's time limit."""
        with suppress(ProcessLookupError):
            self._process.send_signal(self._part.stop_signal)
        try:
            async with asyncio.timeout(self._part.stop_seconds):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
        self._kill_group()

    async def kill(self) -> None:
        """End it and what it started, at once."""
        self._kill_group()
        async with asyncio.timeout(_AFTER_KILL_SECONDS):
            await self._process.wait()

    def _kill_group(self) -> None:
        # PermissionError is what macOS answers for a group that is ending.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def _launched(part: Part) -> list[str]:
    owner = f"{part.owner.user_id}:{part.owner.group_id}" if part.owner else ""
    launcher = [sys.executable, "-I", "-S", _LAUNCHER, str(os.getpid()), str(int(part.death_signal)), owner]
    return [*launcher, *part.argv]
