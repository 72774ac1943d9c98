"""What is done now and then: forgetting idempotency keys that are older than a day."""

import asyncio

from kit.db.idempotency import Idempotency
from kit.errors import LeadlineError
from kit.logs import get_logger

log = get_logger(__name__)

_EVERY_SECONDS = 600
_AT_ONCE = 1000


async def keep_house(idempotency: Idempotency) -> None:
    """Purge old keys in small steps, until cancelled. Replicas that do so at once do not disturb each other."""
    while True:
        try:
            purged = await idempotency.purge(_AT_ONCE)
        except LeadlineError as error:
            log.warning("cannot purge idempotency keys", cause=repr(error))
            purged = 0
        await asyncio.sleep(_EVERY_SECONDS if purged < _AT_ONCE else 0)
