"""Many leads whose clocks come due at one instant: a clock that comes late brings along what else is due."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.clock import utc_now
from leads_service.store import leads
from leads_service.usecases import catching_up
from tests.integration.leads.coming_back import copies
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.pushing import House, open_house

AT_RISK = pb.MILESTONE_KIND_AT_RISK
LATE = timedelta(seconds=2)


@pytest.fixture(scope="module")
async def opened(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("due_at_once"), configuration, clock) as house:
        yield house


@pytest.fixture
async def house(opened: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house without anything due in it, where a test need not wait for the next time."""
    monkeypatch.setattr(catching_up, "_PAUSE_SECONDS", 0.0)
    await opened.execute("UPDATE leads SET deleted_at = now() WHERE deleted_at IS NULL")
    return opened


async def alike(house: House, count: int) -> tuple[list[str], datetime]:
    """Leads that are at risk at one instant."""
    first = await house.door.create(last_name="Johnson")
    due = (await house.door.lead_sla(first.id)).at_risk_at.ToDatetime(UTC)
    ids = [first.id, *(await copies(house, first, count - 1))]
    await house.execute("DELETE FROM outbox")
    return ids, due


def outcomes(told: Iterable[pb.RecordMilestoneResponse]) -> Counter[Any]:
    return Counter(answer.outcome for answer in told)


async def recorded(house: House, due: datetime) -> Counter[str]:
    """How often each lead was recorded as at risk; always with the time at which it came due."""
    rows = await house.rows(
        "SELECT a.lead_id, a.occurred_at FROM activities a JOIN leads l ON l.id = a.lead_id "
        "WHERE a.type = 'sla_at_risk' AND l.deleted_at IS NULL"
    )
    assert {row.occurred_at for row in rows} <= {due}
    return Counter(str(row.lead_id) for row in rows)


async def test_a_clock_that_comes_late_has_all_leads_recorded_whose_clocks_then_find_it_done(
    house: House, clock: TestClock
) -> None:
    ids, due = await alike(house, 350)
    clock.ahead = due - utc_now() + LATE
    assert (await house.door.record(ids[0], AT_RISK)).outcome == pb.MILESTONE_OUTCOME_RECORDED
    assert await recorded(house, due) == dict.fromkeys(ids, 1)
    # They run, and need not be told anything.
    assert await house.ordered("sla_clock") == []
    told = await asyncio.gather(*(house.door.record(each, AT_RISK) for each in ids[-20:]))
    assert outcomes(told) == {pb.MILESTONE_OUTCOME_ALREADY_RECORDED: 20}
    assert await recorded(house, due) == dict.fromkeys(ids, 1)


async def test_one_whose_milestone_is_recorded_already_brings_along_what_came_due_since(
    house: House, clock: TestClock
) -> None:
    ids, due = await alike(house, 3)
    clock.ahead = due - utc_now() + LATE
    await house.door.record(ids[0], AT_RISK)
    clock.ahead = timedelta(hours=5)
    assert (await house.door.record(ids[0], AT_RISK)).outcome == pb.MILESTONE_OUTCOME_ALREADY_RECORDED
    assert [(await house.door.happened(each)).count("sla_breached") for each in ids] == [1, 1, 1]


async def test_a_lead_that_somebody_holds_is_left_to_its_own_clock(house: House, clock: TestClock) -> None:
    (lead, held, other), due = await alike(house, 3)
    clock.ahead = due - utc_now() + LATE
    async with house.database.transaction() as tx:
        assert await leads.lock(tx, UUID(held)) is not None
        await house.door.record(lead, AT_RISK)
    assert await recorded(house, due) == {lead: 1, other: 1}
    assert (await house.door.record(held, AT_RISK)).outcome == pb.MILESTONE_OUTCOME_RECORDED


async def test_late_clocks_of_many_leads_at_once_record_each_lead_once(house: House, clock: TestClock) -> None:
    ids, due = await alike(house, 120)
    clock.ahead = due - utc_now() + LATE
    told = await asyncio.gather(*(house.door.record(each, AT_RISK) for each in ids))
    assert await recorded(house, due) == dict.fromkeys(ids, 1)
    assert set(outcomes(told)) <= {pb.MILESTONE_OUTCOME_RECORDED, pb.MILESTONE_OUTCOME_ALREADY_RECORDED}
    # Not each for itself.
    assert outcomes(told)[pb.MILESTONE_OUTCOME_RECORDED] < len(ids)
