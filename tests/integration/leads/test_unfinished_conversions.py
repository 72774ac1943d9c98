"""What a conversion waits for, which are unfinished, and ordering those anew whose run is gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from kit.rpc.times import to_timestamp
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.converting import (
    RUNNING,
    UNCONVERTING,
    complete,
    complete_undoing,
    converted,
    convertible,
    fail,
    fail_undoing,
    newest,
    order_anew,
    report,
    unconvert,
    unfinished,
)
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house

SINCE = Timestamp(seconds=1_800_000_000)
WAIT = pb.ConversionWait(step="ensure contact", since=SINCE, reason="PART_UNAVAILABLE", message="The CRM is away.")


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("unfinished"), configuration, clock) as opened:
        yield opened


@pytest.fixture
def door(house: House) -> Door:
    return house.door


async def delivered(house: House) -> None:
    """The relay has delivered all orders."""
    await house.execute("DELETE FROM outbox")


async def orders(house: House) -> list[tuple[str, str]]:
    """The orders of conversions and of undoing them: kind and conversion."""
    rows = await house.rows("SELECT kind, payload->>'conversion_id' AS id FROM outbox WHERE kind <> 'sla_clock'")
    return [(row.kind, row.id) for row in rows]


async def test_what_it_waits_for_is_shown_until_it_goes_on_or_ends(door: Door) -> None:
    lead = await convertible(door)
    begun = await door.convert(lead.id)
    assert not begun.HasField("waits")
    await report(door, begun.id, WAIT)
    assert (await newest(door, lead.id)).waits == WAIT
    other = pb.ConversionWait(step="x" * 200, since=SINCE, reason="INTERNAL", message="y" * 2_000)
    await report(door, begun.id, other)
    shown = (await newest(door, lead.id)).waits
    assert (len(shown.step), len(shown.message), shown.since) == (100, 500, SINCE)
    await report(door, begun.id, None)
    assert await newest(door, lead.id) == begun
    await report(door, begun.id, WAIT)
    done = await complete(door, begun.id)
    assert not done.HasField("waits")


@pytest.mark.parametrize("end", [complete_undoing, fail_undoing])
async def test_a_word_that_comes_after_the_end_is_not_heard(
    door: Door, end: Callable[[Door, str], Awaitable[pb.Conversion]]
) -> None:
    done = await converted(door)
    await report(door, done.id, WAIT)
    assert await newest(door, done.lead_id) == done
    await unconvert(door, done.lead_id)
    await report(door, done.id, WAIT)
    assert (await newest(door, done.lead_id)).waits == WAIT
    ended = await end(door, done.id)
    await report(door, done.id, WAIT)
    assert await newest(door, done.lead_id) == ended
    # Nor is one about a conversion that nobody knows.
    await report(door, str(new_id()), WAIT)


async def test_unfinished_ones_are_listed_by_id_and_not_before_their_time(
    house: House, door: Door, clock: TestClock
) -> None:
    for each in await unfinished(door, limit=1_000):
        await house.execute("DELETE FROM conversions WHERE id = :id", id=each.conversion_id)
    running = [await door.convert((await convertible(door)).id) for _ in range(3)]
    undoing = await converted(door)
    await unconvert(door, undoing.lead_id)
    await fail(door, running.pop().id)
    await converted(door)
    clock.ahead = timedelta(minutes=5)
    late = await door.convert((await convertible(door)).id)
    found = await unfinished(door, to_timestamp(datetime.now(UTC) + timedelta(minutes=4)))
    expected = sorted(
        [(each.id, each.lead_id, RUNNING) for each in running] + [(undoing.id, undoing.lead_id, UNCONVERTING)]
    )
    assert [(each.conversion_id, each.lead_id, each.state) for each in found] == expected
    assert late.id in {each.conversion_id for each in await unfinished(door)}
    pages = [(await unfinished(door, limit=2))]
    pages.append(await unfinished(door, limit=2, after_conversion_id=pages[0][-1].conversion_id))
    assert [each.conversion_id for page in pages for each in page] == sorted(
        [*(each for each, _, _ in expected), late.id]
    )
    assert await unfinished(door, after_conversion_id=pages[1][-1].conversion_id) == []


@pytest.mark.parametrize(
    ("page", "field"),
    [({"limit": -1}, "limit"), ({"limit": 1_001}, "limit"), ({"after_conversion_id": "x"}, "afterConversionId")],
)
async def test_a_page_that_makes_no_sense_is_refused(door: Door, page: dict[str, Any], field: str) -> None:
    assert {name for name, _ in fields_at_fault(await refusal(unfinished(door, **page)))} == {field}


async def test_lost_ones_are_ordered_anew_and_what_is_on_its_way_is_left_alone(
    house: House, door: Door, clock: TestClock
) -> None:
    running = await door.convert((await convertible(door)).id)
    undoing = await converted(door)
    await unconvert(door, undoing.lead_id)
    ended = await converted(door)
    ids = [running.id, undoing.id, ended.id, str(new_id())]
    assert await order_anew(door, *ids) == 0
    await delivered(house)
    clock.ahead = timedelta(minutes=3)
    assert await order_anew(door, *ids) == 2
    assert sorted(await orders(house)) == sorted([("conversion", running.id), ("unconversion", undoing.id)])
    assert await order_anew(door, *ids) == 0
    # They were ordered just now.
    before = to_timestamp(datetime.now(UTC) + timedelta(minutes=2))
    assert {running.id, undoing.id}.isdisjoint({each.conversion_id for each in await unfinished(door, before)})


async def test_many_at_once_order_each_once(house: House, door: Door) -> None:
    begun = [await door.convert((await convertible(door)).id) for _ in range(5)]
    await delivered(house)
    ids = [each.id for each in begun]
    counts = await asyncio.gather(*(order_anew(door, *ids) for _ in range(8)))
    assert sum(counts) == 5
    assert sorted(await orders(house)) == sorted(("conversion", each) for each in ids)


@pytest.mark.parametrize("ids", [[], ["x"], [str(new_id())] * 2, [str(new_id()) for _ in range(1_001)]])
async def test_an_order_that_makes_no_sense_is_refused(door: Door, ids: list[str]) -> None:
    assert (await refusal(order_anew(door, *ids))).reason == "VALIDATION_FAILED"


async def test_only_the_workflow_asks_and_reports(door: Door) -> None:
    stub = door.conversion_stub
    for method, request in (
        (stub.ReportConversion, pb.ReportConversionRequest(conversion_id=str(new_id()))),
        (stub.ListUnfinishedConversions, pb.ListUnfinishedConversionsRequest()),
        (stub.OrderConversions, pb.OrderConversionsRequest(conversion_ids=[str(new_id())])),
    ):
        assert (await refusal(door.ask(method, request))).reason == "PERMISSION_MISSING"
