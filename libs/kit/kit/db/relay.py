"""Delivers an outbox: woken by each commit, and by a poll for what a lost notice would have left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kit.context import request_id
from kit.db.database import Database
from kit.db.listen import listen
from kit.db.outbox import BEHIND, FIRST, Outbox, OutboxRow
from kit.logs import get_logger

log = get_logger(__name__)

_IN_FLIGHT = 64
# Of what comes by the hundred, so few that the other system has time for what somebody waits for.
_BEHIND_IN_FLIGHT = 4
_POLL_SECONDS = 1.0


class AwayError(Exception):
    """The other system is away: the row waits, however long that takes."""


class Relay:
    """Delivers the rows of one outbox. Any number of relays may work on the same one.

    ``deliver`` must be idempotent: a relay that dies after delivering delivers again. It raises ``AwayError`` when
    the other system is away; any other error counts as a refusal.
    """

    def __init__(self, database: Database, outbox: Outbox, deliver: Callable[[OutboxRow], Awaitable[None]]) -> None:
        self._database = database
        self._outbox = outbox
        self._deliver = deliver
        self._wake = asyncio.Event()
        self._in_flight: dict[asyncio.Task[None], int] = {}
        # Whether there may be more than there was room for.
        self._has_more = False
        # Grows when a claim begins and when it ends.
        self._claims = 0
        self._delivered: list[int] = []
        self._flushing = asyncio.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until asked to end, then finish what is on its way."""
        listening = asyncio.create_task(listen(self._database.url, self._outbox.channel, lambda _: self._wake.set()))
        stopping = asyncio.create_task(self._wake_on(stop))
        try:
            while not stop.is_set():
                self._wake.clear()
                await self._start_some()
                await self._rest()
        finally:
            listening.cancel()
            stopping.cancel()
            await asyncio.gather(*self._in_flight, listening, stopping, return_exceptions=True)

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await self._wake.wait()

    async def _start_some(self) -> None:
        for row in await self._claim():
            task = asyncio.create_task(self._handle(row))
            self._in_flight[task] = row.rank
            task.add_done_callback(self._make_room)

    def _make_room(self, task: asyncio.Task[None]) -> None:
        del self._in_flight[task]
        if self._has_more:
            self._wake.set()

    async def _claim(self) -> list[OutboxRow]:
        free = _IN_FLIGHT - len(self._in_flight)
        room = _BEHIND_IN_FLIGHT - sum(rank >= BEHIND for rank in self._in_flight.values())
        self._has_more = True
        if not free:
            return []
        self._claims += 1
        try:
            async with self._database.transaction() as tx:
                first = await self._outbox.claim(tx, free, rank=FIRST)
                room = min(free - len(first), room)
                behind = await self._outbox.claim(tx, room, rank=BEHIND) if room > 0 else []
        except Exception as error:  # noqa: BLE001 - the relay outlives its database's absence
            log.warning("cannot claim", cause=repr(error))
            return []
        finally:
            self._claims += 1
        self._has_more = len(first) == free or len(behind) >= room
        return first + behind

    async def _handle(self, row: OutboxRow) -> None:
        request_id.set(row.request_id)
        try:
            await self._attempt(row)
        except Exception as error:  # noqa: BLE001 - the row's lease ends and it is claimed again
            log.warning("cannot settle", kind=row.kind, key=str(row.key), cause=repr(error))

    async def _attempt(self, row: OutboxRow) -> None:
        try:
            await self._deliver(row)
        except AwayError as error:
            log.warning("postponed", kind=row.kind, key=str(row.key), cause=str(error))
            async with self._database.transaction() as tx:
                await self._outbox.postponed(tx, row, str(error))
        except Exception as error:  # noqa: BLE001 - kept with the row, where operators see it
            log.warning("refused", kind=row.kind, key=str(row.key), cause=repr(error))
            async with self._database.transaction() as tx:
                await self._outbox.refused(tx, row, repr(error))
        else:
            self._delivered.append(row.id)
            await self._flush()

    async def _flush(self) -> None:
        """Delete what has been delivered. While one deletion runs, more gathers for the next."""
        async with self._flushing:
            ids, self._delivered = self._delivered, []
            if ids:
                await self._delete(ids)

    async def _delete(self, ids: list[int]) -> None:
        claims = self._claims
        async with self._database.transaction() as tx:
            held_back = await self._outbox.delivered(tx, ids)
        # A claim at the same time has seen these rows, and not what comes after them.
        if held_back or claims % 2 or claims != self._claims:
            self._wake.set()
