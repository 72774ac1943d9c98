"""The team of a lead: who may come in, who may leave, and what is written along."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import team
from leads_service.domain.configuration import Configuration, Retirement, Retiring
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.team import TeamMember
from tests.unit.leads.building import ALICE, BOB, HOUR, NOW, by_person, configured, make_lead, types_of
from tests.unit.leads.refusals import faults, refusal

LATER = NOW + HOUR
ROLES: Any = ("sales_rep", "technical_advisor")
CONFIGURATION = configured(team_roles=ROLES)
LEAD = make_lead()


def added(
    lead: Lead = LEAD,
    user_id: UUID = BOB,
    role: str = "sales_rep",
    team_: tuple[TeamMember, ...] = (),
    configuration: Configuration = CONFIGURATION,
) -> tuple[TeamMember, Change]:
    return team.add(lead, team_, user_id, role, added_by=ALICE, situation=by_person(LATER, configuration))


def removed(lead: Lead, team_: tuple[TeamMember, ...], user_id: UUID = BOB) -> tuple[TeamMember, Change]:
    return team.remove(lead, team_, user_id, by_person(LATER, CONFIGURATION))


def member(user_id: UUID = BOB, role: str = "sales_rep") -> TeamMember:
    return TeamMember(lead_id=LEAD.id, user_id=user_id, role=role, added_by=ALICE, added_at=LATER)


def test_a_user_joins_in_a_role_and_the_lead_stays_as_it_is() -> None:
    joined, change = added()
    assert joined == member()
    assert (change.lead, change.changed, change.history, change.clock_changed) == (LEAD, False, (), False)
    assert types_of(change) == ["team_member_added"]
    assert change.activities[0].metadata == {"userId": str(BOB), "role": "sales_rep"}
    assert (change.activities[0].performed_by, change.activities[0].occurred_at) == (ALICE, LATER)


def test_a_user_leaves_and_the_lead_stays_as_it_is() -> None:
    other = member(ALICE, "technical_advisor")
    gone, change = removed(LEAD, (other, member()))
    assert gone == member()
    assert (change.lead, change.changed) == (LEAD, False)
    assert types_of(change) == ["team_member_removed"]
    assert change.activities[0].metadata == {"userId": str(BOB), "role": "sales_rep"}


def test_a_role_that_is_inactive_or_being_deleted_still_lets_its_members_go() -> None:
    assert removed(LEAD, (member(role="gone"),))[0].role == "gone"


def test_nobody_joins_twice_in_whatever_role() -> None:
    with refusal("ALREADY_IN_TEAM"):
        added(team_=(member(role="technical_advisor"),))
    assert added(user_id=ALICE, team_=(member(),))[0].user_id == ALICE


def test_nobody_leaves_who_is_not_there() -> None:
    with refusal("TEAM_MEMBER_NOT_FOUND", ErrorKind.NOT_FOUND):
        removed(LEAD, (member(ALICE),))


def test_a_team_has_at_most_a_hundred_members() -> None:
    others = tuple(member(new_id()) for _ in range(100))
    with refusal("LIST_FULL"):
        added(team_=others)
    with refusal("ALREADY_IN_TEAM"):
        added(team_=(*others[1:], member()))
    assert added(team_=others[1:])[0] == member()


@pytest.mark.parametrize("role", ["", "chief", "SALES_REP"])
def test_the_role_must_be_a_configured_one(role: str) -> None:
    with faults(("role", "NOT_CONFIGURED")):
        added(role=role)


def test_a_role_that_is_being_deleted_is_refused() -> None:
    closed = Retirement(id=new_id(), kind=Retiring.TEAM_ROLE, entry_id=new_id(), name="sales_rep")
    configuration = configured(team_roles=ROLES, retirements=(closed,))
    with refusal("RETIRING") as refused:
        added(configuration=configuration)
    assert refused.value.metadata == {"retirementId": str(closed.id)}
    assert added(role="technical_advisor", configuration=configuration)[0].role == "technical_advisor"


@pytest.mark.parametrize("status", [LeadStatus.CONVERTED, LeadStatus.DISQUALIFIED])
def test_the_team_of_a_closed_lead_stays_as_it_is(status: LeadStatus) -> None:
    closed = replace(LEAD, status=status)
    with refusal("LEAD_CLOSED"):
        added(closed)
    with refusal("LEAD_CLOSED"):
        removed(closed, (member(),))


def test_the_team_of_a_lead_that_is_being_converted_stays_as_it_is() -> None:
    converting = replace(LEAD, conversion_id=new_id())
    with refusal("LEAD_CONVERTING"):
        added(converting)
    with refusal("LEAD_CONVERTING"):
        removed(converting, (member(),))
