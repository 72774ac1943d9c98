"""Reopening a disqualified lead through the gRPC door."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta

import pytest
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.leads.coming_back import disqualify, reopen
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, new_process, retire_stage
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import READ_ONLY, ROUND_ROBIN, as_admin, asks, restricts, shares
from tests.support import tokens

OPEN = lead_pb2.LEAD_STATUS_OPEN
ALICE, BOB = str(new_id()), str(new_id())


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("reopening"), configuration, clock) as opened:
        yield opened


@pytest.fixture
async def process(house: House) -> Process:
    return await new_process(house, "New", "Talk", "Won", "Lost")


async def clocks(house: House, lead_id: str) -> list[tuple[int, str, bool]]:
    """What the lead's clock is told: version, what closes it, and whether it goes on from an end."""
    orders = [each for each in await house.ordered("sla_clock") if each["lead_id"] == lead_id]
    return [(each["clock"]["version"], each["clock"]["closed_by"], each["revives"]) for each in orders]


async def test_a_reopened_lead_is_open_where_it_was_with_a_new_promise_and_a_clock_that_goes_on(
    house: House, process: Process, clock: TestClock
) -> None:
    door = house.door
    lead = await process.lead(house, "Talk", assigned_to=BOB)
    promised = (await door.lead_sla(lead.id)).response_deadline.ToDatetime(UTC)
    closed = await disqualify(door, lead.id, notes="Next year")
    answered = (await door.lead_sla(lead.id)).first_response_at.ToDatetime(UTC)
    clock.ahead = timedelta(hours=30)
    after = await reopen(door, lead.id)
    assert (after.status, after.stage_name, after.version, after.assigned_to) == (OPEN, "Talk", closed.version + 1, BOB)
    for gone in ("disqualified_at", "disqualification_reason", "disqualification_notes"):
        assert not after.HasField(gone)
    assert await door.get(lead.id) == after
    sla = await door.lead_sla(lead.id)
    assert (sla.status, sla.HasField("first_response_at")) == ("on_track", False)
    started = sla.response_deadline.ToDatetime(UTC) - timedelta(minutes=240)
    assert abs(started - after.updated_at.ToDatetime(UTC)) < timedelta(milliseconds=1)
    told = next(each for each in await door.activities(lead.id) if each.type == "lead_reopened")
    assert told.performed_by == str(tokens.USER_ID)
    assert json.loads(told.metadata) == {
        "reason": "no_budget",
        "firstResponseAt": answered.isoformat().replace("+00:00", "Z"),
        "responseDeadline": promised.isoformat().replace("+00:00", "Z"),
    }
    assert await clocks(house, lead.id) == [(1, "", False), (2, "disqualified", False), (3, "", True)]
    held = (await door.stage_assignments(lead.id)).assignments
    assert [(each.stage_name, each.HasField("ended_at")) for each in held] == [
        ("Talk", False),
        ("Lost", True),
        ("Talk", True),
    ]


async def test_it_can_be_worked_with_and_closed_again(house: House, process: Process) -> None:
    lead = await process.lead(house)
    for number in range(1, 4):
        await disqualify(house.door, lead.id)
        assert (await reopen(house.door, lead.id)).version == 1 + 2 * number
    await house.door.update(lead.id, title="Founder")
    await house.door.add_note(lead.id, "Called")
    assert (await house.door.lead_sla(lead.id)).status == "met"
    assert [revives for _, _, revives in await clocks(house, lead.id)] == [False, *(False, True) * 3, False]


async def test_of_twenty_at_once_one_reopens(house: House, process: Process) -> None:
    lead = await process.lead(house)
    await disqualify(house.door, lead.id)
    answers = await asyncio.gather(*(reopen(house.door, lead.id) for _ in range(20)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, LeadlineError)]
    assert ({each.reason for each in refused}, len(refused)) == ({"LEAD_NOT_DISQUALIFIED"}, 19)
    assert (await house.door.happened(lead.id)).count("lead_reopened") == 1


async def test_its_gate_asks_for_what_it_asks_for_and_may_be_another_stages(house: House, process: Process) -> None:
    lead = await process.lead(house, "Talk")
    await disqualify(house.door, lead.id)
    await house.push(asks(process.stages["Talk"], "budget", "number"))
    error = await refusal(reopen(house.door, lead.id))
    assert (error.reason, fields_at_fault(error)) == (
        "STAGE_FIELDS_MISSING",
        {("stageFieldValues.budget", "REQUIRED")},
    )
    error = await refusal(reopen(house.door, lead.id, stage_id=str(new_id())))
    assert fields_at_fault(error) == {("stageId", "NOT_CONFIGURED")}
    assert (await house.door.get(lead.id)).stage_name == "Lost"
    assert (await reopen(house.door, lead.id, budget=5)).stage_name == "Talk"
    await disqualify(house.door, lead.id)
    assert (await reopen(house.door, lead.id, stage_id=process.stages["New"])).stage_name == "New"


async def test_a_stage_that_is_gone_or_being_deleted_is_passed_over_also_where_nobody_here_knows_of_it_yet(
    house: House, process: Process
) -> None:
    leads = [await process.lead(house, "Talk") for _ in range(3)]
    for lead in leads:
        await disqualify(house.door, lead.id)
    retirement_id = new_id()
    await house.execute(
        "INSERT INTO closed_entries VALUES ('stage', :entry, :id)", entry=process.stages["Talk"], id=retirement_id
    )
    assert (await reopen(house.door, leads[0].id)).stage_name == "New"
    await house.execute("DELETE FROM closed_entries")
    retirement = await retire_stage(house, process, "Talk", "New")
    assert (await reopen(house.door, leads[1].id)).stage_name == "New"
    assert (await refusal(reopen(house.door, leads[2].id, stage_id=process.stages["Talk"]))).reason == "RETIRING"
    assert await house.count_retiring(retirement) == (0, 0)


async def test_a_lead_without_an_owner_is_given_one_in_its_turn(house: House, process: Process) -> None:
    await house.push(shares(process.stages["New"], ROUND_ROBIN, [ALICE, BOB]))
    mine = await process.lead(house, "Talk", assigned_to=ALICE)
    nobodys = [await process.lead(house, "Talk") for _ in range(2)]
    for lead in (mine, *nobodys):
        await disqualify(house.door, lead.id)
    assert (await reopen(house.door, mine.id, stage_id=process.stages["New"])).assigned_to == ALICE
    owners = [(await reopen(house.door, each.id, stage_id=process.stages["New"])).assigned_to for each in nobodys]
    assert owners == [ALICE, BOB]
    assert "assigned" in await house.door.happened(nobodys[0].id)


async def test_what_stands_against_it_is_said(house: House, process: Process) -> None:
    lead = await process.lead(house)
    error = await refusal(reopen(house.door, lead.id))
    assert (error.kind, error.reason, error.metadata) == (
        ErrorKind.REFUSED,
        "LEAD_NOT_DISQUALIFIED",
        {"status": "open"},
    )
    assert (await refusal(reopen(house.door, str(new_id())))).reason == "LEAD_NOT_FOUND"
    closed = await disqualify(house.door, lead.id)
    assert (await refusal(reopen(house.door, lead.id, version=closed.version - 1))).reason == "VERSION_STALE"
    viewer = Door(house.door.channel, house.door.configuration, tokens.token("leads:view", "leads:delete"))
    assert (await refusal(reopen(viewer, lead.id))).reason == "PERMISSION_MISSING"
    assert await house.door.get(lead.id) == closed
    assert (await reopen(house.door, lead.id, version=closed.version)).status == OPEN
    gone = await process.lead(house)
    await house.door.delete(gone.id)
    assert (await refusal(reopen(house.door, gone.id))).reason == "LEAD_NOT_FOUND"


async def test_under_a_key_it_is_reopened_once(house: House, process: Process) -> None:
    lead = await process.lead(house)
    await disqualify(house.door, lead.id)
    first = await reopen(house.door, lead.id, key="reopen-once")
    await house.door.update(lead.id, title="Founder")
    assert await reopen(house.door, lead.id, key="reopen-once") == first
    error = await refusal(reopen(house.door, lead.id, stage_id=process.stages["Talk"], key="reopen-once"))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_what_the_lost_stage_restricts_cannot_be_changed_by_reopening(house: House, process: Process) -> None:
    await house.push(restricts(process.stages["Lost"], stageId=READ_ONLY))
    lead = await process.lead(house)
    await disqualify(house.door, lead.id)
    error = await refusal(reopen(house.door, lead.id, stage_id=process.stages["Talk"]))
    assert (error.reason, fields_at_fault(error)) == ("FIELD_NOT_EDITABLE", {("stageId", "NOT_EDITABLE")})
    assert (await reopen(as_admin(house), lead.id, stage_id=process.stages["Talk"])).stage_name == "Talk"
