"""Ends what an earlier stack on the same folder left running, because it was killed and could not do so itself."""

import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

_TERM_SECONDS = 10.0
_QUIT_SECONDS = 3.0
_KILL_SECONDS = 5.0
# A clock that is set makes the same start look a little different.
_SAME_SECONDS = 2.0


def find_process(pid: int | None, started: float | None) -> psutil.Process | None:
    """The process with this id, if it is the one that started then (seconds since 1970) and not a later one."""
    if pid is None or started is None:
        return None
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= _SAME_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def started_at(pid: int) -> float | None:
    """When the process was started, in seconds since 1970; nothing where it is gone already."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def end_all(
    processes: Iterable[psutil.Process], *, ask: signal.Signals = signal.SIGTERM, seconds: float = _TERM_SECONDS
) -> None:
    """Ask the processes to end, and kill those that do not."""
    processes = list(processes)
    for process in processes:
        _signal(process, ask)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=_KILL_SECONDS)


def end_postgres(data: Path) -> None:
    """End every PostgreSQL process that works in the data folder: two servers on one folder would ruin it.

    Those of a killed server go by themselves in a moment, and are known by the folder that they stand in.
    """
    folder = data.resolve()
    found = [process for process in psutil.process_iter() if _works_in(process, folder)]
    # To each of its kinds of process: end at once. The journal has all that was committed.
    end_all(found, ask=signal.SIGQUIT, seconds=_QUIT_SECONDS)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return bool(process.name() == "postgres" and Path(process.cwd()) == data)
    except (psutil.Error, OSError):  # gone, or another user's, who cannot work in our folder
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
