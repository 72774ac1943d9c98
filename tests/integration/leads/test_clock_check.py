"""What a check of all clocks asks of the leads service, through its gRPC door."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from leads_service.rpc import clock_check_servicer
from leads_service.store import clocks, leads
from tests.integration.leads.coming_back import check_breaches, copies, disqualify, restore
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import CLOCK_TOKEN, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.test_check_breaches import escalating
from tests.support.waiting import eventually

HOUR = timedelta(hours=1)
_LITERAL: Any = {"compile_kwargs": {"literal_binds": True}}


@pytest.fixture(scope="module")
async def opened(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("clock_check"), configuration, clock) as house:
        await house.push(escalating)
        yield house


@pytest.fixture
async def house(opened: House) -> House:
    """A house without a clock in it."""
    await opened.execute("UPDATE leads SET deleted_at = now(), clock_closed_by = 'deleted' WHERE deleted_at IS NULL")
    for table in ("outbox", "clock_checks"):
        await opened.execute(f"DELETE FROM {table}")  # noqa: S608
    return opened


async def delivered(house: House, count: int) -> list[lead_pb2.Lead]:
    """Leads by id whose clocks run and have been told."""
    made = [await house.door.create(last_name="Johnson") for _ in range(count)]
    await house.execute("DELETE FROM outbox")
    return made


async def listed(house: House, *lead_ids: str, after: str = "", limit: int = 0) -> list[pb.ClockOfLead]:
    request = pb.ListClocksRequest(lead_ids=lead_ids, after_lead_id=after, limit=limit)
    return list((await house.door.ask(house.door.sla_stub.ListClocks, request, sent=CLOCK_TOKEN)).clocks)


async def repair(house: House, *clocks_: tuple[str, int, int]) -> int:
    """By lead, what a run knows and what was listed."""
    wanted = [pb.ClockToRepair(lead_id=each, known_version=run, listed_version=was) for each, run, was in clocks_]
    request = pb.RepairClocksRequest(clocks=wanted)
    return int((await house.door.ask(house.door.sla_stub.RepairClocks, request, sent=CLOCK_TOKEN)).repaired)


async def end(house: House, check_id: str, repaired: int) -> None:
    request = pb.EndClockCheckRequest(check_id=check_id, repaired=repaired)
    await house.door.ask(house.door.sla_stub.EndClockCheck, request, sent=CLOCK_TOKEN)


async def asked(house: House) -> list[str]:
    """The checks that wait to be begun."""
    return [each["check_id"] for each in await house.ordered("clock_check")]


async def test_running_clocks_come_in_pages_by_the_ids_of_their_leads(house: House) -> None:
    made = await delivered(house, 7)
    await disqualify(house.door, made[1].id)
    await house.door.delete(made[2].id)
    await house.door.log(made[3].id)
    await house.execute("DELETE FROM outbox")
    running = [made[place].id for place in (0, 4, 5, 6)]
    assert [each.lead_id for each in await listed(house)] == running
    first = await listed(house, limit=3)
    assert [each.lead_id for each in first] == running[:3]
    assert [each.lead_id for each in await listed(house, after=first[-1].lead_id, limit=3)] == running[3:]


async def test_a_listed_clock_is_what_its_run_should_know(house: House) -> None:
    (lead,) = await delivered(house, 1)
    sla = await house.door.lead_sla(lead.id)
    (found,) = await listed(house)
    assert (found.clock.version, found.clock.closed_by, found.clock.paused) == (1, "", False)
    assert (found.clock.at_risk_at, found.clock.deadline) == (sla.at_risk_at, sla.response_deadline)
    assert [each.ToDatetime(UTC) - sla.response_deadline.ToDatetime(UTC) for each in found.clock.escalations] == [
        HOUR,
        2 * HOUR,
    ]
    await house.door.change_stage(lead.id, house.door.stage("Contacted"))
    await house.execute("DELETE FROM outbox")
    (still,) = await listed(house)
    assert (still.clock.version, still.clock.paused, still.clock.HasField("deadline")) == (2, True, False)


async def test_clocks_by_the_ids_of_their_leads_say_why_they_are_over(house: House) -> None:
    lead, deleted = await delivered(house, 2)
    await house.door.log(lead.id)
    await house.door.delete(deleted.id)
    await house.execute("DELETE FROM outbox")
    unknown = str(new_id())
    found = await listed(house, unknown, deleted.id, lead.id)
    assert [(each.lead_id, each.clock.closed_by, each.clock.version) for each in found] == [
        (lead.id, "answered", 2),
        (deleted.id, "deleted", 2),
        (unknown, "deleted", 0),
    ]


async def test_a_clock_whose_order_is_on_its_way_is_neither_listed_nor_repaired(house: House) -> None:
    lead = await house.door.create(last_name="Johnson")
    assert await listed(house) == []
    assert await listed(house, lead.id) == []
    assert await repair(house, (lead.id, 0, 1)) == 0
    # What is on its way of a lead, but is no clock, is something else.
    await house.execute("UPDATE outbox SET kind = 'conversion'")
    assert [each.lead_id for each in await listed(house)] == [lead.id]


async def test_a_repaired_clock_is_ordered_newer_than_anything_that_its_run_knows(house: House) -> None:
    lost, ahead = await delivered(house, 2)
    before = await house.door.get(lost.id)
    assert await repair(house, (lost.id, 0, 1), (ahead.id, 7, 1)) == 2
    orders = {each["lead_id"]: each for each in await house.ordered("sla_clock")}
    assert {key: (each["clock"]["version"], each["revives"]) for key, each in orders.items()} == {
        lost.id: (2, True),
        ahead.id: (8, True),
    }
    assert await house.one("SELECT clock_version FROM leads WHERE id = :id", id=ahead.id) == 8
    # To people, nothing has happened.
    assert await house.door.get(lost.id) == before
    assert await house.door.happened(lost.id) == ["lead_created"]
    assert await house.door.history(lost.id) == []


async def test_what_has_changed_since_it_was_listed_was_ordered_then(house: House) -> None:
    (lead,) = await delivered(house, 1)
    await house.door.update(lead.id, priority="high")
    await house.execute("DELETE FROM outbox")
    assert await repair(house, (lead.id, 0, 1)) == 0
    assert await repair(house, (lead.id, 0, 2)) == 1


async def test_a_run_whose_lead_waits_no_more_hears_so_and_without_a_run_nobody_has_to(house: House) -> None:
    answered, deleted, quiet = await delivered(house, 3)
    await house.door.log(answered.id)
    await house.door.delete(deleted.id)
    await house.door.log(quiet.id)
    await house.execute("DELETE FROM outbox")
    assert await repair(house, (answered.id, 1, 2), (deleted.id, 1, 2), (quiet.id, 0, 2), (str(new_id()), 1, 0)) == 2
    orders = [(each["lead_id"], each["clock"]["closed_by"]) for each in await house.ordered("sla_clock")]
    assert sorted(orders) == sorted([(answered.id, "answered"), (deleted.id, "deleted")])


async def test_a_deleted_lead_that_came_back_has_a_clock_to_repair(house: House) -> None:
    (lead,) = await delivered(house, 1)
    await house.door.delete(lead.id)
    await restore(house.door, lead.id)
    await house.execute("DELETE FROM outbox")
    assert await repair(house, (lead.id, 0, 3)) == 1


async def test_repairs_at_once_order_each_clock_once(house: House) -> None:
    (first,) = await delivered(house, 1)
    ids = [first.id, *await copies(house, first, 199)]
    repaired = await asyncio.gather(*(repair(house, *((each, 0, 1) for each in ids)) for _ in range(4)))
    assert sum(repaired) == 200
    orders = await house.ordered("sla_clock")
    assert sorted(each["lead_id"] for each in orders) == sorted(ids)
    assert {each["clock"]["version"] for each in orders} == {2}


async def test_a_lead_that_somebody_holds_is_not_waited_for(house: House) -> None:
    held, free = await delivered(house, 2)
    async with house.database.transaction() as tx:
        assert await leads.lock(tx, UUID(held.id)) is not None
        assert await repair(house, (held.id, 0, 1), (free.id, 0, 1)) == 1
    assert await repair(house, (held.id, 0, 1)) == 1


async def test_running_clocks_are_found_by_their_index(house: House) -> None:
    async with house.database.transaction() as tx:
        query = clocks.next_running(new_id(), 500).compile(dialect=tx.dialect, **_LITERAL)
        # A table of a few leads would be read as a whole.
        await tx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await tx.execute(sa.text(f"EXPLAIN {query}"))).scalars())
    assert "Index Scan using leads_running_clocks" in plan, plan
    assert "Sort" not in plan


async def test_whoever_asked_for_a_check_hears_what_it_came_to_when_it_ends(house: House) -> None:
    asking = asyncio.create_task(check_breaches(house.door, wait=10))
    (check_id,) = await eventually(lambda: asked(house))
    started = time.monotonic()
    await end(house, check_id, 7)
    assert (await asking).repaired == 7
    assert time.monotonic() - started < 3
    # The first end counts, and one of a check that nobody knows is none.
    await end(house, check_id, 8)
    await end(house, str(new_id()), 8)
    assert await house.one("SELECT repaired FROM clock_checks") == 7


async def test_with_temporal_away_what_was_recorded_is_answered_after_the_wait(house: House, clock: TestClock) -> None:
    await delivered(house, 2)
    clock.ahead = 3 * HOUR
    started = time.monotonic()
    answer = await check_breaches(house.door, wait=0.5)
    assert 0.5 <= time.monotonic() - started < 5
    assert (answer.checked, answer.at_risk, answer.repaired) == (2, 2, 2)


async def test_under_a_key_a_check_is_asked_for_once_and_answers_the_same_when_it_is_over(house: House) -> None:
    assert (await check_breaches(house.door, key="once")).repaired == 0
    (check_id,) = await asked(house)
    await house.execute("DELETE FROM outbox")
    assert (await check_breaches(house.door, key="once")).repaired == 0
    assert await asked(house) == []
    await end(house, check_id, 3)
    assert (await check_breaches(house.door, key="once", wait=0.2)).repaired == 3
    assert (await check_breaches(house.door, key="once")).repaired == 3


async def test_checks_that_are_asked_for_before_one_could_begin_are_one(house: House) -> None:
    for _ in range(5):
        await check_breaches(house.door)
    assert len(await asked(house)) == 1
    # One that is being delivered may have gone past some leads already.
    await house.execute("UPDATE outbox SET claimed_until = now() + interval '1 minute'")
    await check_breaches(house.door)
    assert len(await asked(house)) == 2


async def test_old_checks_are_forgotten(house: House, clock: TestClock) -> None:
    await check_breaches(house.door)
    await house.execute("DELETE FROM outbox")
    clock.ahead = timedelta(days=8)
    await check_breaches(house.door)
    assert await house.one("SELECT count(*) FROM clock_checks") == 1


async def test_what_was_missed_is_recorded_as_much_as_one_call_takes(
    house: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await copies(house, (await delivered(house, 1))[0], 149)
    clock.ahead = 5 * HOUR
    monkeypatch.setattr(clock_check_servicer, "_MOST_PARTS", 1)
    request = pb.RecordMissedRequest()
    found = [await house.door.ask(house.door.sla_stub.RecordMissed, request, sent=CLOCK_TOKEN) for _ in range(2)]
    assert found == [
        pb.RecordMissedResponse(checked=100, at_risk=100, breached=100, escalated=100, repaired=100),
        pb.RecordMissedResponse(checked=50, at_risk=50, breached=50, escalated=50, repaired=50, is_all=True),
    ]


async def test_only_the_check_itself_may_look_at_clocks_and_repair_them(house: House) -> None:
    stub = house.door.sla_stub
    for method, request in (
        (stub.ListClocks, pb.ListClocksRequest()),
        (stub.RepairClocks, pb.RepairClocksRequest()),
        (stub.EndClockCheck, pb.EndClockCheckRequest()),
        (stub.RecordMissed, pb.RecordMissedRequest()),
    ):
        assert (await refusal(house.door.ask(method, request))).metadata == {"permission": "sla:record"}


async def test_what_no_check_would_ask_for_is_refused(house: House) -> None:
    lead_id = str(new_id())
    for attempt, fault in (
        (listed(house, "x"), ("ids[0]", "NOT_A_UUID")),
        (listed(house, after="x"), ("afterLeadId", "NOT_A_UUID")),
        (listed(house, limit=1001), ("limit", "OUT_OF_RANGE")),
        (listed(house, limit=-1), ("limit", "OUT_OF_RANGE")),
        (repair(house), ("ids", "OUT_OF_RANGE")),
        (repair(house, (lead_id, 0, 1), (lead_id, 0, 1)), ("ids[1]", "DUPLICATE")),
        (end(house, "x", 1), ("checkId", "NOT_A_UUID")),
        (end(house, lead_id, -1), ("repaired", "OUT_OF_RANGE")),
        (check_breaches(house.door, wait=31), ("maxWait", "OUT_OF_RANGE")),
    ):
        assert fields_at_fault(await refusal(attempt)) == {fault}
