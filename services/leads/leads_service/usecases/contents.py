"""Contents in the object store: put there before a row names them, and swept away when none does."""

import asyncio
from collections.abc import AsyncIterable
from datetime import timedelta

from kit.clock import Clock
from kit.db.database import Database
from kit.errors import LeadlineError
from kit.logs import get_logger
from kit.object_store import ObjectStore
from leads_service.store import unused_objects

log = get_logger(__name__)

# Longer than an upload may take, and what comes after it.
_NAMED_WITHIN = timedelta(hours=1)
_SWEPT_EVERY_SECONDS = 60.0
_SWEPT_AT_ONCE = 100


async def put(database: Database, objects: ObjectStore, key: str, parts: AsyncIterable[bytes], clock: Clock) -> None:
    """Put a content into the store; it stays if a transaction says ``unused_objects.used`` within the hour.

    No transaction is open while it flows.

    Raises:
        LeadlineError: PART_UNAVAILABLE, and whatever ``parts`` raises.
    """
    async with database.transaction() as tx:
        await unused_objects.reserve(tx, key, clock() + _NAMED_WITHIN)
    await objects.put(key, parts)


async def keep_swept(
    database: Database, objects: ObjectStore, clock: Clock, *, every_seconds: float = _SWEPT_EVERY_SECONDS
) -> None:
    """Take away what nothing names, until cancelled. Replicas that do so at once do not disturb each other."""
    while True:
        try:
            swept = await sweep(database, objects, clock)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next round may do
            log.warning("cannot sweep the object store", cause=repr(error))
            swept = 0
        await asyncio.sleep(every_seconds if swept < _SWEPT_AT_ONCE else 0)


async def sweep(database: Database, objects: ObjectStore, clock: Clock) -> int:
    """Take away objects that are due, a hundred at most; says how many.

    First the object, then its row: whatever comes in between, it is done again.

    Raises:
        LeadlineError: PART_UNAVAILABLE.
    """
    async with database.reading() as connection:
        keys = await unused_objects.due(connection, clock(), _SWEPT_AT_ONCE)
    gone: list[str] = []
    try:
        for key in keys:
            await objects.delete(key)
            gone.append(key)
    except LeadlineError as error:
        log.warning("cannot sweep the object store", cause=repr(error.__cause__ or error))
    if gone:
        async with database.transaction() as tx:
            await unused_objects.forget(tx, gone)
        log.info("unused objects swept", count=len(gone))
    return len(gone)
