"""Single leads: reading them, locking them, and writing a change with all that goes along."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.db.outbox import Outbox
from leads_service.domain.lead import Change, Lead
from leads_service.store.rows import LEAD_COLUMNS, changed_columns, lead_from_row, row_of_lead
from leads_service.store.tables import ACTIVITIES, HISTORY, LEADS, OUTBOX

OUTBOX_CHANNEL = "leads_outbox"
outbox = Outbox(OUTBOX, channel=OUTBOX_CHANNEL)

_BY_ID = sa.select(*LEAD_COLUMNS).where(LEADS.c.id == sa.bindparam("lead_id"))
_ALIVE_BY_ID = _BY_ID.where(LEADS.c.deleted_at.is_(None))


async def get(connection: Reading, lead_id: UUID) -> Lead | None:
    """The lead, unless it is deleted."""
    return _first(await connection.execute(_ALIVE_BY_ID, {"lead_id": lead_id}))


async def lock(tx: Writing, lead_id: UUID) -> Lead | None:
    """The lead, deleted or not, locked until the transaction ends."""
    return _first(await tx.execute(_BY_ID.with_for_update(), {"lead_id": lead_id}))


async def exists(connection: Reading, lead_id: UUID) -> bool:
    """Whether there is such a lead that is not deleted."""
    query = sa.select(sa.exists().where(LEADS.c.id == lead_id, LEADS.c.deleted_at.is_(None)))
    return bool((await connection.execute(query)).scalar_one())


async def insert(tx: Writing, change: Change) -> None:
    """Write a new lead and all that goes along."""
    await tx.execute(sa.insert(LEADS), row_of_lead(change.lead))
    await _write_along(tx, change)


async def save(tx: Writing, before: Lead, change: Change) -> None:
    """Write what changed of a locked lead, and all that goes along."""
    if change.changed:
        columns = changed_columns(before, change.lead)
        await tx.execute(sa.update(LEADS).where(LEADS.c.id == before.id).values(columns))
    await _write_along(tx, change)


async def _write_along(tx: Writing, change: Change) -> None:
    if change.history:
        await tx.execute(sa.insert(HISTORY), [_row(entry) for entry in change.history])
    if change.activities:
        await tx.execute(sa.insert(ACTIVITIES), [_row(activity) for activity in change.activities])


def _row(record: Any) -> dict[str, Any]:
    return asdict(record)


def _first(result: sa.CursorResult[Any]) -> Lead | None:
    row = result.mappings().one_or_none()
    return lead_from_row(row) if row is not None else None
