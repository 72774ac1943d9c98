"""Notifications as other services read them: by number, none missed, each for 30 days."""

import asyncio
from datetime import timedelta

from kit.clock import Clock
from kit.db.database import Database
from kit.errors import LeadlineError, invalid_field
from kit.logs import get_logger
from leads_service.domain.lead import Notification
from leads_service.store import notifications

log = get_logger(__name__)

KEPT_FOR = timedelta(days=30)
_NUMBERED_AT_ONCE = 1_000
_FORGOTTEN_EVERY_SECONDS = 600.0
_FORGOTTEN_AT_ONCE = 1_000


async def check_place(database: Database, number: int) -> None:
    """Refuse a place where nobody can have been: what comes next would be taken for known.

    Raises:
        LeadlineError: VALIDATION_FAILED for a number that was never given, by a database that was restored, say.
    """
    if number < 0:
        raise invalid_field("afterNumber", "OUT_OF_RANGE", "Must be 0 or a notification's number.")
    if number == 0:
        return
    async with database.reading() as connection:
        newest = await notifications.newest_number(connection)
    if number > newest:
        raise invalid_field("afterNumber", "OUT_OF_RANGE", f"No notification has a number beyond {newest}.")


async def next_behind(database: Database, number: int, limit: int) -> list[Notification]:
    """The next ones behind a number, at most ``limit``, of all that are committed by now."""
    async with database.reading() as connection:
        # Asked first: what has got its number since is found.
        waiting = await notifications.wait_for_numbers(connection)
        found = await notifications.behind(connection, number, limit)
    if len(found) == limit or not waiting:
        return found
    async with database.transaction() as tx:
        await notifications.number(tx, _NUMBERED_AT_ONCE)
        return await notifications.behind(tx, number, limit)


async def keep_recent(database: Database, clock: Clock) -> None:
    """Forget old ones in small steps, until cancelled. Replicas that do so at once do not disturb each other."""
    while True:
        try:
            forgotten = await forget_some(database, clock)
        except LeadlineError as error:
            log.warning("cannot forget old notifications", cause=repr(error))
            forgotten = 0
        await asyncio.sleep(_FORGOTTEN_EVERY_SECONDS if forgotten < _FORGOTTEN_AT_ONCE else 0)


async def forget_some(database: Database, clock: Clock) -> int:
    """Forget some that are older than 30 days, and say how many."""
    async with database.transaction() as tx:
        return await notifications.forget(tx, clock() - KEPT_FOR, _FORGOTTEN_AT_ONCE)
