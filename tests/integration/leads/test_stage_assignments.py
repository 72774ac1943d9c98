"""Who held a lead at which stage, from when to when: kept on every path, through the gRPC door."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from itertools import pairwise

import pytest
from leadline.leads.v1 import conversion_service_pb2 as conversion
from leadline.leads.v1 import sla_service_pb2 as sla
from leadline.leads.v1 import timeline_service_pb2 as timeline
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, new_process, retire_stage
from tests.integration.leads.door import refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import HIDDEN, as_admin, belongs_to, restricts

ALICE, BOB = str(new_id()), str(new_id())


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("stage_assignments"), configuration, clock) as opened:
        yield opened


@pytest.fixture
async def process(house: House) -> Process:
    return await new_process(house, "New", "Talk", "Won")


async def held(house: House, lead_id: str) -> list[timeline.StageAssignment]:
    """The lead's times, newest first; each begins when the one before it ends."""
    times = list((await house.door.stage_assignments(lead_id)).assignments)
    for newer, older in pairwise(times):
        assert older.ended_at == newer.started_at
        assert older.started_at.ToDatetime(UTC) <= older.ended_at.ToDatetime(UTC)
    assert [each.HasField("ended_at") for each in times] == [False] + [True] * (len(times) - 1)
    return times


async def places(house: House, lead_id: str) -> list[tuple[str, str]]:
    return [(each.stage_name, each.assigned_to) for each in await held(house, lead_id)]


async def test_a_new_lead_is_held_from_the_start_by_its_owner_or_nobody(house: House, process: Process) -> None:
    lead = await process.lead(house)
    (time,) = await held(house, lead.id)
    assert (time.lead_id, time.stage_id, time.stage_name) == (lead.id, process.stages["New"], "New")
    assert (time.started_at, time.HasField("assigned_to")) == (lead.created_at, False)
    assert await places(house, (await process.lead(house, assigned_to=BOB)).id) == [("New", BOB)]


async def test_each_change_of_stage_or_owner_ends_one_time_and_begins_another(house: House, process: Process) -> None:
    await house.push(belongs_to(process.stages["Talk"], ALICE))
    lead = await process.lead(house)
    await house.door.update(lead.id, assigned_to=BOB)
    await house.door.update(lead.id, title="Director")
    await house.door.change_stage(lead.id, process.stages["Talk"])
    await house.door.change_many([lead.id], assigned_to=BOB, stage_id=process.stages["New"])
    await house.door.change_many([lead.id], title="CFO")
    await house.door.change_many([lead.id], atomic=True, assigned_to=None)
    assert await places(house, lead.id) == [("New", ""), ("New", BOB), ("Talk", ALICE), ("New", BOB), ("New", "")]


async def test_a_conversion_moves_the_lead_to_the_won_stage(house: House, process: Process) -> None:
    lead = await process.lead(house, assigned_to=BOB, estimated_value="5")
    started = await house.door.convert(lead.id)
    assert await places(house, lead.id) == [("New", BOB)]
    request = conversion.CompleteConversionRequest(conversion_id=started.id)
    for _ in range(2):
        await house.door.as_saga(house.door.conversion_stub.CompleteConversion, request)
    assert await places(house, lead.id) == [("Won", BOB), ("New", BOB)]


async def test_an_escalation_that_assigns_is_kept(house: House, process: Process, clock: TestClock) -> None:
    def escalate(configuration: configuration_service_pb2.Configuration) -> None:
        document = json.loads(configuration.settings.document)
        document["sla"]["escalations"] = [{"afterMinutes": 10, "assignTo": BOB}]
        configuration.settings.document = json.dumps(document)

    await house.push(escalate)
    lead = await process.lead(house, assigned_to=ALICE)
    clock.ahead = timedelta(hours=5)
    for _ in range(2):
        await house.door.record(lead.id, sla.MILESTONE_KIND_ESCALATION)
    assert await places(house, lead.id) == [("New", BOB), ("New", ALICE)]


async def test_a_deletion_of_the_stage_is_kept_with_the_names_of_then(house: House, process: Process) -> None:
    lead = await process.lead(house)
    retirement_id = await retire_stage(house, process, "New", "Talk")
    await house.move_retiring(retirement_id)
    assert await places(house, lead.id) == [("Talk", ""), ("New", "")]


async def test_a_deleted_lead_is_held_by_nobody_any_more(house: House, process: Process) -> None:
    lead = await process.lead(house)
    await house.door.delete(lead.id)
    going_on = "SELECT count(*) FROM stage_assignments WHERE lead_id = :id AND ended_at IS NULL"
    assert await house.one(going_on, id=lead.id) == 0
    assert await house.one("SELECT count(*) FROM stage_assignments WHERE lead_id = :id", id=lead.id) == 1
    assert (await refusal(house.door.stage_assignments(lead.id))).reason == "LEAD_NOT_FOUND"


async def test_times_never_overlap_whoever_waited_for_whom(house: House, process: Process) -> None:
    lead = await process.lead(house)
    await asyncio.gather(*(house.door.update(lead.id, assigned_to=(ALICE, BOB)[place % 2]) for place in range(30)))
    assert len(await held(house, lead.id)) > 1


async def test_a_clock_that_goes_back_makes_no_time_of_less_than_nothing(
    house: House, process: Process, clock: TestClock
) -> None:
    lead = await process.lead(house)
    clock.ahead = timedelta(minutes=5)
    await house.door.update(lead.id, assigned_to=ALICE)
    clock.ahead = timedelta(0)
    await house.door.update(lead.id, assigned_to=BOB)
    assert await places(house, lead.id) == [("New", BOB), ("New", ALICE), ("New", "")]


async def test_a_lead_from_before_these_times_were_kept_begins_with_its_next_change(
    house: House, process: Process
) -> None:
    lead = await process.lead(house)
    await house.execute("DELETE FROM stage_assignments WHERE lead_id = :id", id=lead.id)
    await house.door.update(lead.id, title="Director")
    assert (await house.door.stage_assignments(lead.id)).total == 0
    await house.door.change_stage(lead.id, process.stages["Talk"])
    assert await places(house, lead.id) == [("Talk", "")]


async def test_they_come_in_pages_newest_first(house: House, process: Process) -> None:
    lead = await process.lead(house)
    owners = [str(new_id()) for _ in range(4)]
    for owner in owners:
        await house.door.update(lead.id, assigned_to=owner)
    pages = [await house.door.stage_assignments(lead.id, page=page, limit=2) for page in (1, 2, 3, 4)]
    found = [each.assigned_to for page in pages for each in page.assignments]
    assert (found, {page.total for page in pages}) == ([*owners[::-1], ""], {5})
    assert (await refusal(house.door.stage_assignments(lead.id, limit=101))).reason == "VALIDATION_FAILED"
    for unknown, reason in ((str(new_id()), "LEAD_NOT_FOUND"), ("x", "VALIDATION_FAILED")):
        assert (await refusal(house.door.stage_assignments(unknown))).reason == reason


async def test_where_owners_are_hidden_nobody_is_said(house: House, process: Process) -> None:
    await house.push(restricts(process.stages["Talk"], assignedTo=HIDDEN))
    lead = await process.lead(house, assigned_to=BOB)
    await house.door.change_stage(lead.id, process.stages["Talk"])
    assert await places(house, lead.id) == [("Talk", ""), ("New", "")]
    seen = (await as_admin(house).stage_assignments(lead.id)).assignments
    assert [each.assigned_to for each in seen] == [BOB, BOB]
