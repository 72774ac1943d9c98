"""One child process: started in a session of its own, ended with the supervisor whatever happens to that."""

import asyncio
import ctypes
import os
import signal
from pathlib import Path

from leadline_stack.parts import Part

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_KILL_SECONDS = 5.0


async def start_child(part: Part, log: Path) -> asyncio.subprocess.Process:
    """Start a part; what it prints is appended to its log."""
    supervisor = os.getpid()

    def tie_to_supervisor() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, part.orphan_signal)
        if os.getppid() != supervisor:  # it died between the fork and the call
            os._exit(1)

    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *part.argv,
            env=dict(part.env) or None,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=part.user,
            cwd="/",
            preexec_fn=tie_to_supervisor,
        )


async def stop_child(part: Part, process: asyncio.subprocess.Process) -> None:
    """Ask the part to end, and end it where it does not in time."""
    if process.returncode is not None:
        return
    _signal(process, part.stop_signal)
    try:
        await asyncio.wait_for(process.wait(), part.stop_seconds)
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        await asyncio.wait_for(process.wait(), _KILL_SECONDS)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(number)
