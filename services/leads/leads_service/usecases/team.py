"""The team of a lead."""

from collections.abc import Sequence
from uuid import UUID

from kit.db.database import Reading, Writing
from leads_service.domain import team as rules
from leads_service.domain.configuration import Retiring
from leads_service.domain.settling import Situation
from leads_service.domain.standing import lead_not_found
from leads_service.domain.team import TeamMember
from leads_service.store import closed_entries, leads, team
from leads_service.usecases.saving import load_locked, save


async def list_team(connection: Reading, lead_id: UUID) -> Sequence[TeamMember]:
    """The lead's team, in the order in which its members joined.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    if not await leads.exists(connection, lead_id):
        raise lead_not_found(lead_id)
    return await team.team_of(connection, lead_id)


async def add_member(
    tx: Writing, lead_id: UUID, user_id: UUID, role: str, *, added_by: UUID, situation: Situation
) -> TeamMember:
    """Add a user to the lead's team.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, and whatever ``team.add`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    current = await team.team_of(tx, lead_id)
    member, change = rules.add(lead, current, user_id, role, added_by=added_by, situation=situation)
    # The configuration here may be older than the deletion of the role.
    await closed_entries.require_open(tx, {Retiring.TEAM_ROLE: member.role}, situation.configuration.revision)
    await team.insert(tx, member)
    await save(tx, lead, change, situation)
    return member


async def remove_member(tx: Writing, lead_id: UUID, user_id: UUID, situation: Situation) -> None:
    """Take a user out of the lead's team.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, and whatever ``team.remove`` refuses.
    """
    lead = await load_locked(tx, lead_id)
    member, change = rules.remove(lead, await team.team_of(tx, lead_id), user_id, situation)
    await team.delete(tx, member)
    await save(tx, lead, change, situation)
