"""The files of imports: taken as they come, and read row by row. No transaction is open meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from kit.errors import unavailable
from kit.logs import get_logger
from kit.object_store import ObjectStore
from leads_service.domain.configuration import Configuration
from leads_service.domain.csv_rows import CsvRow, CsvRows
from leads_service.domain.import_files import IncomingFile
from leads_service.domain.import_rows import ImportRow, RowReader, is_matched, keys_of
from leads_service.domain.imports import Import

log = get_logger(__name__)

MOST_ROWS = 200
# Rows of many bytes make smaller batches, and so do blank ones without end.
_ENOUGH_BYTES = 1024 * 1024
_ENOUGH_LINES = 20_000
# So many rows are read before somebody else's call gets its turn.
_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class Batch:
    """The next rows of an import as it was, where the file goes on behind them, and whether there are none left."""

    of: Import
    rows: list[ImportRow]
    end: int
    is_last: bool


async def taken(incoming: IncomingFile, content: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The content, each part looked at on its way; the end comes only if the whole of it can be taken.

    Raises:
        LeadlineError: whatever ``incoming`` refuses.
    """
    async for part in content:
        incoming.take(part)
        yield part
    incoming.whole()


async def next_rows(objects: ObjectStore, current: Import, configuration: Configuration) -> Batch:
    """The next rows of a running import, up to the first one that may be about the same lead as an earlier one.

    So whatever the rows before have made can be looked up when it is its turn.

    Raises:
        LeadlineError: PART_UNAVAILABLE.
    """
    reader, batch, lines = RowReader(current, configuration), _Distinct(matched=is_matched(current, configuration)), 0
    async with aclosing(_rows(objects, current)) as found:
        async for csv_row in found:
            row, lines = reader.read(csv_row), lines + 1
            if row is not None and not batch.take(row):
                return Batch(current, batch.rows, batch.rows[-1].end, is_last=False)
            if lines == _ENOUGH_LINES or reader.end > current.processed_bytes + _ENOUGH_BYTES:
                return Batch(current, batch.rows, reader.end, is_last=False)
            if lines % _AT_ONCE == 0:
                await asyncio.sleep(0)
    return Batch(current, batch.rows, current.size_bytes, is_last=True)


class _Distinct:
    """The rows of a batch; where it is ``matched`` with leads, no two of them may be about the same one."""

    def __init__(self, *, matched: bool) -> None:
        self.rows: list[ImportRow] = []
        self._matched = matched
        self._keys: set[tuple[str, str]] = set()

    def take(self, row: ImportRow) -> bool:
        """Take the row, unless it is one for the next batch; says whether it was taken."""
        keys = keys_of(row.sought) if self._matched else set()
        if len(self.rows) == MOST_ROWS or not self._keys.isdisjoint(keys):
            return False
        self.rows.append(row)
        self._keys |= keys
        return True


async def _rows(objects: ObjectStore, current: Import) -> AsyncGenerator[CsvRow]:
    rows = CsvRows(current.delimiter)
    try:
        async with aclosing(objects.read(current.object_key, current.processed_bytes)) as parts:
            async for part in parts:
                for row in rows.feed(part):
                    yield row
    except FileNotFoundError as error:
        log.exception("the object store lacks a file", import_id=str(current.id), key=current.object_key)
        raise unavailable("The file of the import cannot be read. Try again later.") from error
    for row in rows.finish():
        yield row
