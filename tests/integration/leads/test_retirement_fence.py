"""Nothing gets into what is being deleted, whatever its writer knew when it began."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2, retirement_pb2

from kit.clock import utc_now
from kit.errors import LeadlineError
from kit.ids import new_id
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Actor, Lead
from leads_service.domain.settling import Situation
from leads_service.usecases.leads import change_stage, create_lead
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, gone, new_process, retire, retire_stage
from tests.integration.leads.door import refusal
from tests.integration.leads.pushing import House, instance, open_house
from tests.support.waiting import eventually

COPY = """
    INSERT INTO leads (id, last_name, priority, pipeline_id, stage_id, custom_fields, stage_field_values, status, score,
                       score_breakdown, qualified, version, created_by, created_at, updated_at)
    SELECT %(new)s, last_name, priority, pipeline_id, stage_id, custom_fields, stage_field_values, status, score,
           score_breakdown, qualified, version, created_by, created_at, updated_at
    FROM leads WHERE id = %(id)s
"""
ASK = "SELECT NOT EXISTS (SELECT FROM closed_entries WHERE kind = 'stage' AND entry = %s)"


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str],
    configuration: configuration_service_pb2.Configuration,
    clock: TestClock,
) -> AsyncIterator[House]:
    async with open_house(create_database("retirement_fence"), configuration, clock) as opened:
        yield opened


@asynccontextmanager
async def somebody(house: House) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody with a transaction that stays open until it is committed."""
    async with await psycopg.AsyncConnection.connect(house.url) as connection:
        yield connection


def by(configuration: Configuration) -> Situation:
    """Somebody who works by this configuration."""
    return Situation(configuration, Actor(new_id()), utc_now())


async def create_by(house: House, configuration: Configuration, **given: Any) -> Lead:
    async with house.database.transaction() as tx:
        return await create_lead(tx, {"last_name": "J", **given}, new_id(), by(configuration))


async def test_whoever_began_to_write_before_is_waited_for_and_counted(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    lead = await process.lead(house, "Talk")
    async with somebody(house) as writer:
        await writer.execute(COPY, {"new": new_id(), "id": lead.id})
        retirement_id = await retire_stage(house, process, "Talk", "New")
        assert (await refusal(house.count_retiring(retirement_id))).reason == "PART_UNAVAILABLE"
        await writer.commit()
        assert await house.count_retiring(retirement_id) == (2, 0)


async def test_whoever_asked_before_and_writes_afterwards_is_waited_for_and_counted(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    lead = await process.lead(house, "Talk")
    async with somebody(house) as writer:
        asked = await (await writer.execute(ASK, [process.stages["Talk"]])).fetchone()
        assert asked == (True,)
        retirement_id = await retire_stage(house, process, "Talk", "New")
        await writer.execute(COPY, {"new": new_id(), "id": lead.id})
        assert (await refusal(house.count_retiring(retirement_id))).reason == "PART_UNAVAILABLE"
        counting = asyncio.create_task(house.count_retiring(retirement_id))
        await writer.commit()
        assert await counting == (2, 0)


async def test_whoever_only_reads_is_not_waited_for(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    async with somebody(house) as reader:
        await reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in ("closed_entries", "leads", "team_members"):
            await reader.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table)))
        retirement_id = await retire_stage(house, process, "Talk", "New")
        assert await house.count_retiring(retirement_id) == (0, 0)


async def test_a_writer_with_an_older_configuration_is_refused_during_the_deletion_and_after_it(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    older = house.configuration
    lead = await process.lead(house, "New")
    retirement_id = await retire_stage(house, process, "Talk", "New")

    async def enter(configuration: Configuration) -> None:
        async with house.database.transaction() as tx:
            stage_id = UUID(process.stages["Talk"])
            await change_stage(tx, UUID(lead.id), stage_id, {}, expected_version=None, situation=by(configuration))

    at_talk = {"pipeline_id": process.id, "stage_id": process.stages["Talk"]}
    for attempt in (enter(older), create_by(house, older, **at_talk)):
        assert (await refusal(attempt)).reason == "RETIRING"
    await house.count_retiring(retirement_id)
    await house.move_retiring(retirement_id)
    await house.end_retirement(retirement_id, house.settings.current.revision + 1)
    for attempt in (enter(older), create_by(house, older, **at_talk)):
        assert (await refusal(attempt)).reason == "RETIRING"
    assert (await house.door.get(lead.id)).stage_id == process.stages["New"]
    await house.push(gone(retirement_id))


async def test_a_name_that_is_made_again_is_open_to_those_who_know_of_that(house: House) -> None:
    name = f"source_{new_id()}"

    def with_source(configuration: configuration_service_pb2.Configuration) -> None:
        configuration.sources.add(id=str(new_id()), name=name, label=name, is_active=True)

    await house.push(with_source)
    older = house.configuration
    kind = retirement_pb2.RETIREMENT_KIND_SOURCE
    retirement_id = await retire(house, kind, (str(new_id()), name))
    assert (await refusal(house.door.create(last_name="J", source=name))).reason == "RETIRING"
    await house.end_retirement(retirement_id, house.settings.current.revision + 1)
    await house.push(gone(retirement_id))
    assert (await house.door.create(last_name="J", source=name)).source == name
    assert (await refusal(create_by(house, older, source=name))).reason == "RETIRING"
    older = house.configuration
    again = await retire(house, kind, (str(new_id()), name))
    for attempt in (house.door.create(last_name="J", source=name), create_by(house, older, source=name)):
        assert (await refusal(attempt)).reason == "RETIRING"
    await house.end_retirement(again)
    await house.push(gone(again))
    assert (await house.door.create(last_name="J", source=name)).source == name


async def test_a_target_that_is_being_deleted_itself_takes_nothing(house: House) -> None:
    process = await new_process(house, "New", "Talk", "Offer")
    lead = await process.lead(house, "Talk")
    first = await retire_stage(house, process, "Talk", "Offer")
    await retire_stage(house, process, "Offer", "New")
    assert (await refusal(house.move_retiring(first))).reason == "RETIRING"
    assert (await house.door.get(lead.id)).stage_id == process.stages["Talk"]


async def test_of_those_who_come_in_meanwhile_through_two_instances_none_is_left_behind(
    house: House, clock: TestClock
) -> None:
    process = await new_process(house, "New", "Talk")
    created: list[lead_pb2.Lead] = []

    async def come_in(door: Any) -> None:
        """Leads for the stage by name, until it is closed."""
        while True:
            try:
                created.append(await process_lead(process, door))
            except LeadlineError as error:
                assert error.reason == "RETIRING"  # noqa: PT017 - any other refusal is a failure
                return

    async def enough() -> bool:
        return len(created) > 20

    async def delete() -> None:
        await eventually(enough)
        retirement_id = await retire_stage(house, process, "Talk", "New")
        total, _ = await counted(house, retirement_id)
        while (await house.move_retiring(retirement_id, 7))[1]:
            pass
        assert total == len(created)

    async with instance(house.url, house.address, clock, house.settings) as other:
        await asyncio.gather(delete(), *(come_in(door) for door in (house.door, other) for _ in range(4)))
    stages = await house.rows("SELECT stage_id FROM leads WHERE pipeline_id = :id", id=process.id)
    assert {str(row.stage_id) for row in stages} == {process.stages["New"]}
    assert len(stages) == len(created)


async def process_lead(process: Process, door: Any) -> lead_pb2.Lead:
    return await door.create(last_name="J", pipeline_id=process.id, stage_id=process.stages["Talk"])  # type: ignore[no-any-return]


async def counted(house: House, retirement_id: str) -> tuple[int, int]:
    while True:
        try:
            return await house.count_retiring(retirement_id)
        except LeadlineError as error:
            assert error.reason == "PART_UNAVAILABLE"  # noqa: PT017 - any other refusal is a failure
