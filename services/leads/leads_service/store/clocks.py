"""Clocks of leads, to compare them with their workflows."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leadline_workflows.contracts.outbox import SLA_CLOCK
from leads_service.domain.lead import Lead
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.tables import LEADS, OUTBOX, RUNNING_CLOCK

_IS_ORDERED = sa.exists().where(OUTBOX.c.key == LEADS.c.id, OUTBOX.c.kind == SLA_CLOCK)


async def running(connection: Reading, after: UUID | None, limit: int) -> list[Lead]:
    """The next leads by id whose clock runs and is not about to hear of a change."""
    return [lead_from_row(row) for row in (await connection.execute(next_running(after, limit))).mappings()]


def next_running(after: UUID | None, limit: int) -> sa.Select[Any]:
    """The query for such leads, by the index of those whose clock runs."""
    query = sa.select(*LEAD_COLUMNS).where(sa.text(RUNNING_CLOCK), ~_IS_ORDERED).order_by(LEADS.c.id).limit(limit)
    return query if after is None else query.where(LEADS.c.id > after)


async def of_leads(connection: Reading, lead_ids: Collection[UUID]) -> dict[UUID, Lead | None]:
    """The leads of these ids, deleted or not; nothing for one whose clock is about to hear of a change."""
    query = sa.select(*LEAD_COLUMNS, _IS_ORDERED.label("is_ordered")).where(_is_one_of(lead_ids)).order_by(LEADS.c.id)
    rows = (await connection.execute(query)).mappings()
    return {row["id"]: None if row["is_ordered"] else lead_from_row(row) for row in rows}


async def lock_unordered(tx: Writing, lead_ids: Collection[UUID]) -> list[Lead]:
    """The leads of these ids, deleted or not, whose clock is not ordered, locked until the transaction ends.

    What somebody else holds is left out: whoever it is may be about to order it.
    """
    query = sa.select(*LEAD_COLUMNS).where(_is_one_of(lead_ids), ~_IS_ORDERED).order_by(LEADS.c.id)
    rows = (await tx.execute(query.with_for_update(of=LEADS, skip_locked=True))).mappings()
    return [lead_from_row(row) for row in rows]


def _is_one_of(lead_ids: Collection[UUID]) -> sa.ColumnElement[bool]:
    return LEADS.c.id == sa.any_(sa.literal(list(lead_ids), sa.ARRAY(sa.Uuid)))
