"""`state.json`: what runs now, for the other commands, for tests, and for the next start after a kill."""

import asyncio
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil

from leadline_stack.data_folder import DataFolder
from leadline_stack.keeper import PartStatus
from leadline_stack.leftovers import find_process, started_at
from leadline_stack.ports import HOST, Ports


@dataclass(frozen=True, slots=True)
class PartRecord:
    """A part as it was last seen. ``started`` is in seconds since 1970."""

    state: str
    pid: int | None
    started: float | None
    restarts: int

    @property
    def process(self) -> psutil.Process | None:
        """Its process, while that lives."""
        return find_process(self.pid, self.started)


@dataclass(frozen=True, slots=True)
class StackRecord:
    """A stack as it was last seen. ``pid`` is the supervisor's."""

    pid: int
    started: float
    ports: dict[str, int]
    parts: dict[str, PartRecord] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether its supervisor lives."""
        return find_process(self.pid, self.started) is not None


def read_state(folder: DataFolder) -> StackRecord | None:
    """What was last written; nothing where nothing runs, or where it cannot be understood."""
    try:
        found: dict[str, Any] = json.loads(folder.state.read_text())
        parts = {name: PartRecord(**each) for name, each in found.pop("parts").items()}
        found.pop("urls")
        return StackRecord(**found, parts=parts)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return None


def addresses(ports: Ports) -> dict[str, str]:
    """The addresses that people open."""
    return {
        "gateway": f"http://{HOST}:{ports.gateway}",
        "temporal": f"{HOST}:{ports.temporal}",
        "temporalUi": f"http://{HOST}:{ports.temporal_ui}",
    }


class StateFile:
    """Writes the state whenever it has changed, never half a file, and takes it away at the end."""

    def __init__(self, folder: DataFolder, ports: Ports) -> None:
        self._folder = folder
        self._ports = ports
        self._started = started_at(os.getpid()) or time.time()
        self._parts: dict[str, PartRecord] = {}
        self._changed = asyncio.Event()
        self._changed.set()
        self._closed = False

    def change(self, status: PartStatus) -> None:
        """Note how a part is now; it is written in a moment."""
        started = started_at(status.pid) if status.pid else None
        record = PartRecord(status.state, status.pid, started, status.restarts)
        self._parts[status.name] = record
        self._changed.set()

    async def keep(self) -> None:
        """Write every change until ``close``; then nothing runs any more, and that is what is left."""
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            # On a disk that is full the stack goes on, and the state is written at the next change.
            with suppress(OSError):
                await asyncio.to_thread(self._write, self._text())
        self._folder.state.unlink(missing_ok=True)

    def close(self) -> None:
        """Have ``keep`` come to its end."""
        self._closed = True
        self._changed.set()

    def _text(self) -> str:
        record = StackRecord(os.getpid(), self._started, self._ports.as_numbers(), self._parts)
        return json.dumps(asdict(record) | {"urls": addresses(self._ports)}, indent=2) + "\n"

    def _write(self, text: str) -> None:
        unfinished = self._folder.state.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(self._folder.state)
