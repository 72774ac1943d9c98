"""The configuration as this process knows it: the newest snapshot, and word of each newer one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from leadline.settings.v1.configuration_service_pb2 import Configuration

from kit.db.database import Database
from kit.db.listen import listen
from kit.logs import get_logger
from settings_service.rpc.mapping import configuration_message
from settings_service.store.singles import CHANNEL, read_revision
from settings_service.usecases.configuration import read_snapshot

log = get_logger(__name__)

# Notices arrive at once; this is for one that was lost.
_LOOK_EVERY_SECONDS = 3.0


class ConfigurationFeed:
    """Follows the revision in the database, whichever replica raised it, and hands on each newer snapshot.

    Readers share one snapshot and take the newest when they are ready for it, so a slow one holds up nobody
    and queues nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._current = Configuration()
        self._newer = asyncio.Event()
        self._noticed = asyncio.Event()
        self._closed = False
        self._loading = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to follow the database."""
        listening = listen(self._database.url, CHANNEL, lambda _revision: self._noticed.set())
        self._tasks = [asyncio.create_task(listening), asyncio.create_task(self._follow())]

    async def close(self) -> None:
        """Stop following, and end all that watch."""
        self._closed = True
        self._newer.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def newest(self) -> Configuration:
        """The configuration as it is in the database now."""
        async with self._loading:
            async with self._database.reading() as connection:
                revision = (await read_revision(connection)).revision
            if self._current.revision != revision:
                self._current = await self._load()
                self._newer.set()
                self._newer = asyncio.Event()
            return self._current

    async def watch(self) -> AsyncIterator[Configuration]:
        """The newest snapshot at once, then each newer one, until the feed is closed."""
        seen = await self.newest()
        yield seen
        while not self._closed:
            newer = self._newer
            if self._current.revision > seen.revision:
                seen = self._current
                yield seen
            else:
                await newer.wait()

    async def _follow(self) -> None:
        while True:
            self._noticed.clear()
            try:
                await self.newest()
            except Exception as error:  # noqa: BLE001 - the feed outlives its database's absence
                log.warning("cannot read the configuration", cause=repr(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._noticed.wait()

    async def _load(self) -> Configuration:
        async with self._database.transaction() as tx:
            return configuration_message(await read_snapshot(tx))
