"""The teams of leads."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading, Writing
from leads_service.domain.team import TeamMember
from leads_service.store.tables import TEAM_MEMBERS


async def team_of(connection: Reading, lead_id: UUID) -> Sequence[TeamMember]:
    """The lead's team, in the order in which its members joined."""
    columns = TEAM_MEMBERS.c
    query = sa.select(TEAM_MEMBERS).where(columns.lead_id == lead_id).order_by(columns.added_at, columns.user_id)
    return [TeamMember(**row) for row in (await connection.execute(query)).mappings()]


async def insert(tx: Writing, member: TeamMember) -> None:
    """Write a new member of a locked lead's team."""
    await tx.execute(sa.insert(TEAM_MEMBERS), asdict(member))


async def delete(tx: Writing, member: TeamMember) -> None:
    """Take a member out of a locked lead's team."""
    columns = TEAM_MEMBERS.c
    await tx.execute(
        sa.delete(TEAM_MEMBERS).where(columns.lead_id == member.lead_id, columns.user_id == member.user_id)
    )
