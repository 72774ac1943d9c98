"""Locks that end with their transaction.

All take them in one order, so that nobody waits in a circle: the conversion, what its records match by, then rows:
opportunities before contacts before accounts, each kind by id.
"""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Writing


async def lock_conversion(tx: Writing, conversion_id: UUID, matches_by: Iterable[str] = ()) -> None:
    """Let one call of the conversion, and one look for each thing that records match by, happen at a time."""
    names = [f"conversion {conversion_id}", *sorted(matches_by)]
    await tx.execute(sa.select(*(_lock(name).label(f"lock_{place}") for place, name in enumerate(names))))


def _lock(name: str) -> sa.ColumnElement[None]:
    return sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))
