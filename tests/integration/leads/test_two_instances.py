"""Two instances on one database agree, even where only one of them reaches the settings service."""

import asyncio
import operator
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from leadline_workflows.contracts.outbox import RESCORE, RETIREMENT
from tests.integration.leads.conftest import NOBODY, TestClock
from tests.integration.leads.deleting import new_process, retire_stage
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.pushing import House, default_priority, instance, open_house
from tests.support.waiting import eventually

Configuration = configuration_service_pb2.Configuration


@pytest.fixture
async def house(
    create_database: Callable[[str], str], configuration: Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database(f"two_instances_{new_id().hex}"), configuration, clock) as opened:
        yield opened


async def priority(door: Door) -> str:
    return (await door.create(last_name="Johnson")).priority


async def test_an_instance_that_has_lost_settings_follows_the_other_within_a_second(
    house: House, clock: TestClock
) -> None:
    async with instance(house.url, NOBODY, clock, house.settings) as cut_off:
        for name in ("high", "low", "critical"):
            house.settings.push(default_priority(name))
            for door in (house.door, cut_off):
                await eventually(partial(priority, door), partial(operator.eq, name), within=1)


async def test_what_is_being_deleted_is_closed_on_both_and_ordered_once(house: House, clock: TestClock) -> None:
    process = await new_process(house, "New", "Talk")
    # One is told by settings, one by the database alone.
    async with (
        instance(house.url, house.address, clock, house.settings) as told,
        instance(house.url, NOBODY, clock, house.settings) as cut_off,
    ):
        await retire_stage(house, process, "Talk", "New")
        for door in (house.door, told, cut_off):
            place = {"pipeline_id": process.id, "stage_id": process.stages["Talk"]}
            assert (await refusal(door.create(last_name="Johnson", **place))).reason == "RETIRING"
        await house.push(scores=True)
    assert (len(await house.ordered(RETIREMENT)), len(await house.ordered(RESCORE))) == (1, 1)


async def test_a_lost_notice_is_made_up_for(house: House, clock: TestClock) -> None:
    async with instance(house.url, NOBODY, clock, house.settings) as cut_off:
        # Whoever listens has its connection taken away, and is told of nothing until it has another one.
        await house.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'leadline listen configuration_copy' AND datname = current_database()"
        )
        house.settings.push(default_priority("high"))
        await eventually(lambda: priority(cut_off), lambda found: found == "high", within=5)


async def test_many_changes_at_once_end_in_the_newest_one_on_both_within_a_second(
    house: House, clock: TestClock
) -> None:
    async with instance(house.url, NOBODY, clock, house.settings) as cut_off:
        for name in ["low", "high", "medium"] * 100:
            house.settings.push(default_priority(name))
            await asyncio.sleep(0)
        house.settings.push(default_priority("critical"))
        for door in (house.door, cut_off):
            await eventually(partial(priority, door), lambda found: found == "critical", within=1)
        await eventually(house.kept_revision, lambda kept: kept == house.settings.current.revision, within=1)


async def test_an_instance_starts_from_what_the_other_has_kept_and_follows_it(house: House, clock: TestClock) -> None:
    await house.push(default_priority("low"))
    async with instance(house.url, NOBODY, clock, house.settings) as late:
        assert await priority(late) == "low"
