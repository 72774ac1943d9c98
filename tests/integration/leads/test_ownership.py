"""Who gets the leads that enter a stage, through the gRPC door: fair, also for many at once and on two instances."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
from leadline.leads.v1 import conversion_service_pb2 as conversion
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, new_process
from tests.integration.leads.pushing import House, instance, open_house
from tests.integration.leads.stage_rules import LEAST_LOADED, ROUND_ROBIN, asks, belongs_to, shares
from tests.support.tokens import USER_ID


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("ownership"), configuration, clock) as opened:
        yield opened


@pytest.fixture
async def process(house: House) -> Process:
    return await new_process(house, "New", "Talk", "Won", "Lost")


def people(count: int) -> list[str]:
    return [str(new_id()) for _ in range(count)]


def spread(leads: list[lead_pb2.Lead], members: list[str]) -> int:
    """By how many leads the members differ; nobody else has any."""
    counts = Counter(dict.fromkeys(members, 0))
    counts.update(lead.assigned_to for lead in leads)
    assert set(counts) == set(members)
    return max(counts.values()) - min(counts.values())


async def test_fifty_leads_that_come_in_at_once_are_shared_out_in_turn(house: House, process: Process) -> None:
    members = people(4)
    await house.push(shares(process.stages["New"], ROUND_ROBIN, members))
    leads = await asyncio.gather(*(process.lead(house) for _ in range(50)))
    assert spread(leads, members) == 1


async def test_fifty_leads_that_come_in_at_once_go_to_whoever_has_the_fewest(house: House, process: Process) -> None:
    busy, *others = members = people(3)
    await asyncio.gather(*(process.lead(house, assigned_to=busy) for _ in range(10)))
    deleted = await process.lead(house, assigned_to=others[0])
    await house.door.delete(deleted.id)
    await house.push(shares(process.stages["New"], LEAST_LOADED, members))
    leads = await asyncio.gather(*(process.lead(house) for _ in range(50)))
    assert Counter(lead.assigned_to for lead in leads) == {busy: 10, others[0]: 20, others[1]: 20}


@pytest.mark.parametrize("strategy", [ROUND_ROBIN, LEAST_LOADED])
async def test_on_every_path_and_on_two_instances_nobody_is_passed_over(
    house: House, process: Process, clock: TestClock, strategy: int
) -> None:
    members, stage = people(3), process.stages["Talk"]
    leads = await asyncio.gather(*(process.lead(house) for _ in range(60)))
    ids = [lead.id for lead in leads]
    await house.push(shares(stage, strategy, members))  # type: ignore[arg-type]
    async with instance(house.url, house.address, clock, house.settings) as other:
        doors = (house.door, other)
        await asyncio.gather(
            *(doors[place % 2].change_stage(lead_id, stage) for place, lead_id in enumerate(ids[:20])),
            *(doors[place % 2].update(lead_id, stage_id=stage) for place, lead_id in enumerate(ids[20:40])),
            house.door.change_many(ids[40:50], stage_id=stage),
            other.change_many(ids[50:], atomic=True, stage_id=stage),
            *(process.lead(house, "Talk") for _ in range(10)),
        )
    there = (await house.door.find(stage_ids=[stage], limit=100)).leads
    assert len(there) == 70
    assert spread(list(there), members) <= 1


async def test_whoever_is_refused_takes_no_turn(house: House, process: Process) -> None:
    members, stage = people(2), process.stages["Talk"]
    await house.push(shares(stage, ROUND_ROBIN, members), asks(stage, "budget", "number"))
    lead = await process.lead(house)
    first = await house.door.create(
        last_name="J", pipeline_id=process.id, stage_id=stage, stage_field_values={"budget": 1}
    )
    for attempt in (house.door.change_stage(lead.id, stage), process.lead(house, "Talk")):
        with pytest.raises(LeadlineError):
            await attempt
    await house.door.change_many([lead.id], stage_id=stage)
    second = await house.door.change_stage(lead.id, stage, budget=1)
    assert [first.assigned_to, second.assigned_to] == members


async def test_a_named_owner_wins_and_takes_no_turn(house: House, process: Process) -> None:
    members, stage, chosen = people(2), process.stages["Talk"], str(new_id())
    await house.push(shares(stage, ROUND_ROBIN, members))
    first = await process.lead(house, "Talk")
    named = await process.lead(house, "Talk", assigned_to=chosen)
    lead = await process.lead(house)
    nobody = await house.door.update(lead.id, stage_id=stage, assigned_to=None)
    second = await process.lead(house, "Talk")
    assert (named.assigned_to, nobody.HasField("assigned_to")) == (chosen, False)
    assert [first.assigned_to, second.assigned_to] == members


async def test_whoever_stays_takes_no_turn(house: House, process: Process) -> None:
    members, stage = people(2), process.stages["Talk"]
    await house.push(shares(stage, ROUND_ROBIN, members))
    first = await process.lead(house, "Talk")
    await house.door.update(first.id, title="Director", stage_id=stage)
    await house.door.change_stage(first.id, stage)
    second = await process.lead(house, "Talk")
    assert [first.assigned_to, second.assigned_to] == members
    assert (await house.door.get(first.id)).assigned_to == members[0]


async def test_a_stages_owner_gets_all_and_it_is_told_as_any_assignment(house: House, process: Process) -> None:
    owner, stage = str(new_id()), process.stages["Talk"]
    await house.push(belongs_to(stage, owner))
    lead = await process.lead(house)
    moved = await house.door.change_stage(lead.id, stage)
    assert moved.assigned_to == owner
    told = {each.type: each for each in await house.door.activities(lead.id)}["assigned"]
    assert (json.loads(told.metadata), told.performed_by) == ({"assignedTo": owner, "by": "stage"}, str(USER_ID))
    entries = {entry.field: entry for entry in await house.door.history(lead.id)}
    assert (entries["assignedTo"].new_value, entries["assignedTo"].old_value) == (json.dumps(owner), "null")
    assert entries["assignedTo"].change_id == entries["stageId"].change_id


async def test_members_who_change_share_out_what_comes_from_then_on(house: House, process: Process) -> None:
    members, stage = people(3), process.stages["New"]
    await house.push(shares(stage, ROUND_ROBIN, members))
    await asyncio.gather(*(process.lead(house) for _ in range(5)))
    newcomers = [members[0], *people(1)]
    await house.push(shares(stage, ROUND_ROBIN, newcomers))
    assert spread(list(await asyncio.gather(*(process.lead(house) for _ in range(10)))), newcomers) == 0


async def test_a_required_owner_is_whom_the_stage_gives(house: House, process: Process) -> None:
    members, stage = people(1), process.stages["Talk"]
    await house.push(shares(stage, ROUND_ROBIN, members), asks(stage, "assignedTo"))
    lead = await process.lead(house)
    assert (await house.door.change_stage(lead.id, stage)).assigned_to == members[0]


async def test_conversions_and_disqualifications_assign_nobody(house: House, process: Process) -> None:
    await house.push(*(belongs_to(process.stages[name], str(new_id())) for name in ("Won", "Lost")))
    lead = await process.lead(house, estimated_value="5")
    started = await house.door.convert(lead.id)
    await house.door.as_saga(
        house.door.conversion_stub.CompleteConversion, conversion.CompleteConversionRequest(conversion_id=started.id)
    )
    after = await house.door.get(lead.id)
    assert (after.stage_name, after.HasField("assigned_to")) == ("Won", False)
    request = pb.DisqualifyLeadRequest(lead_id=(await process.lead(house)).id, reason="no_budget")
    lost = (await house.door.ask(house.door.lead_stub.DisqualifyLead, request)).lead
    assert (lost.stage_name, lost.HasField("assigned_to")) == ("Lost", False)
