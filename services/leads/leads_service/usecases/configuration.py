"""Keeping a configuration, with all that follows from it in the same transaction."""

from datetime import datetime

from kit.db.database import Writing
from leads_service.domain.configuration import Configuration
from leads_service.store import configuration_copy
from leads_service.usecases import rescoring, retiring


async def keep(tx: Writing, configuration: Configuration, received: bytes, now: datetime) -> None:
    """Keep a configuration, unless a newer one is kept: whoever kept that one has seen to what follows from this one.

    What follows: entries that are being deleted are closed, and the workflows are ordered that move what uses them
    and that score leads anew.
    """
    if not await configuration_copy.store(tx, configuration.revision, received):
        return
    await retiring.begin_new(tx, configuration)
    await rescoring.request_if_newer(tx, configuration, now)
