"""What a part is: data that says how a process is started, when it is ready, and when it may be stopped."""

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Probe = Callable[[], Awaitable[bool]]
Preparation = Callable[[], None]


class PartState(StrEnum):
    """Where a part stands."""

    WAITING = "waiting"  # for the parts that it needs
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"  # it ended by itself; the next start is a moment away
    DONE = "done"  # it had one thing to do, and did it
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Owner:
    """The system user that a part runs as, where that is not ours."""

    name: str
    user_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the stack. Times are seconds."""

    name: str
    argv: tuple[str, ...]
    folder: Path
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    # Parts that must be ready before this one is started.
    after: tuple[str, ...] = ()
    # Parts that it may be started beside. Those of ``after`` and these are stopped only once this one is gone.
    uses: tuple[str, ...] = ()
    # Ready as soon as this answers yes. A part without it has one thing to do, and is ready once that has ended well.
    probe: Probe | None = None
    # Called before each start, in a thread.
    prepare: Preparation | None = None
    port: int | None = None
    owner: Owner | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # What a part gets when the supervisor itself is killed and can say nothing.
    death_signal: signal.Signals = signal.SIGKILL
    start_seconds: float = 60.0
    stop_seconds: float = 10.0

    @property
    def is_job(self) -> bool:
        """Whether it has one thing to do, and then ends."""
        return self.probe is None
