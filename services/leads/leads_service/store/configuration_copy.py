"""The newest configuration that reached this database, and word of each newer one to all instances."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from kit.db.database import Reading, Writing
from leads_service.store.tables import CONFIGURATION_COPY

# Notified of the revision of each copy that is kept.
CHANNEL = "configuration_copy"


async def load(connection: Reading, newer_than: int = -1) -> bytes | None:
    """The kept configuration as it was received, if there is one that is newer."""
    columns = CONFIGURATION_COPY.c
    query = sa.select(columns.configuration).where(columns.revision > newer_than)
    return (await connection.execute(query)).scalar_one_or_none()


async def store(tx: Writing, revision: int, configuration: bytes) -> bool:
    """Keep a configuration, unless a newer one is kept; says whether it is. Nobody else stores until the end of this.

    The same revision is kept again: somebody may have kept it who left undone what follows from it.
    """
    statement = insert(CONFIGURATION_COPY).values(only_row=True, revision=revision, configuration=configuration)
    newer = {
        "revision": statement.excluded.revision,
        "configuration": statement.excluded.configuration,
        "received_at": sa.func.now(),
    }
    kept = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["only_row"],
            set_=newer,
            where=CONFIGURATION_COPY.c.revision <= statement.excluded.revision,
        ).returning(sa.func.pg_notify(CHANNEL, str(revision)))
    )
    return kept.one_or_none() is not None
