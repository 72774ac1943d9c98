"""Knowing which letters are rare in what is searched, so that searches are quick."""

import asyncio

from kit.db.database import Database
from kit.errors import LeadlineError
from kit.logs import get_logger
from leads_service.store.trigrams import Trigrams

log = get_logger(__name__)

_EVERY_SECONDS = 600


async def keep_trigrams(database: Database, trigrams: Trigrams) -> None:
    """Read them now and then, until cancelled. What is found does not depend on them, only how soon."""
    while True:
        try:
            async with database.reading() as connection:
                await trigrams.read(connection)
        except LeadlineError as error:
            log.warning("cannot read which letters are rare", cause=repr(error))
        await asyncio.sleep(_EVERY_SECONDS)
