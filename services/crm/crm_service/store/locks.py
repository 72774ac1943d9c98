"""Locks that end with their transaction.

All take them in one order, so that nobody waits in a circle: the conversion or the deletion, what its records match
by, then rows: opportunities before contacts before accounts, each kind by id. A deletion takes them stage by stage.
"""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Writing


async def lock_conversion(tx: Writing, conversion_id: UUID, matches_by: Iterable[str] = ()) -> None:
    """Let one call of the conversion, and one look for each thing that records match by, happen at a time."""
    names = [f"conversion {conversion_id}", *sorted(matches_by)]
    await tx.execute(sa.select(*(_lock(name).label(f"lock_{place}") for place, name in enumerate(names))))


async def lock_retirement(tx: Writing, retirement_id: UUID) -> None:
    """Let one call for the deletion of a pipeline or stage happen at a time."""
    await tx.execute(sa.select(_lock(f"retirement {retirement_id}")))


def _lock(name: str) -> sa.ColumnElement[None]:
    return sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))
