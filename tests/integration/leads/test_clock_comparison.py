"""Clocks that got lost, whose lead got lost, or that know another deadline: found and mended, each once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from leadline.leads.v1 import lead_pb2
from leadline.settings.v1 import configuration_service_pb2
from temporalio.common import SearchAttributeKey

from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.contracts.clock_check import CheckStep, ClockCheckProgress
from leadline_workflows.runtime.schedules import ensure_schedules
from tests.integration.leads.clockwork import Clockwork, instant, open_clockwork
from tests.integration.leads.coming_back import check_breaches, disqualify
from tests.integration.leads.conftest import TestClock
from tests.support.waiting import eventually

HOUR = timedelta(hours=1)
DEADLINE = SearchAttributeKey.for_datetime(search_attributes.SLA_DEADLINE)


@pytest.fixture(scope="module")
async def opened(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[Clockwork]:
    async with open_clockwork(create_database("clock_comparison"), configuration, clock) as clockwork:
        yield clockwork


@pytest.fixture
async def works(opened: Clockwork) -> AsyncIterator[Clockwork]:
    """A clockwork that runs, without a lead."""
    async with opened.relay(), opened.working():
        yield opened
        await opened.house.execute("UPDATE leads SET deleted_at = now(), clock_closed_by = 'deleted'")
        await opened.check()
        await opened.delivered()
        await opened.listed(0)


def told(progress: ClockCheckProgress) -> dict[str, int]:
    """What a check found and did, but for what is 0."""
    counts = ("missed", "without_run", "without_lead", "different", "silent", "repaired")
    return {name: getattr(progress, name) for name in counts if getattr(progress, name)}


async def waiting(works: Clockwork, count: int) -> list[lead_pb2.Lead]:
    """Leads whose clocks run, and are seen to."""
    leads = await works.leads(count)
    await works.are_all_running(leads)
    await works.delivered()
    await works.listed(count)
    return leads


async def test_where_all_is_as_it_should_be_nothing_is_repaired(works: Clockwork) -> None:
    await waiting(works, 5)
    found = await works.check()
    assert (found.step, found.leads, found.runs, told(found)) == (CheckStep.OVER, 5, 5, {})


async def test_a_lead_whose_run_was_terminated_has_a_clock_again_before_anything_is_due(works: Clockwork) -> None:
    lost, kept = await waiting(works, 2)
    before = (await works.run(kept).describe()).run_id
    await works.run(lost).terminate()
    assert told(await works.check()) == {"without_run": 1, "repaired": 1}
    await works.are_all_running([lost, kept])
    assert (await works.shows(lost)).version == 2
    assert (await works.run(kept).describe()).run_id == before
    assert told(await works.check()) == {}


async def test_a_lead_created_a_moment_ago_is_not_repaired(works: Clockwork) -> None:
    """Neither lists of runs nor the relay are as quick as the check."""
    checks = [asyncio.create_task(works.check()) for _ in range(2)]
    leads = await works.leads(10)
    checks += [asyncio.create_task(works.check()) for _ in range(2)]
    assert [told(each) for each in await asyncio.gather(*checks)] == [{}] * 4
    await works.are_all_running(leads)
    assert {(await works.shows(lead)).version for lead in leads} == {1}


async def test_a_lead_whose_clock_is_ordered_and_not_delivered_is_left_alone(opened: Clockwork) -> None:
    async with opened.working():
        (lead,) = await opened.leads(1)
        assert told(await opened.check()) == {}
        assert [each.lead_id for each in await opened.list_clocks()] == []
        assert await opened.list_clocks(lead.id) == []
        await opened.house.door.delete(lead.id)
        async with opened.relay():
            await opened.delivered()


async def test_a_run_of_a_lead_that_there_is_not_any_more_comes_to_its_end(works: Clockwork) -> None:
    gone, kept = await waiting(works, 2)
    await works.forget(gone)
    assert told(await works.check()) == {"without_lead": 1}
    result = await works.run(gone).result()
    assert result["closed_by"] == "deleted"
    assert await works.is_running(kept)


async def test_a_run_whose_lead_waits_no_more_hears_so(works: Clockwork) -> None:
    (lead,) = await waiting(works, 1)
    await works.house.execute(
        "UPDATE leads SET clock_closed_by = 'answered', clock_version = 7, first_response_at = now()"
    )
    assert told(await works.check()) == {"different": 1, "repaired": 1}
    assert (await works.run(lead).result())["closed_by"] == "answered"
    assert told(await works.check()) == {}


async def test_a_run_that_knows_another_deadline_is_told(works: Clockwork, clock: TestClock) -> None:
    """As after an order that got lost, and as after an older database came back: then the run knows a newer clock."""
    moved, older = await waiting(works, 2)
    later = "UPDATE leads SET sla_deadline = sla_deadline + interval '1 hour', clock_version = 2 WHERE id = :id"
    await works.house.execute(later, id=moved.id)
    known = await works.shows(older)
    another = (instant(known.deadline) + HOUR).isoformat()
    await works.run(older).signal(names.CLOCK_CHANGED, replace(known, version=9, deadline=another))

    async def shown() -> object:
        runs = [run async for run in works.client.list_workflows(f"WorkflowId = '{names.lead_sla_id(older.id)}'")]
        return [run.typed_search_attributes.get(DEADLINE) for run in runs]

    await eventually(shown, lambda found: found == [instant(another)])
    assert told(await works.check()) == {"different": 2, "repaired": 2}
    for lead in (moved, older):
        await knows_its_deadline(works, lead)
    assert ((await works.shows(moved)).version, (await works.shows(older)).version) == (3, 10)
    assert told(await works.check()) == {}


async def knows_its_deadline(works: Clockwork, lead: lead_pb2.Lead) -> None:
    deadline = (await works.house.door.lead_sla(lead.id)).response_deadline.ToDatetime(UTC)

    async def known() -> bool:
        return instant((await works.shows(lead)).deadline) == deadline

    await eventually(known)


async def test_checks_at_the_same_time_repair_nothing_twice(works: Clockwork) -> None:
    leads = await waiting(works, 40)
    await asyncio.gather(*(works.run(lead).terminate() for lead in leads[:20]))
    await works.house.execute(
        "UPDATE leads SET sla_deadline = sla_deadline + interval '1 hour', clock_version = 2 WHERE id = ANY(:ids)",
        ids=[lead.id for lead in leads[20:30]],
    )
    checks = await asyncio.gather(*(works.check() for _ in range(4)))
    assert sum(each.repaired for each in checks) == 30
    await works.are_all_running(leads)
    await works.delivered()
    assert sorted({(await works.shows(lead)).version for lead in leads}) == [1, 2, 3]
    assert told(await works.check()) == {}


async def test_the_caller_hears_what_was_recorded_and_how_many_clocks_were_brought_back(
    works: Clockwork, clock: TestClock
) -> None:
    due, lost = await waiting(works, 2)
    await disqualify(works.house.door, due.id)
    await works.run(lost).terminate()
    answer = await check_breaches(works.house.door, wait=10, key="brought-back")
    assert (answer.checked, answer.repaired) == (0, 1)
    await works.are_all_running([lost])
    assert await check_breaches(works.house.door, wait=10, key="brought-back") == answer
    assert (await check_breaches(works.house.door, wait=10)).repaired == 0


async def test_the_schedule_brings_lost_clocks_back_by_itself(works: Clockwork) -> None:
    lost, kept = await waiting(works, 2)
    await works.run(lost).terminate()
    await ensure_schedules(works.client)
    schedule = works.client.get_schedule_handle(names.CLOCK_CHECK_SCHEDULE)
    await schedule.trigger()
    await works.are_all_running([lost, kept])
    assert ((await works.shows(lost)).version, (await works.shows(kept)).version) == (2, 1)
    await schedule.delete()


async def test_what_clocks_missed_is_recorded_by_a_check_alone(works: Clockwork, clock: TestClock) -> None:
    leads = await waiting(works, 3)
    await asyncio.gather(*(works.run(lead).terminate() for lead in leads))
    clock.ahead = 5 * HOUR
    found = await works.check()
    assert (found.missed, found.at_risk, found.breached, found.escalated, found.repaired) == (3, 3, 3, 0, 3)
    await works.are_all_running(leads)
    for lead in leads:
        happened = await works.house.door.happened(lead.id)
        assert (happened.count("sla_at_risk"), happened.count("sla_breached")) == (1, 1)
