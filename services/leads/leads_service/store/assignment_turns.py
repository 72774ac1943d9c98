"""Whose turn it is at a stage, and who has how many open leads: decided so that nobody is passed over."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from kit.db.database import Writing
from leads_service.domain.lead import LeadStatus
from leads_service.store.tables import ASSIGNMENT_TURNS, LEADS

# Taken by everybody who counts loads, so that each sees the leads of whoever counted before.
_COUNTING = sa.select(sa.func.pg_advisory_xact_lock(0x1EAD, 1))


async def take(tx: Writing, stage_id: UUID, count: int) -> int:
    """Take so many turns at a stage; the last of them. Nobody else takes one until this transaction ends."""
    first = insert(ASSIGNMENT_TURNS).values(stage_id=stage_id, turn=count)
    taken = first.on_conflict_do_update(
        index_elements=["stage_id"], set_={"turn": ASSIGNMENT_TURNS.c.turn + first.excluded.turn}
    ).returning(ASSIGNMENT_TURNS.c.turn)
    return int((await tx.execute(taken)).scalar_one())


async def count_open_leads(tx: Writing, members: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many open leads each member has. Nobody else counts until this transaction ends."""
    await tx.execute(_COUNTING)
    query = (
        sa.select(LEADS.c.assigned_to, sa.func.count().label("leads"))
        .where(
            LEADS.c.assigned_to == sa.any_(sa.literal(list(members))),
            LEADS.c.status == LeadStatus.OPEN.value,
            LEADS.c.deleted_at.is_(None),
        )
        .group_by(LEADS.c.assigned_to)
    )
    return {row.assigned_to: row.leads for row in await tx.execute(query)}
