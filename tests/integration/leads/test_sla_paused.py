"""Clocks that stand still, through the gRPC door: what is answered, listed, summed up, and told to the clock."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta

import pytest
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from tests.integration.leads.conftest import TestClock
from tests.integration.leads.pushing import House, open_house

BREACHED = pb.MILESTONE_KIND_BREACHED


def pausing(configuration: configuration_service_pb2.Configuration) -> None:
    """Stand still at Contacted, and count nothing but activities as an answer."""
    stage = next(each.id for each in configuration.stages if each.name == "Contacted")
    document = json.loads(configuration.settings.document)
    document["sla"]["policies"][0]["pauseAtStages"] = [stage]
    document["sla"]["firstResponseOn"] = ["activity"]
    configuration.settings.document = json.dumps(document)


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[House]:
    async with open_house(create_database("paused"), configuration, clock) as opened:
        await opened.push(pausing)
        yield opened


async def test_a_lead_at_a_pausing_stage_waits_with_the_time_that_it_has_left(house: House, clock: TestClock) -> None:
    door = house.door
    lead, other = await door.create(last_name="Paused"), await door.create(last_name="Other")
    promised = await door.lead_sla(lead.id)
    clock.ahead = timedelta(hours=1)
    await door.change_stage(lead.id, door.stage("Contacted"))
    clock.ahead = timedelta(hours=100)
    sla = await door.lead_sla(lead.id)
    assert (sla.status, sla.time_remaining) in {("paused", "2h 59m"), ("paused", "3h 0m")}
    found = {
        status: {each.id for each in (await door.find(sla_statuses=[status])).leads}
        for status in ("paused", "breached", "at_risk", "on_track", "no_sla")
    }
    assert {status: ids for status, ids in found.items() if ids} == {"paused": {lead.id}, "breached": {other.id}}
    summary = await door.ask(door.sla_stub.GetSlaSummary, pb.GetSlaSummaryRequest())
    assert (summary.total, summary.within_sla, summary.at_risk, summary.breached) == (2, 1, 0, 1)

    answer = await door.record(lead.id, BREACHED)
    assert answer.outcome == pb.MILESTONE_OUTCOME_NOT_DUE
    assert not answer.clock.HasField("at_risk_at")
    assert not answer.clock.HasField("deadline")

    await door.change_stage(lead.id, door.stage("New"))
    moved = await door.lead_sla(lead.id)
    shift = moved.response_deadline.ToDatetime(UTC) - promised.response_deadline.ToDatetime(UTC)
    assert timedelta(hours=99) <= shift < timedelta(hours=99, minutes=1)
    assert moved.status == "on_track"
    clocks = [order["clock"] for order in await house.ordered("sla_clock") if order["lead_id"] == lead.id]
    assert [(each["version"], each["paused"], bool(each["deadline"])) for each in clocks] == [
        (1, False, True),
        (2, True, False),
        (3, False, True),
    ]


async def test_an_answer_while_the_clock_stands_still_is_in_time(house: House, clock: TestClock) -> None:
    door = house.door
    lead = await door.create(last_name="Answered", stage_id=door.stage("Contacted"))
    assert (await door.lead_sla(lead.id)).status == "paused"
    clock.ahead = timedelta(hours=100)
    await door.log(lead.id)
    assert (await door.lead_sla(lead.id)).status == "met"
