"""Who works on a lead beside its owner (spec: around a lead)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kit.errors import not_found, refused
from leads_service.domain import retiring
from leads_service.domain.configuration import Configuration, Retiring
from leads_service.domain.fields import one_of
from leads_service.domain.lead import Activity, Change, Lead
from leads_service.domain.settling import Situation, settle
from leads_service.domain.standing import Deed, require

MOST_MEMBERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """A user in a role."""

    lead_id: UUID
    user_id: UUID
    role: str
    added_by: UUID
    added_at: datetime


def add(
    lead: Lead, team: Sequence[TeamMember], user_id: UUID, role: str, *, added_by: UUID, situation: Situation
) -> tuple[TeamMember, Change]:
    """A user, new in the lead's team. The lead itself stays as it is.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, VALIDATION_FAILED, RETIRING, ALREADY_IN_TEAM, LIST_FULL.
    """
    require(lead, Deed.CHANGE)
    role = _role(role, situation.configuration)
    if any(member.user_id == user_id for member in team):
        raise refused("ALREADY_IN_TEAM", "This user is in the lead's team already.")
    if len(team) >= MOST_MEMBERS:
        raise refused("LIST_FULL", f"A team has at most {MOST_MEMBERS} members.")
    member = TeamMember(lead_id=lead.id, user_id=user_id, role=role, added_by=added_by, added_at=situation.now)
    added = _activity(lead, "team_member_added", "Team member added", member, situation)
    return member, settle(lead, lead, [added], situation)


def remove(lead: Lead, team: Sequence[TeamMember], user_id: UUID, situation: Situation) -> tuple[TeamMember, Change]:
    """The user who leaves the lead's team. The lead itself stays as it is.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, TEAM_MEMBER_NOT_FOUND.
    """
    require(lead, Deed.CHANGE)
    member = next((member for member in team if member.user_id == user_id), None)
    if member is None:
        raise not_found("TEAM_MEMBER_NOT_FOUND", "This user is not in the lead's team.")
    removed = _activity(lead, "team_member_removed", "Team member removed", member, situation)
    return member, settle(lead, lead, [removed], situation)


def _role(given: str, configuration: Configuration) -> str:
    role = one_of("role", given, configuration.team_roles)
    retiring.require_open(Retiring.TEAM_ROLE, role, configuration)
    return role


def _activity(lead: Lead, kind: str, title: str, member: TeamMember, situation: Situation) -> Activity:
    return situation.activity(lead, kind, title, metadata={"userId": str(member.user_id), "role": member.role})
