"""A day on which nothing ran: afterwards all that fell due is recorded once, in order, with its times, and as late."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1 import timeline_service_pb2 as timeline
from leadline.settings.v1 import configuration_service_pb2

from tests.integration.leads.coming_back import check_breaches
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.notified import CAROL, TYPES, escalating, everything
from tests.integration.leads.pushing import House, open_house

EVERY_MILESTONE = [
    (pb.MILESTONE_KIND_AT_RISK, 0),
    (pb.MILESTONE_KIND_BREACHED, 0),
    (pb.MILESTONE_KIND_ESCALATION, 0),
    (pb.MILESTONE_KIND_ESCALATION, 1),
]
A_DAY = timedelta(days=1)
# After the lead's creation; escalations an hour and two after the deadline.
DUE = [timedelta(hours=2.4), *(timedelta(hours=each) for each in (4, 5, 6))]


@pytest.fixture(scope="module")
async def opened(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("day_of_standstill"), configuration, clock) as house:
        await house.push(escalating)
        yield house


@pytest.fixture
async def house(opened: House) -> House:
    """A house without anything due in it, and nobody to be told of anything."""
    await opened.execute("UPDATE leads SET deleted_at = now() WHERE deleted_at IS NULL")
    await opened.execute("DELETE FROM notifications")
    return opened


async def test_clocks_that_come_back_in_any_order_and_checks_record_the_same(house: House, clock: TestClock) -> None:
    orders = list(permutations(EVERY_MILESTONE))
    leads = await asyncio.gather(*(house.door.create(last_name="Johnson") for _ in range(len(orders) + 10)))
    clock.ahead = A_DAY
    # The last ten have no clock any more.
    told = zip(leads, orders, strict=False)
    await asyncio.gather(*(tell(house, lead.id, order) for lead, order in told), check_breaches(house.door))
    await check_breaches(house.door)
    for lead in leads:
        await require_recorded_late(house, lead, clock())
    for lead, order in zip(leads, reversed(orders), strict=False):
        await tell(house, lead.id, order, outcome=pb.MILESTONE_OUTCOME_ALREADY_RECORDED)
    assert await check_breaches(house.door) == pb.CheckBreachesResponse()
    assert len(await everything(house.door, limit=500)) == 4 * len(leads)


async def tell(house: House, lead_id: str, order: tuple[tuple[int, int], ...], *, outcome: int | None = None) -> None:
    """As a clock does that goes on after a restart, one milestone after the other."""
    for kind, index in order:
        said = (await house.door.record(lead_id, kind, index)).outcome
        assert outcome in {None, said}


async def require_recorded_late(house: House, lead: lead_pb2.Lead, now: datetime) -> None:
    created = lead.created_at.ToDatetime(UTC)
    recorded = await recorded_of(house, lead)
    assert [each.type for each in recorded] == TYPES
    assert [each.occurred_at.ToDatetime(UTC) for each in recorded] == [created + after for after in DUE]
    for each in recorded:
        metadata = json.loads(each.metadata)
        assert metadata["recordedLate"] is True
        assert datetime.fromisoformat(metadata["recordedAt"]) == each.created_at.ToDatetime(UTC)
        assert created + A_DAY <= each.created_at.ToDatetime(UTC) <= now
    assert (await house.door.get(lead.id)).assigned_to == CAROL


async def test_what_comes_due_after_that_is_in_time_again(house: House, clock: TestClock) -> None:
    stopped = await house.door.create(last_name="Johnson")
    clock.ahead = A_DAY
    await tell(house, stopped.id, tuple(EVERY_MILESTONE))
    fresh = await house.door.create(last_name="Johnson")
    clock.ahead = A_DAY + DUE[0]
    await tell(house, fresh.id, tuple(EVERY_MILESTONE[:1]))
    assert [is_late(each) for each in await recorded_of(house, stopped)] == 4 * [True]
    assert [is_late(each) for each in await recorded_of(house, fresh)] == [False]


async def recorded_of(house: House, lead: lead_pb2.Lead) -> list[timeline.Activity]:
    return [each for each in reversed(await house.door.activities(lead.id)) if each.type in TYPES]


def is_late(activity: timeline.Activity) -> bool:
    return "recordedLate" in json.loads(activity.metadata)
