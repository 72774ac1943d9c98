"""Waiting for a conversion's end, whichever process brings it about: PostgreSQL's NOTIFY tells all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from kit.db.database import Database
from kit.db.listen import listen
from leads_service.store.conversions import ENDED_CHANNEL


class ConversionWaiting:
    """Who waits for which conversion in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def run(self) -> None:
        """Listen until cancelled."""
        await listen(self._database.url, ENDED_CHANNEL, self._notice)

    def _notice(self, conversion_id: str) -> None:
        # No id: notices may have been missed, so that everybody looks.
        ids = [conversion_id] if conversion_id else list(self._waiting)
        for each in ids:
            for event in self._waiting.get(each, ()):
                event.set()

    @asynccontextmanager
    async def expecting(self, conversion_id: str) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the conversion may have ended. Begun before looking, so that no end is missed."""
        event = asyncio.Event()
        self._waiting.setdefault(conversion_id, set()).add(event)
        try:
            yield event
        finally:
            self._waiting[conversion_id].discard(event)
            if not self._waiting[conversion_id]:
                del self._waiting[conversion_id]


async def within(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, but no longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
