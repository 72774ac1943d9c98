"""The newest configuration that reached this database."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from kit.db.database import Reading, Writing
from leads_service.store.tables import CONFIGURATION_COPY


async def load(connection: Reading) -> bytes | None:
    """The kept configuration as it was received, if there is one."""
    query = sa.select(CONFIGURATION_COPY.c.configuration)
    return (await connection.execute(query)).scalar_one_or_none()


async def store(tx: Writing, revision: int, configuration: bytes) -> None:
    """Keep a configuration, unless another process has kept a newer one."""
    statement = insert(CONFIGURATION_COPY).values(only_row=True, revision=revision, configuration=configuration)
    newer = {
        "revision": statement.excluded.revision,
        "configuration": statement.excluded.configuration,
        "received_at": sa.func.now(),
    }
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["only_row"],
            set_=newer,
            where=CONFIGURATION_COPY.c.revision < statement.excluded.revision,
        )
    )
