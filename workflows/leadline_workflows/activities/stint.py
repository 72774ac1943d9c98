"""How long an activity goes on with batches before its workflow hears how far it is, and its heartbeats meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from temporalio import activity

# Long enough that a run over many records has few events, short enough that its progress is worth a look.
SECONDS = 5.0
BEAT_SECONDS = 1.0


def for_a_while(seconds: float | None = None) -> Iterator[None]:
    """One turn at once, and more of them until some seconds have passed, the usual ones unless said."""
    until = time.monotonic() + (SECONDS if seconds is None else seconds)
    yield
    while time.monotonic() < until:
        yield


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """A heartbeat each second, however long a call takes: a worker that is gone is noticed soon."""
    beating = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beating.cancel()


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_SECONDS)
