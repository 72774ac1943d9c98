"""Restoring a deleted lead through the gRPC door: it is back in every answer, and its clock goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta

import pytest
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2 as sla
from leadline.leads.v1 import team_service_pb2 as team
from leadline.leads.v1 import team_service_pb2_grpc as team_grpc
from leadline.leads.v1 import timeline_service_pb2 as timeline
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.leads.coming_back import disqualify, restore
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.pushing import House, open_house
from tests.support import tokens


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("restoring"), configuration, clock) as opened:
        yield opened


async def test_a_restored_lead_is_in_every_answer_again_as_it_was(house: House) -> None:
    door = house.door
    lead = await door.create(last_name="Restored", email="back@again.io", company="Back Again")
    members = team_grpc.TeamServiceStub(door.channel)
    member = team.AddTeamMemberRequest(lead_id=lead.id, user_id=str(new_id()), role="sales_rep")
    await door.ask(members.AddTeamMember, member)
    await door.add_note(lead.id, "Called")
    before = await door.update(lead.id, title="Founder")
    history = await door.history(lead.id)
    await door.delete(lead.id)
    assert (await refusal(door.get(lead.id))).reason == "LEAD_NOT_FOUND"

    after = await restore(door, lead.id)
    assert (after.version, after.title, after.stage_id) == (before.version + 2, "Founder", before.stage_id)
    assert await door.get(lead.id) == after
    assert [each.id for each in (await door.find(search="back again")).leads] == [lead.id]
    found = await door.ask(door.lead_stub.CheckDuplicates, pb.CheckDuplicatesRequest(email="BACK@again.io"))
    assert [each.id for each in found.duplicates] == [lead.id]
    assert await door.history(lead.id) == history
    notes = timeline.ListNotesRequest(lead_id=lead.id)
    assert (await door.ask(door.timeline_stub.ListNotes, notes)).total == 1
    kept = await door.ask(members.ListTeam, team.ListTeamRequest(lead_id=lead.id))
    assert len(kept.members) == 1
    happened = await door.happened(lead.id)
    assert (happened.count("lead_deleted"), happened.count("lead_restored")) == (1, 1)
    held = (await door.stage_assignments(lead.id)).assignments
    assert [each.HasField("ended_at") for each in held] == [False, True]


async def test_its_clock_goes_on_with_the_promise_that_it_had(house: House, clock: TestClock) -> None:
    door = house.door
    lead = await door.create(last_name="Promised")
    promised = await door.lead_sla(lead.id)
    await door.delete(lead.id)
    assert (await door.record(lead.id, sla.MILESTONE_KIND_BREACHED)).outcome == sla.MILESTONE_OUTCOME_CLOSED
    clock.ahead = timedelta(hours=9)
    await restore(door, lead.id)
    after = await door.lead_sla(lead.id)
    assert (after.response_deadline, after.status) == (promised.response_deadline, "breached")
    orders = [each for each in await house.ordered("sla_clock") if each["lead_id"] == lead.id]
    told = [(each["clock"]["version"], each["clock"]["closed_by"], each["revives"]) for each in orders]
    assert told == [(1, "", False), (2, "deleted", False), (3, "", True)]
    assert orders[2]["clock"]["deadline"] == orders[0]["clock"]["deadline"]
    # What passed meanwhile is recorded by the clock that goes on, with its time.
    answer = await door.record(lead.id, sla.MILESTONE_KIND_BREACHED)
    assert (answer.outcome, answer.clock.closed_by) == (sla.MILESTONE_OUTCOME_RECORDED, "")
    breach = next(each for each in await door.activities(lead.id) if each.type == "sla_breached")
    assert breach.occurred_at.ToDatetime(UTC) == promised.response_deadline.ToDatetime(UTC)


async def test_of_twenty_at_once_one_restores(house: House) -> None:
    lead = await house.door.create()
    await house.door.delete(lead.id)
    answers = await asyncio.gather(*(restore(house.door, lead.id) for _ in range(20)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, LeadlineError)]
    assert ({each.reason for each in refused}, len(refused)) == ({"LEAD_NOT_DELETED"}, 19)
    assert (await house.door.happened(lead.id)).count("lead_restored") == 1


async def test_what_stands_against_it_is_said(house: House) -> None:
    door = house.door
    lead = await door.create()
    error = await refusal(restore(door, lead.id))
    assert (error.kind, error.reason) == (ErrorKind.REFUSED, "LEAD_NOT_DELETED")
    await disqualify(door, lead.id)
    assert (await refusal(restore(door, lead.id))).reason == "LEAD_NOT_DELETED"
    error = await refusal(restore(door, str(new_id())))
    assert (error.kind, error.reason) == (ErrorKind.NOT_FOUND, "LEAD_NOT_FOUND")
    gone = await door.create()
    await door.delete(gone.id, version=gone.version)
    assert (await refusal(restore(door, gone.id, version=gone.version))).reason == "VERSION_STALE"
    editor = Door(door.channel, door.configuration, tokens.token("leads:view", "leads:edit"))
    assert (await refusal(restore(editor, gone.id))).reason == "PERMISSION_MISSING"
    assert (await refusal(door.get(gone.id))).reason == "LEAD_NOT_FOUND"
    assert (await restore(door, gone.id, version=gone.version + 1)).version == gone.version + 2


async def test_under_a_key_it_is_restored_once(house: House) -> None:
    lead = await house.door.create()
    await house.door.delete(lead.id)
    first = await restore(house.door, lead.id, key="restore-once")
    await house.door.delete(lead.id)
    assert await restore(house.door, lead.id, key="restore-once") == first
    assert (await refusal(house.door.get(lead.id))).reason == "LEAD_NOT_FOUND"
