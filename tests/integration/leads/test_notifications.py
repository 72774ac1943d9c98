"""Notifications through the gRPC door: written with their milestone, once, and read by who may, by number."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import notification_service_pb2 as notifications
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import LeadlineError
from kit.ids import new_id
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from leads_service.domain.lead import Actor, Notification
from leads_service.domain.milestones import MilestoneKind
from leads_service.domain.settling import Situation
from leads_service.rpc import notification_servicer
from leads_service.store.tables import NOTIFICATIONS
from leads_service.usecases import notifications as reading
from leads_service.usecases import sla
from tests.integration.leads.coming_back import check_breaches, copies
from tests.integration.leads.conftest import TestClock, leads_settings
from tests.integration.leads.door import CLOCK_TOKEN, USER_TOKEN, Door, fields_at_fault, refusal
from tests.integration.leads.notified import (
    BOB,
    CAROL,
    TYPES,
    escalating,
    everything,
    listed,
    newest,
    next_of,
    watched,
    written,
)
from tests.integration.leads.pushing import House, instance, open_house
from tests.support.waiting import eventually

AT_RISK, BREACHED = pb.MILESTONE_KIND_AT_RISK, pb.MILESTONE_KIND_BREACHED
ESCALATION = pb.MILESTONE_KIND_ESCALATION
EVERY_MILESTONE = [(AT_RISK, 0), (BREACHED, 0), (ESCALATION, 0), (ESCALATION, 1)]
ALICE = str(new_id())
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def opened(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("notifications"), configuration, clock) as house:
        await house.push(escalating)
        yield house


@pytest.fixture
async def house(opened: House) -> House:
    """A house without anything due in it, and nobody to be told of anything."""
    await opened.execute("UPDATE leads SET deleted_at = now() WHERE deleted_at IS NULL")
    await opened.execute("DELETE FROM notifications")
    return opened


async def some(house: House, count: int) -> list[str]:
    """Write so many notifications past the service, which is not told of them."""
    ids = [str(new_id()) for _ in range(count)]
    await house.execute(
        "INSERT INTO notifications (id, type, lead_id, lead_name, recipient_ids, title, metadata, occurred_at, "
        "created_at) SELECT id, 'sla_breached', id, 'Johnson', '{}', 'Overdue', '{}', now(), now() "
        "FROM unnest(CAST(:ids AS uuid[])) AS made (id)",
        ids=ids,
    )
    return ids


async def test_with_each_milestone_its_people_are_told_what_its_activity_says(house: House, clock: TestClock) -> None:
    door = house.door
    lead = await door.create(first_name="Alice", last_name="Johnson", company="StartupIO", assigned_to=ALICE)
    promised = await door.lead_sla(lead.id)
    clock.ahead = 9 * HOUR
    for kind, index in EVERY_MILESTONE:
        await door.record(lead.id, kind, index)
    told = await everything(door)
    assert [each.type for each in told] == TYPES
    assert [list(each.recipient_ids) for each in told] == [[ALICE], [ALICE], [BOB, ALICE], [CAROL, BOB]]
    assert {(each.lead_id, each.lead_name) for each in told} == {(lead.id, "Alice Johnson")}
    assert told[1].title == "The first response to Alice Johnson is overdue"
    assert [told[0].occurred_at, told[1].occurred_at] == [promised.at_risk_at, promised.response_deadline]
    activities = [each for each in reversed(await door.activities(lead.id)) if each.type in TYPES]
    assert [(json.loads(each.metadata), each.occurred_at, each.created_at) for each in told] == [
        (json.loads(each.metadata), each.occurred_at, each.created_at) for each in activities
    ]
    assert json.loads(told[0].metadata)["recordedLate"] is True


async def test_nobody_is_told_of_what_is_refused(house: House, clock: TestClock) -> None:
    door = house.door
    waiting, answered, gone = [await door.create() for _ in range(3)]
    await door.log(answered.id)
    await door.delete(gone.id)
    await door.record(waiting.id, AT_RISK)
    clock.ahead = 9 * HOUR
    for lead in (answered, gone):
        for kind, index in EVERY_MILESTONE:
            await door.record(lead.id, kind, index)
    assert (await refusal(door.record(str(new_id()), BREACHED))).reason == "LEAD_NOT_FOUND"
    assert await written(house) == 0


async def test_what_is_told_and_what_happened_are_written_both_or_neither(house: House, clock: TestClock) -> None:
    lead = await house.door.create()
    clock.ahead = 5 * HOUR
    situation = Situation(house.configuration, Actor(None), clock())
    with pytest.raises(ZeroDivisionError):
        async with house.database.transaction() as tx:
            await sla.record_milestone(tx, UUID(lead.id), MilestoneKind.BREACHED, 0, situation)
            assert (await tx.execute(sa.select(sa.func.count()).select_from(NOTIFICATIONS))).scalar_one() == 2
            raise ZeroDivisionError
    assert await written(house) == 0
    assert not {*TYPES} & {*await house.door.happened(lead.id)}
    await house.door.record(lead.id, BREACHED)
    assert [each.type for each in await everything(house.door)] == TYPES[:2]


async def test_clocks_again_and_again_and_checks_all_at_once_tell_each_thing_once(
    house: House, clock: TestClock
) -> None:
    lead = await house.door.create(last_name="Johnson", assigned_to=ALICE)
    ids = [lead.id, *await copies(house, lead, 149)]
    clock.ahead = 9 * HOUR
    told = [(each, kind, index) for each in ids[:40] for kind, index in EVERY_MILESTONE * 2]
    random.shuffle(told)
    await asyncio.gather(*(check_breaches(house.door) for _ in range(2)), *(house.door.record(*each) for each in told))
    await check_breaches(house.door)
    found = await everything(house.door)
    assert Counter((each.lead_id, each.type) for each in found) == {
        (lead_id, kind): count for lead_id in ids for kind, count in Counter(TYPES).items()
    }
    for lead_id in ids:
        of_lead = [(each.type, *each.recipient_ids) for each in found if each.lead_id == lead_id]
        assert of_lead == [
            ("sla_at_risk", ALICE),
            ("sla_breached", ALICE),
            ("sla_escalated", BOB, ALICE),
            ("sla_escalated", CAROL, BOB),
        ]


async def test_a_page_goes_on_behind_the_number_of_the_last_one(house: House) -> None:
    ids = await some(house, 230)
    assert len((await listed(house.door)).notifications) == 100
    pages = await everything(house.door, limit=70)
    assert [each.id for each in pages] == ids
    assert await everything(house.door, pages[99].number) == pages[100:]


async def test_a_limit_or_a_place_that_cannot_be_is_named(house: House) -> None:
    await some(house, 1)
    last = await newest(house.door)
    for limit in (-1, 501):
        assert fields_at_fault(await refusal(listed(house.door, limit=limit))) == {("limit", "OUT_OF_RANGE")}
    for after in (-1, last + 1):
        # Who goes on from there would take what comes next for known.
        assert fields_at_fault(await refusal(listed(house.door, after))) == {("afterNumber", "OUT_OF_RANGE")}
        assert fields_at_fault(await refusal(anext(watched(house.door, after)))) == {("afterNumber", "OUT_OF_RANGE")}
    assert not (await listed(house.door, last)).notifications


@pytest.mark.parametrize("sent", [USER_TOKEN, CLOCK_TOKEN])
async def test_only_who_has_the_permission_reads(house: House, sent: str) -> None:
    await some(house, 1)
    for attempt in (listed(house.door, sent=sent), anext(watched(house.door, sent=sent))):
        error = await refusal(attempt)
        assert (error.reason, error.metadata) == ("PERMISSION_MISSING", {"permission": "notifications:read"})


async def test_who_watches_is_told_at_once_at_every_instance(
    house: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is the notice that tells, not looking now and then.
    monkeypatch.setattr(notification_servicer, "_LOOK_EVERY_SECONDS", 60.0)
    lead = await house.door.create(last_name="Johnson", assigned_to=ALICE)
    clock.ahead = 5 * HOUR
    async with (
        instance(house.url, house.address, clock, house.settings) as elsewhere,
        asyncio.timeout(10),
        aclosing(watched(house.door)) as one,
        aclosing(watched(elsewhere)) as other,
    ):
        waiting = [asyncio.create_task(next_of(each, 2)) for each in (one, other)]
        await eventually(lambda: listening(house), lambda count: count == 2)
        await house.door.record(lead.id, BREACHED)
        first, second = await asyncio.gather(*waiting)
    assert [each.type for each in first] == TYPES[:2]
    assert first == second


async def listening(house: House) -> int:
    return int(
        await house.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name = 'leadline listen notifications'"
        )
    )


async def test_a_notice_that_was_lost_is_made_up_for_by_looking(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    next_behind = reading.next_behind

    async def counted(*given: Any) -> list[Notification]:
        nonlocal looks
        looks += 1
        return await next_behind(*given)

    async def looked() -> int:
        return looks

    monkeypatch.setattr(reading, "next_behind", counted)
    async with aclosing(watched(house.door)) as watching, asyncio.timeout(10):
        (first,) = await some(house, 1)
        assert [each.id for each in await next_of(watching, 1)] == [first]
        before = looks
        # It has found nothing more, and waits for a notice that does not come.
        await eventually(looked, lambda count: count > before)
        (second,) = await some(house, 1)
        assert [each.id for each in await next_of(watching, 1)] == [second]


async def test_many_come_in_messages_of_a_hundred(house: House) -> None:
    ids = await some(house, 230)
    async with aclosing(watched(house.door)) as watching:
        sizes = [len((await anext(watching)).notifications) for _ in range(3)]
    assert (sizes, len(ids)) == ([100, 100, 30], 230)


async def test_a_reader_that_was_cut_off_goes_on_from_its_number(house: House) -> None:
    ids = await some(house, 130)
    async with aclosing(watched(house.door)) as watching:
        seen = await next_of(watching, 100)
    async with aclosing(watched(house.door, seen[-1].number)) as again:
        seen += await next_of(again, 30)
    assert [each.id for each in seen] == ids


async def test_the_callers_deadline_ends_the_stream(house: House) -> None:
    await some(house, 1)
    watching = watched(house.door, seconds=1)
    assert len(await next_of(watching, 1)) == 1
    assert (await refusal(anext(watching))).reason == "DEADLINE_EXCEEDED"
    assert len((await listed(house.door)).notifications) == 1


async def test_a_service_that_ends_lets_those_go_who_watch(house: House, clock: TestClock) -> None:
    ids = await some(house, 2)
    serving = leads_main.leads_server(leads_settings(house.url, house.address), clock)
    async with serving as server, open_channel(await server.start()) as channel:
        await eventually(lambda: is_serving(channel))
        watching = watched(Door(channel, house.settings.current))
        assert [each.id for each in await next_of(watching, 2)] == ids
        end = asyncio.create_task(end_of(watching))
        started = time.monotonic()
        await server.stop()
        # Otherwise it would wait until its patience ends, and cut them off.
        assert time.monotonic() - started < 4
        assert await end is None


async def end_of(watching: Any) -> LeadlineError | notifications.WatchNotificationsResponse | None:
    """How a stream goes on: with a message, an error, or nothing where it ends well."""
    try:
        return await anext(watching, None)
    except LeadlineError as error:
        return error
