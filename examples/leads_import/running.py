"""Sends rows side by side, a bounded number at a time, while the file is still being read."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from leads_import.mapping import FieldMapping
from leads_import.rows import Row
from leads_import.sending import Failed, LeadsClient, NotAllowedError, Outcome, Refused

_ROWS_AT_A_TIME = 100
# So many rows one after the other that got no good answer: the gateway is down, and the rest would fare no better.
HOPELESS = 20


class Import:
    """One run. ``stopped`` says why it ended before the end of the file."""

    def __init__(self, mapping: FieldMapping, client: LeadsClient, on_done: Callable[[Row, Outcome], None]) -> None:
        self.stopped = ""
        self._failed_in_a_row = 0
        self._mapping = mapping
        self._client = client
        self._on_done = on_done

    async def run(self, rows: Iterator[Row], concurrency: int) -> None:
        """Send the rows, at most ``concurrency`` at a time."""
        queue: asyncio.Queue[Row | None] = asyncio.Queue(maxsize=2 * concurrency)
        async with asyncio.TaskGroup() as senders:
            for _ in range(concurrency):
                senders.create_task(self._send_all(queue))
            await self._read_all(rows, queue)
            for _ in range(concurrency):
                await queue.put(None)

    async def _read_all(self, rows: Iterator[Row], queue: asyncio.Queue[Row | None]) -> None:
        while some := await asyncio.to_thread(lambda: list(islice(rows, _ROWS_AT_A_TIME))):
            for row in some:
                if self.stopped:
                    return
                await queue.put(row)

    async def _send_all(self, queue: asyncio.Queue[Row | None]) -> None:
        while (row := await queue.get()) is not None:
            if not self.stopped:
                await self._send(row)

    async def _send(self, row: Row) -> None:
        if row.surplus:
            message = f"The row has {row.surplus} more cells than the file has columns."
            self._on_done(row, Refused("row_malformed", message))
            return
        try:
            outcome = await self._client.create(self._mapping.body(row.cells), row.key)
        except NotAllowedError as error:
            self.stopped = f"the token is not accepted: {error}"
        else:
            self._on_done(row, outcome)
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        self._failed_in_a_row = self._failed_in_a_row + 1 if isinstance(outcome, Failed) else 0
        if isinstance(outcome, Failed) and self._failed_in_a_row >= HOPELESS:
            self.stopped = f"{HOPELESS} rows in a row failed: {outcome.message}"
