"""The team of a lead through the gRPC door."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import lead_service_pb2, team_service_pb2_grpc
from leadline.leads.v1 import team_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2, retirement_pb2

from kit.db.database import Database
from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from leads_service.store.tables import CLOSED_ENTRIES
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import USER_TOKEN, Door, fields_at_fault, refusal
from tests.integration.leads.pushing import open_house
from tests.support import tokens


def stub(door: Door) -> team_service_pb2_grpc.TeamServiceStub:
    return team_service_pb2_grpc.TeamServiceStub(door.channel)


async def team_of(door: Door, lead_id: str, *, sent: str = USER_TOKEN) -> list[pb.TeamMember]:
    answer = await door.ask(stub(door).ListTeam, pb.ListTeamRequest(lead_id=lead_id), sent=sent)
    return list(answer.members)


async def add(
    door: Door,
    lead_id: str,
    user_id: str | None = None,
    role: str = "sales_rep",
    *,
    key: str | None = None,
    sent: str = USER_TOKEN,
) -> pb.TeamMember:
    request = pb.AddTeamMemberRequest(lead_id=lead_id, user_id=user_id or str(new_id()), role=role)
    answer = await door.ask(stub(door).AddTeamMember, request, key=key, sent=sent)
    return answer.member  # type: ignore[no-any-return]


async def remove(door: Door, lead_id: str, user_id: str, *, sent: str = USER_TOKEN) -> None:
    request = pb.RemoveTeamMemberRequest(lead_id=lead_id, user_id=user_id)
    await door.ask(stub(door).RemoveTeamMember, request, sent=sent)


@pytest.fixture(scope="module")
async def strict(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[Door]:
    """A door to leads for which one role is inactive and another is being deleted."""
    made = configuration_service_pb2.Configuration.FromString(configuration.SerializeToString())
    for each in made.team_roles:
        each.is_active = each.name != "executive_sponsor"
    made.retirements.add(
        id=str(new_id()),
        kind=retirement_pb2.RETIREMENT_KIND_TEAM_ROLE,
        entry_id=next(each.id for each in made.team_roles if each.name == "technical_advisor"),
        name="technical_advisor",
        state=retirement_pb2.RETIREMENT_STATE_RUNNING,
    )
    async with open_house(create_database("leads_team"), made, clock) as house:
        yield house.door


async def test_users_join_and_leave_in_their_order(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    assert await team_of(door, lead.id) == []
    first = await add(door, lead.id)
    second = await add(door, lead.id, role="technical_advisor")
    assert (first.lead_id, first.role, first.added_by) == (lead.id, "sales_rep", str(tokens.USER_ID))
    assert first.HasField("added_at")
    assert await team_of(door, lead.id) == [first, second]
    await remove(door, lead.id, first.user_id)
    assert await team_of(door, lead.id) == [second]
    assert (await add(door, lead.id, first.user_id, "account_executive")).role == "account_executive"


async def test_who_joins_and_leaves_is_an_activity_and_the_lead_stays_as_it_is(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    member = await add(door, lead.id)
    await remove(door, lead.id, member.user_id)
    assert await door.get(lead.id) == lead
    assert await door.history(lead.id) == []
    told = [each for each in await door.activities(lead.id) if each.type.startswith("team_member")]
    assert [each.type for each in told] == ["team_member_removed", "team_member_added"]
    for each in told:
        assert json.loads(each.metadata) == {"userId": member.user_id, "role": "sales_rep"}
        assert each.performed_by == str(tokens.USER_ID)
    assert (await door.lead_sla(lead.id)).status == "on_track"


async def test_nobody_joins_twice_whatever_the_role(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    member = await add(door, lead.id)
    error = await refusal(add(door, lead.id, member.user_id.upper(), "technical_advisor"))
    assert (error.kind, error.reason) == (ErrorKind.REFUSED, "ALREADY_IN_TEAM")
    assert await team_of(door, lead.id) == [member]


async def test_of_twenty_at_once_one_joins(door: Door) -> None:
    lead, user_id = await door.create(last_name="Johnson"), str(new_id())
    answers = await asyncio.gather(*(add(door, lead.id, user_id) for _ in range(20)), return_exceptions=True)
    refused = [each.reason for each in answers if isinstance(each, LeadlineError)]
    assert refused == ["ALREADY_IN_TEAM"] * 19
    assert (await door.happened(lead.id)).count("team_member_added") == 1


async def test_the_same_key_adds_once_and_answers_the_same_again(door: Door) -> None:
    lead, key, user_id = await door.create(last_name="Johnson"), str(new_id()), str(new_id())
    first = await add(door, lead.id, user_id, key=key)
    assert await add(door, lead.id, user_id, key=key) == first
    assert await team_of(door, lead.id) == [first]
    error = await refusal(add(door, lead.id, user_id, "technical_advisor", key=key))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_team_has_at_most_a_hundred_members_also_when_they_come_at_once(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    for _ in range(95):
        await add(door, lead.id)
    answers = await asyncio.gather(*(add(door, lead.id) for _ in range(10)), return_exceptions=True)
    assert [each.reason for each in answers if isinstance(each, LeadlineError)] == ["LIST_FULL"] * 5
    members = await team_of(door, lead.id)
    assert len(members) == 100
    await remove(door, lead.id, members[50].user_id)
    await add(door, lead.id)


async def test_who_is_not_there_cannot_leave(door: Door) -> None:
    lead, other = await door.create(last_name="Johnson"), await door.create(last_name="Other")
    member = await add(door, other.id)
    error = await refusal(remove(door, lead.id, member.user_id))
    assert (error.kind, error.reason) == (ErrorKind.NOT_FOUND, "TEAM_MEMBER_NOT_FOUND")
    assert await team_of(door, other.id) == [member]


@pytest.mark.parametrize("role", ["", "chief", "SALES_REP"])
async def test_the_role_must_be_a_configured_one(door: Door, role: str) -> None:
    lead = await door.create(last_name="Johnson")
    error = await refusal(add(door, lead.id, role=role))
    assert (error.kind, fields_at_fault(error)) == (ErrorKind.INVALID, {("role", "NOT_CONFIGURED")})
    assert "sales_rep, account_executive, technical_advisor, executive_sponsor" in error.message
    assert await team_of(door, lead.id) == []


async def test_a_role_that_is_inactive_or_being_deleted_is_refused(strict: Door) -> None:
    lead = await strict.create(last_name="Johnson")
    error = await refusal(add(strict, lead.id, role="executive_sponsor"))
    assert fields_at_fault(error) == {("role", "NOT_CONFIGURED")}
    error = await refusal(add(strict, lead.id, role="technical_advisor"))
    assert (error.kind, error.reason) == (ErrorKind.REFUSED, "RETIRING")
    assert error.metadata == {"retirementId": strict.configuration.retirements[0].id}
    assert await team_of(strict, lead.id) == []
    assert (await add(strict, lead.id)).role == "sales_rep"


async def test_a_role_whose_deletion_this_configuration_does_not_know_of_is_refused_all_the_same(
    door: Door, database: Database
) -> None:
    lead = await door.create(last_name="Johnson")
    closed = {"kind": "team_role", "entry": "executive_sponsor", "retirement_id": new_id()}
    async with database.transaction() as tx:
        await tx.execute(sa.insert(CLOSED_ENTRIES), closed)
    try:
        assert (await refusal(add(door, lead.id, role="executive_sponsor"))).reason == "RETIRING"
        assert await team_of(door, lead.id) == []
        assert await door.happened(lead.id) == ["lead_created"]
    finally:
        async with database.transaction() as tx:
            await tx.execute(sa.delete(CLOSED_ENTRIES).where(CLOSED_ENTRIES.c.entry == "executive_sponsor"))
    assert (await add(door, lead.id, role="executive_sponsor")).role == "executive_sponsor"


async def test_the_team_of_a_closed_lead_can_be_read_and_stays_as_it_is(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    member = await add(door, lead.id)
    request = lead_service_pb2.DisqualifyLeadRequest(lead_id=lead.id, reason="no_budget")
    await door.ask(door.lead_stub.DisqualifyLead, request)
    for attempt in (add(door, lead.id), remove(door, lead.id, member.user_id)):
        error = await refusal(attempt)
        assert (error.reason, error.metadata) == ("LEAD_CLOSED", {"status": "disqualified"})
    assert await team_of(door, lead.id) == [member]


async def test_the_team_of_a_lead_that_is_being_converted_stays_as_it_is(door: Door) -> None:
    lead = await door.create(last_name="Johnson", estimated_value="50")
    await door.convert(lead.id)
    assert (await refusal(add(door, lead.id))).reason == "LEAD_CONVERTING"


async def test_a_lead_that_is_not_there_has_no_team(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    member = await add(door, lead.id)
    await door.delete(lead.id)
    for lead_id in (lead.id, str(new_id())):
        for attempt in (team_of(door, lead_id), add(door, lead_id), remove(door, lead_id, member.user_id)):
            assert (await refusal(attempt)).reason == "LEAD_NOT_FOUND"


async def test_ids_must_be_ids(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    for attempt in (team_of(door, "x"), add(door, "x"), remove(door, "x", str(new_id()))):
        assert fields_at_fault(await refusal(attempt)) == {("id", "NOT_A_UUID")}
    for attempt in (add(door, lead.id, "x"), remove(door, lead.id, "x")):
        assert fields_at_fault(await refusal(attempt)) == {("userId", "NOT_A_UUID")}


async def test_reading_needs_the_permission_to_view_and_writing_that_to_edit(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    edits, views = tokens.token("leads:edit"), tokens.token("leads:view")
    user_id = (await add(door, lead.id, sent=edits)).user_id
    assert len(await team_of(door, lead.id, sent=views)) == 1
    for attempt, permission in (
        (team_of(door, lead.id, sent=edits), "leads:view"),
        (add(door, lead.id, sent=views), "leads:edit"),
        (remove(door, lead.id, user_id, sent=views), "leads:edit"),
    ):
        error = await refusal(attempt)
        assert (error.kind, error.metadata) == (ErrorKind.FORBIDDEN, {"permission": permission})
    await remove(door, lead.id, user_id, sent=edits)
