"""Who held which lead at which stage, from when to when: written with each change of either."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from kit.paging import Page, Span
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.store.rows import row_of
from leads_service.store.tables import STAGE_ASSIGNMENTS
from leads_service.store.timeline import page_of_lead

_ASSIGNMENTS = STAGE_ASSIGNMENTS.c


async def write(tx: Writing, ended: Sequence[UUID], begun: Sequence[StageAssignment], now: datetime) -> None:
    """End what goes on for these leads, and begin anew. What was written by somebody whose clock is ahead ends then."""
    ends = await _end(tx, ended, now) if ended else {}
    if begun:
        rows = [replace(each, started_at=ends.get(each.lead_id, each.started_at)) for each in begun]
        await tx.execute(sa.insert(STAGE_ASSIGNMENTS), [row_of(row) for row in rows])


async def _end(tx: Writing, lead_ids: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    statement = (
        sa.update(STAGE_ASSIGNMENTS)
        .where(_ASSIGNMENTS.lead_id == sa.any_(sa.literal(list(lead_ids))), _ASSIGNMENTS.ended_at.is_(None))
        .values(ended_at=sa.func.greatest(_ASSIGNMENTS.started_at, now))
        .returning(_ASSIGNMENTS.lead_id, _ASSIGNMENTS.ended_at)
    )
    return {row.lead_id: row.ended_at for row in await tx.execute(statement)}


async def list_stage_assignments(connection: Reading, lead_id: UUID, span: Span) -> Page[StageAssignment]:
    """A page of who held the lead where, newest first."""
    return await page_of_lead(connection, STAGE_ASSIGNMENTS, _ASSIGNMENTS.started_at, StageAssignment, (lead_id, span))
