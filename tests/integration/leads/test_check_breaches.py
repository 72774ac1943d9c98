"""Checking for what clocks should have recorded and did not, through the gRPC door."""

import asyncio
import json
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

from kit.clock import utc_now
from kit.ids import new_id
from leads_service.domain import milestones
from leads_service.domain.lead import Actor
from leads_service.domain.settling import Situation
from leads_service.store import leads, unrecorded
from tests.integration.leads.coming_back import check_breaches, copies, disqualify, restore
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.pushing import House, open_house
from tests.support import tokens

AT_RISK, BREACHED = pb.MILESTONE_KIND_AT_RISK, pb.MILESTONE_KIND_BREACHED
BOB = str(new_id())
HOUR = timedelta(hours=1)
_LITERAL: Any = {"compile_kwargs": {"literal_binds": True}}


def escalating(configuration: configuration_service_pb2.Configuration) -> None:
    """Escalate twice, the second time to Bob; stand still at Contacted; count activities alone as an answer."""
    stage = next(each.id for each in configuration.stages if each.name == "Contacted")
    document = json.loads(configuration.settings.document)
    document["sla"]["escalations"] = [{"afterMinutes": 60}, {"afterMinutes": 120, "assignTo": BOB}]
    document["sla"]["policies"][0]["pauseAtStages"] = [stage]
    document["sla"]["firstResponseOn"] = ["activity"]
    configuration.settings.document = json.dumps(document)


@pytest.fixture(scope="module")
async def opened(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("check_breaches"), configuration, clock) as house:
        await house.push(escalating)
        yield house


@pytest.fixture
async def house(opened: House) -> House:
    """A house without anything due in it."""
    await opened.execute("UPDATE leads SET deleted_at = now() WHERE deleted_at IS NULL")
    await opened.execute("DELETE FROM outbox")
    return opened


async def some(house: House, count: int) -> list[lead_pb2.Lead]:
    return list(await asyncio.gather(*(house.door.create(last_name="Johnson") for _ in range(count))))


def counts(answer: pb.CheckBreachesResponse) -> tuple[int, int, int, int, int]:
    return answer.checked, answer.at_risk, answer.breached, answer.escalated, answer.repaired


async def test_everything_that_came_due_is_recorded_once_with_its_time(house: House, clock: TestClock) -> None:
    door = house.door
    (lead,) = await some(house, 1)
    sla = await door.lead_sla(lead.id)
    assert counts(await check_breaches(door)) == (0, 0, 0, 0, 0)
    for hours, expected in ((3, (1, 1, 0, 0, 1)), (5, (1, 0, 1, 1, 1)), (9, (1, 0, 0, 1, 1)), (10, (0, 0, 0, 0, 0))):
        clock.ahead = hours * HOUR
        assert counts(await check_breaches(door)) == expected, hours
    # The newest of each type.
    told = {each.type: each for each in reversed(await door.activities(lead.id))}
    assert told["sla_at_risk"].occurred_at == sla.at_risk_at
    assert told["sla_breached"].occurred_at == sla.response_deadline
    assert told["sla_escalated"].occurred_at.ToDatetime(UTC) == sla.response_deadline.ToDatetime(UTC) + 2 * HOUR
    assert {each.performed_by for name, each in told.items() if name.startswith("sla_")} == {""}
    assert (await door.get(lead.id)).assigned_to == BOB
    assert [each.origin for each in await door.history(lead.id)] == ["workflow"]
    assert [bool(each.escalated_at.seconds) for each in (await door.lead_sla(lead.id)).escalations] == [True, True]


async def test_clocks_are_ordered_anew_as_they_are(house: House, clock: TestClock) -> None:
    (lead,) = await some(house, 1)
    clock.ahead = 3 * HOUR
    await check_breaches(house.door)
    first, again = await house.ordered("sla_clock")
    assert (first["revives"], again["revives"]) == (False, True)
    assert again["clock"] == first["clock"]
    clock.ahead = 9 * HOUR
    await check_breaches(house.door)
    *_, handed_over = await house.ordered("sla_clock")
    # One order, although the escalation alone would have told the clock.
    assert len(await house.ordered("sla_clock")) == 3
    assert (handed_over["clock"]["version"], handed_over["clock"]["owner"], handed_over["revives"]) == (2, BOB, True)
    assert handed_over["lead_id"] == lead.id


async def test_a_late_answer_hides_no_breach_and_its_ended_clock_is_left_alone(house: House, clock: TestClock) -> None:
    lead, early = await some(house, 2)
    await house.door.log(early.id)
    clock.ahead = 6 * HOUR
    await house.door.log(lead.id)
    assert counts(await check_breaches(house.door)) == (1, 1, 1, 0, 0)
    assert (await house.door.happened(lead.id)).count("sla_breached") == 1
    assert not {"sla_at_risk", "sla_breached"} & set(await house.door.happened(early.id))
    assert [each["clock"]["closed_by"] for each in await house.ordered("sla_clock")][-1] == "answered"


async def test_what_is_gone_closed_in_time_or_stands_still_has_nothing_due(house: House, clock: TestClock) -> None:
    door = house.door
    gone, closed, paused = await some(house, 3)
    await door.delete(gone.id)
    await disqualify(door, closed.id)
    await door.change_stage(paused.id, door.stage("Contacted"))
    clock.ahead = 50 * HOUR
    assert counts(await check_breaches(door)) == (0, 0, 0, 0, 0)
    await restore(door, gone.id)
    assert counts(await check_breaches(door)) == (1, 1, 1, 2, 1)


async def test_a_clock_that_came_to_stand_still_after_an_instant_has_that_instant_recorded(
    house: House, clock: TestClock
) -> None:
    (lead,) = await some(house, 1)
    clock.ahead = 3 * HOUR
    await house.door.change_stage(lead.id, house.door.stage("Contacted"))
    clock.ahead = 50 * HOUR
    assert counts(await check_breaches(house.door)) == (1, 1, 0, 0, 1)


async def test_checks_and_clocks_at_once_record_a_thousand_leads_once_each(house: House, clock: TestClock) -> None:
    ids = await copies(house, (await some(house, 1))[0], 999)
    clock.ahead = 4 * HOUR
    await house.execute("DELETE FROM outbox")
    checks, told = await asyncio.gather(
        asyncio.gather(check_breaches(house.door), check_breaches(house.door)),
        asyncio.gather(*(house.door.record(each, BREACHED) for each in ids[:50])),
    )
    left = await check_breaches(house.door)
    recorded = await house.rows(
        "SELECT a.type, count(*), count(DISTINCT a.lead_id) FROM activities a JOIN leads l ON l.id = a.lead_id "
        "WHERE l.deleted_at IS NULL AND a.type LIKE 'sla%' GROUP BY a.type"
    )
    assert {tuple(row) for row in recorded} == {("sla_at_risk", 1_000, 1_000), ("sla_breached", 1_000, 1_000)}
    by_clocks = sum(each.outcome == pb.MILESTONE_OUTCOME_RECORDED for each in told)
    # A clock that comes late has others recorded, too.
    assert sum(each.breached for each in (*checks, left)) + by_clocks <= 1_000
    assert counts(await check_breaches(house.door)) == (0, 0, 0, 0, 0)


async def test_a_thousand_leads_are_checked_within_a_call_of_the_gateway(house: House, clock: TestClock) -> None:
    await copies(house, (await some(house, 1))[0], 999)
    clock.ahead = 9 * HOUR
    started = time.monotonic()
    assert counts(await check_breaches(house.door)) == (1_000, 1_000, 1_000, 2_000, 1_000)
    assert time.monotonic() - started < 10


async def test_a_lead_that_somebody_holds_is_not_waited_for(house: House, clock: TestClock) -> None:
    held, free = await some(house, 2)
    clock.ahead = 3 * HOUR
    async with house.database.transaction() as tx:
        assert await leads.lock(tx, UUID(held.id)) is not None
        assert counts(await check_breaches(house.door)) == (1, 1, 0, 0, 1)
    assert "sla_at_risk" in await house.door.happened(free.id)
    assert counts(await check_breaches(house.door)) == (1, 1, 0, 0, 1)


async def test_under_a_key_the_first_answer_comes_again(house: House, clock: TestClock) -> None:
    await copies(house, (await some(house, 1))[0], 100)
    clock.ahead = 3 * HOUR
    first = await check_breaches(house.door, key="check")
    assert counts(first) == (101, 101, 0, 0, 101)
    clock.ahead = 9 * HOUR
    assert await check_breaches(house.door, key="check") == first
    assert counts(await check_breaches(house.door)) == (101, 0, 101, 202, 101)


async def test_what_is_due_is_found_by_its_index(house: House) -> None:
    async with house.database.transaction() as tx:
        query = unrecorded.due(utc_now(), 100).compile(dialect=tx.dialect, **_LITERAL)
        # A table of a few leads would be read as a whole.
        await tx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join((await tx.execute(sa.text(f"EXPLAIN {query}"))).scalars())
    assert "Index Scan using leads_to_record" in plan, plan
    assert "Sort" not in plan


async def test_only_who_may_edit_leads_may_check(house: House) -> None:
    viewer = Door(house.door.channel, house.door.configuration, tokens.token("leads:view", "sla:record"))
    assert (await refusal(check_breaches(viewer))).reason == "PERMISSION_MISSING"


async def test_the_database_finds_exactly_the_leads_on_whose_clock_the_rules_would_record(
    house: House, clock: TestClock
) -> None:
    """Leads in every state, looked at after each hour: SQL and the rules agree."""
    door = house.door
    made = await some(house, 24)
    for place, lead in enumerate(made):
        clock.ahead = (place % 6) * HOUR + timedelta(minutes=10)
        if place % 2:
            await door.record(lead.id, AT_RISK)
            await door.record(lead.id, BREACHED)
        if place % 3 == 1:
            await door.change_stage(lead.id, door.stage("Contacted"))
        if place % 4 == 1:
            await door.log(lead.id)
        if place % 5 == 1:
            await door.delete(lead.id)
    now = clock()
    for hours in range(9):
        at = now - clock.ahead + hours * HOUR
        situation = Situation(house.configuration, Actor(None), at)
        async with house.database.transaction() as tx:
            found = {lead.id for lead in await unrecorded.lock_due(tx, at, 100)}
            stored = await leads.lock_many(tx, [UUID(lead.id) for lead in made])
        due = {key for key, lead in stored.items() if milestones.record_due(lead, situation)[0]}
        assert found == due, hours
