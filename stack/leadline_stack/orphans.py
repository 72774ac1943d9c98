"""What a killed supervisor may have left behind: found by what it wrote down, and ended before a new start."""

import signal
from typing import Any

import psutil

from leadline_stack.data_folder import DataFolder, read_json

_PATIENCE_SECONDS = 15.0
_SAME_START_SECONDS = 2.0


def end_orphans(folder: DataFolder) -> list[str]:
    """End what is left of an earlier run, and answer the names. Called under the folder's lock."""
    state = read_json(folder.state) or {}
    left = {name: found for name, part in state.get("parts", {}).items() if (found := _find(part)) is not None}
    for name, process in left.items():
        # Their time to end has begun with the supervisor's death; only PostgreSQL deserves more.
        _send(process, signal.SIGINT if name == "postgres" else signal.SIGKILL)
    _gone, alive = psutil.wait_procs(left.values(), timeout=_PATIENCE_SECONDS)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=_PATIENCE_SECONDS)
    return sorted(left)


def _find(part: dict[str, Any]) -> psutil.Process | None:
    """The process that was written down, unless its pid is somebody else's now."""
    try:
        process = psutil.Process(part["pid"])
        same = abs(process.create_time() - part["createdAt"]) < _SAME_START_SECONDS
    except (psutil.Error, KeyError, TypeError):
        return None
    return process if same else None


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
