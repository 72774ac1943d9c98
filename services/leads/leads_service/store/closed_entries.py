"""Entries that are being deleted: whatever enters one is refused by the very statement that would write it.

A configuration in memory is not enough for that: a writer may have read it before the deletion began.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Writing
from kit.errors import LeadlineError, refused
from leads_service.domain.configuration import Retiring
from leads_service.store.tables import CLOSED_ENTRIES

# The columns of a lead that name an entry.
ENTERED_BY = {
    "stage_id": Retiring.STAGE,
    "priority": Retiring.PRIORITY,
    "source": Retiring.SOURCE,
    "disqualification_reason": Retiring.DISQUALIFICATION_REASON,
}

RETIRING = "RETIRING"

Entries = Mapping[Retiring, sa.ColumnElement[Any] | str]
Revision = int | sa.ColumnElement[int]


def are_open(entries: Entries, revision: Revision) -> sa.ColumnElement[bool]:
    """Whether a writer whose configuration is of this revision may enter all of these."""
    columns = CLOSED_ENTRIES.c
    named = (sa.and_(columns.kind == kind, columns.entry == entry) for kind, entry in entries.items())
    return ~sa.exists().where(sa.or_(*named), _closed_at(revision))


async def closed_to(tx: Writing, revision: int) -> dict[tuple[str, str], UUID]:
    """What is closed to a writer whose configuration is of this revision: kind and entry, and by which retirement."""
    columns = CLOSED_ENTRIES.c
    query = sa.select(columns.kind, columns.entry, columns.retirement_id).where(_closed_at(revision))
    return {(kind, entry): retirement_id for kind, entry, retirement_id in await tx.execute(query)}


def _closed_at(revision: Revision) -> sa.ColumnElement[bool]:
    opens_from = CLOSED_ENTRIES.c.open_from_revision
    return sa.or_(opens_from.is_(None), opens_from > revision)


async def require_open(tx: Writing, entries: Mapping[Retiring, UUID | str], revision: int) -> None:
    """Refuse to enter what is being deleted.

    Raises:
        LeadlineError: RETIRING.
    """
    texts = {kind: str(entry) for kind, entry in entries.items()}
    if not (await tx.execute(sa.select(are_open(texts, revision)))).scalar_one():
        raise retiring()


def retiring() -> LeadlineError:
    """The refusal of what would enter an entry that is being deleted."""
    return refused(RETIRING, "What this would use is being deleted. Choose another one.")
