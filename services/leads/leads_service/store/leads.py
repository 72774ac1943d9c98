"""Single leads: reading them, locking them, and writing a change with all that goes along."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.db.outbox import Outbox
from leads_service.domain.lead import Change, Lead
from leads_service.store.closed_entries import ENTERED_BY, are_open, retiring
from leads_service.store.rows import LEAD_COLUMNS, changed_columns, lead_from_row, row_of
from leads_service.store.tables import ACTIVITIES, HISTORY, LEADS, OUTBOX

OUTBOX_CHANNEL = "leads_outbox"
outbox = Outbox(OUTBOX, channel=OUTBOX_CHANNEL)

_BY_ID = sa.select(*LEAD_COLUMNS).where(LEADS.c.id == sa.bindparam("lead_id"))
_ALIVE_BY_ID = _BY_ID.where(LEADS.c.deleted_at.is_(None))


async def get(connection: Reading, lead_id: UUID) -> Lead | None:
    """The lead, unless it is deleted."""
    return _first(await connection.execute(_ALIVE_BY_ID, {"lead_id": lead_id}))


async def get_many(connection: Reading, lead_ids: Collection[UUID]) -> dict[UUID, Lead]:
    """The leads of these ids that are not deleted."""
    wanted = LEADS.c.id == sa.any_(sa.literal(list(lead_ids), sa.ARRAY(sa.Uuid)))
    rows = (await connection.execute(sa.select(*LEAD_COLUMNS).where(wanted, LEADS.c.deleted_at.is_(None)))).mappings()
    return {row["id"]: lead_from_row(row) for row in rows}


async def lock(tx: Writing, lead_id: UUID) -> Lead | None:
    """The lead, deleted or not, locked until the transaction ends."""
    return _first(await tx.execute(_BY_ID.with_for_update(), {"lead_id": lead_id}))


async def lock_many(tx: Writing, lead_ids: Collection[UUID]) -> dict[UUID, Lead]:
    """The leads of these ids, deleted or not, locked in the order of their ids until the transaction ends."""
    query = sa.select(*LEAD_COLUMNS).where(LEADS.c.id == sa.any_(sa.literal(list(lead_ids)))).order_by(LEADS.c.id)
    rows = (await tx.execute(query.with_for_update())).mappings()
    return {row["id"]: lead_from_row(row) for row in rows}


async def exists(connection: Reading, lead_id: UUID) -> bool:
    """Whether there is such a lead that is not deleted."""
    return await stage_of(connection, lead_id) is not None


async def stage_of(connection: Reading, lead_id: UUID) -> UUID | None:
    """The stage where the lead is; nothing where there is no such lead, or a deleted one."""
    query = sa.select(LEADS.c.stage_id).where(LEADS.c.id == lead_id, LEADS.c.deleted_at.is_(None))
    return (await connection.execute(query)).scalar_one_or_none()


async def save_many(tx: Writing, changes: Sequence[tuple[Lead, Change]], revision: int | None) -> None:
    """Write what changed of locked leads, and all that goes along, by a configuration of this revision.

    No revision: what is entered may be in the course of being deleted.

    Raises:
        LeadlineError: RETIRING where one would enter such an entry.
    """
    alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for before, change in changes:
        if change.changed and (columns := changed_columns(before, change.lead)):
            row = {f"new_{name}": value for name, value in columns.items()}
            alike[tuple(sorted(columns))].append({"lead_id": before.id, "revision": revision, **row})
    for names, rows in alike.items():
        statement = _update(names, fenced=revision is not None)
        # One row is no batch: that would cost a round trip more.
        given = rows if len(rows) > 1 else rows[0]
        if (await tx.execute(statement, given)).rowcount != len(rows):
            raise retiring()
    await _write_along(tx, [change for _, change in changes])


@lru_cache(maxsize=256)
def _update(names: tuple[str, ...], *, fenced: bool) -> sa.Update:
    values = {name: sa.bindparam(f"new_{name}", type_=LEADS.c[name].type) for name in names}
    statement = sa.update(LEADS).where(LEADS.c.id == sa.bindparam("lead_id")).values(values)
    entries = {ENTERED_BY[name]: sa.cast(values[name], sa.Text) for name in names if name in ENTERED_BY}
    if not fenced or not entries:
        return statement
    return statement.where(are_open(entries, sa.bindparam("revision", type_=sa.BigInteger)))


async def _write_along(tx: Writing, changes: Sequence[Change]) -> None:
    history = [row_of(entry) for change in changes for entry in change.history]
    activities = [row_of(activity) for change in changes for activity in change.activities]
    if history:
        await tx.execute(sa.insert(HISTORY), history)
    if activities:
        await tx.execute(sa.insert(ACTIVITIES), activities)


def _first(result: sa.CursorResult[Any]) -> Lead | None:
    row = result.mappings().one_or_none()
    return lead_from_row(row) if row is not None else None
