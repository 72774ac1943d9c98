"""Objects of the store that no row names: the sweeper takes away those that are due.

A key is here before its object is written, and leaves in the transaction that names it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from kit.db.database import Reading, Writing
from kit.errors import unavailable
from leads_service.store.tables import UNUSED_OBJECTS


async def reserve(tx: Writing, key: str, until: datetime) -> None:
    """Say that an object of this key is about to be written, and that nothing will name it after ``until``."""
    await tx.execute(sa.insert(UNUSED_OBJECTS).values(object_key=key, unused_from=until))


async def used(tx: Writing, key: str) -> None:
    """Say that the object is named from this transaction on.

    Raises:
        LeadlineError: PART_UNAVAILABLE where the sweeper has been faster, so that the object is gone.
    """
    statement = sa.delete(UNUSED_OBJECTS).where(UNUSED_OBJECTS.c.object_key == key)
    if (await tx.execute(statement)).rowcount != 1:
        raise unavailable("It took too long until the content was kept. Send it again.")


async def unused(tx: Writing, keys: Collection[str], since: datetime) -> None:
    """Say that nothing names the objects after ``since``."""
    if not keys:
        return
    statement = insert(UNUSED_OBJECTS)
    again = statement.on_conflict_do_update(
        index_elements=["object_key"], set_={"unused_from": statement.excluded.unused_from}
    )
    await tx.execute(again, [{"object_key": key, "unused_from": since} for key in keys])


async def due(connection: Reading, now: datetime, limit: int) -> Sequence[str]:
    """The keys of objects that nothing names by now, those that wait longest first."""
    table = UNUSED_OBJECTS
    query = sa.select(table.c.object_key).where(table.c.unused_from <= now).order_by(table.c.unused_from).limit(limit)
    return (await connection.execute(query)).scalars().all()


async def forget(tx: Writing, keys: Collection[str]) -> None:
    """The objects are gone."""
    await tx.execute(sa.delete(UNUSED_OBJECTS).where(UNUSED_OBJECTS.c.object_key == sa.any_(sa.literal(list(keys)))))
