"""Who uses an entry of the settings: leads of whatever status, members of their teams, running conversions."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.domain.configuration import Retiring
from leads_service.domain.lead import Lead
from leads_service.store.conversions import RUNNING
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.tables import CONVERSIONS, LEADS, TEAM_MEMBERS

_COLUMNS: dict[str, sa.Column[Any]] = {
    Retiring.PIPELINE: LEADS.c.pipeline_id,
    Retiring.STAGE: LEADS.c.stage_id,
    Retiring.PRIORITY: LEADS.c.priority,
    Retiring.SOURCE: LEADS.c.source,
    Retiring.DISQUALIFICATION_REASON: LEADS.c.disqualification_reason,
}
# A user in the team of a lead: lead and user.
Member = tuple[UUID, UUID]

# The indexes know the leads that are alive; deleted ones are few, and looked for once the others are done.
_ALIVE, _DELETED = LEADS.c.deleted_at.is_(None), LEADS.c.deleted_at.is_not(None)


async def count_leads(connection: Reading, kind: str, entry: UUID | str) -> int:
    """How many leads have the entry, deleted ones included."""
    query = sa.select(sa.func.count()).select_from(LEADS).where(_COLUMNS[kind] == entry)
    return int((await connection.execute(query)).scalar_one())


async def count_leads_left(connection: Reading, kind: str, entry: UUID | str) -> int:
    """How many leads have the entry; deleted ones are counted once there are no others."""
    has_it = _COLUMNS[kind] == entry
    for which in (_ALIVE, _DELETED):
        query = sa.select(sa.func.count()).select_from(LEADS).where(has_it, which)
        if count := int((await connection.execute(query)).scalar_one()):
            return count
    return 0


async def lock_leads(tx: Writing, kind: str, entry: UUID | str, limit: int) -> list[Lead]:
    """The next leads that have the entry, in the order of their ids, locked until the transaction ends."""
    has_it = _COLUMNS[kind] == entry
    for which in (_ALIVE, _DELETED):
        some = sa.select(LEADS.c.id).where(has_it, which).limit(limit)
        # Asked again: somebody may have moved a lead while it was waited for.
        query = sa.select(*LEAD_COLUMNS).where(LEADS.c.id.in_(some), has_it).order_by(LEADS.c.id).with_for_update()
        if leads := [lead_from_row(row) for row in (await tx.execute(query)).mappings()]:
            return leads
    return []


async def count_members(connection: Reading, role: str) -> int:
    """How many members of teams have the role."""
    query = sa.select(sa.func.count()).select_from(TEAM_MEMBERS).where(TEAM_MEMBERS.c.role == role)
    return int((await connection.execute(query)).scalar_one())


async def leads_with_role(connection: Reading, role: str, limit: int) -> list[UUID]:
    """The next leads that have members of the role in their teams."""
    columns = TEAM_MEMBERS.c
    query = sa.select(columns.lead_id).where(columns.role == role).distinct().order_by(columns.lead_id).limit(limit)
    return list((await connection.execute(query)).scalars())


async def members_with_role(connection: Reading, lead_ids: Collection[UUID], role: str) -> list[Member]:
    """The members of the role in the teams of these leads."""
    columns = TEAM_MEMBERS.c
    of_leads = columns.lead_id == sa.any_(_uuids(lead_ids))
    rows = await connection.execute(sa.select(columns.lead_id, columns.user_id).where(of_leads, columns.role == role))
    return [(lead_id, user_id) for lead_id, user_id in rows]


async def change_role(tx: Writing, members: Collection[Member], role: str, new_role: str) -> list[Member]:
    """Give these members of locked leads another role, if they still have this one; answers who has it now."""
    columns = TEAM_MEMBERS.c
    these = sa.func.unnest(_uuids(each[0] for each in members), _uuids(each[1] for each in members))
    named = sa.select(these.table_valued("lead_id", "user_id").render_derived())
    statement = (
        sa.update(TEAM_MEMBERS)
        .where(sa.tuple_(columns.lead_id, columns.user_id).in_(named), columns.role == role)
        .values(role=new_role)
        .returning(columns.lead_id, columns.user_id)
    )
    return [(lead_id, user_id) for lead_id, user_id in await tx.execute(statement)]


def _uuids(ids: Iterable[UUID]) -> sa.ColumnElement[Any]:
    return sa.literal(list(ids), sa.ARRAY(sa.Uuid))


async def count_planned(connection: Reading, stage_ids: Sequence[str]) -> int:
    """How many running conversions plan an opportunity at one of these stages."""
    planned = CONVERSIONS.c.plan["opportunity"]
    query = (
        sa.select(sa.func.count())
        .select_from(CONVERSIONS)
        .where(
            CONVERSIONS.c.state == RUNNING,
            planned["stageId"].astext.in_(stage_ids),
            planned["linkId"].astext.is_(None),
        )
    )
    return int((await connection.execute(query)).scalar_one())
