"""Folding what changes into the counts of lists, now and then."""

import asyncio

from kit.db.database import Database
from kit.errors import LeadlineError
from kit.logs import get_logger
from leads_service.store import lead_counts

log = get_logger(__name__)

_EVERY_SECONDS = 2
_AT_ONCE = 5_000


async def keep_counts(database: Database) -> None:
    """Fold in small steps, until cancelled. Replicas take turns; counts are right whether or not anybody does."""
    while True:
        try:
            folded = await fold_some(database)
        except LeadlineError as error:
            log.warning("cannot fold the counts of leads", cause=repr(error))
            folded = 0
        await asyncio.sleep(_EVERY_SECONDS if folded < _AT_ONCE else 0)


async def fold_some(database: Database) -> int:
    """Fold some changes, and say how many."""
    async with database.transaction() as tx:
        return await lead_counts.fold(tx, _AT_ONCE)
