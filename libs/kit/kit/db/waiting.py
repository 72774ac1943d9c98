"""Waiting for something's end, whichever process brings it about: PostgreSQL's NOTIFY tells all of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from kit.db.database import Database
from kit.db.listen import listen

Thing = TypeVar("Thing")


class Waiting:
    """Who waits for what in this process. ``channel`` is notified of the id of each thing that has ended."""

    def __init__(self, database: Database, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def run(self) -> None:
        """Listen until cancelled."""
        await listen(self._database.url, self._channel, self._notice)

    def _notice(self, ended_id: str) -> None:
        # No id: notices may have been missed, so that everybody looks.
        ids = [ended_id] if ended_id else list(self._waiting)
        for each in ids:
            for event in self._waiting.get(each, ()):
                event.set()

    async def end_of(
        self, awaited_id: str, seconds: float, look: Callable[[], Awaitable[Thing]], is_over: Callable[[Thing], bool]
    ) -> Thing:
        """The thing of this id when it is over, or as it is when that has taken too long."""
        deadline = time.monotonic() + seconds
        async with self._expecting(awaited_id) as event:
            while not is_over(current := await look()) and (left := deadline - time.monotonic()) > 0:
                await _within(event, left)
                event.clear()
        return current

    @asynccontextmanager
    async def _expecting(self, awaited_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when it may have ended. Begun before looking, so that no end is missed."""
        event = asyncio.Event()
        self._waiting.setdefault(awaited_id, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[awaited_id].discard(event)
            if not self._waiting[awaited_id]:
                del self._waiting[awaited_id]


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
