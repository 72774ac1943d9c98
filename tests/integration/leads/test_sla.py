"""Promises, answers and milestones through the gRPC door."""

import asyncio
import json
from datetime import UTC, timedelta

import pytest
import sqlalchemy as sa
from leadline.leads.v1 import sla_service_pb2 as pb

from kit.db.database import Database
from leads_service.store.tables import OUTBOX
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door, refusal

AT_RISK, BREACHED = pb.MILESTONE_KIND_AT_RISK, pb.MILESTONE_KIND_BREACHED


async def orders(database: Database, lead_id: str) -> list[dict[str, object]]:
    """What the lead's clock is told, in order."""
    query = sa.select(OUTBOX.c.payload).where(OUTBOX.c.key == sa.cast(lead_id, sa.Uuid)).order_by(OUTBOX.c.id)
    async with database.reading() as connection:
        return [row.payload for row in await connection.execute(query)]


async def test_a_new_lead_is_promised_an_answer_and_its_clock_is_ordered(door: Door, database: Database) -> None:
    lead = await door.create(first_name="Alice", last_name="Johnson", company="StartupIO", priority="high")
    sla = await door.lead_sla(lead.id)
    window = sla.response_deadline.ToDatetime(UTC) - lead.created_at.ToDatetime(UTC)
    assert (sla.sla_policy, sla.status, window) == ("Standard Response", "on_track", timedelta(minutes=240))
    assert sla.at_risk_at.ToDatetime(UTC) - lead.created_at.ToDatetime(UTC) == timedelta(minutes=144)
    (order,) = await orders(database, lead.id)
    clock = order["clock"]
    assert (order["who"], order["policy"]) == ("Alice Johnson, StartupIO", "Standard Response")
    assert isinstance(clock, dict)
    assert (clock["version"], clock["closed_by"], clock["priority"], clock["stage"]) == (1, "", "high", "New")


@pytest.mark.parametrize(
    ("minutes", "status", "remaining"),
    [(0, "on_track", "3h 59m"), (150, "at_risk", "1h 29m"), (240, "breached", "-"), (305, "breached", "-1h 5m")],
)
async def test_status_is_computed_when_it_is_read(
    door: Door, clock: TestClock, minutes: int, status: str, remaining: str
) -> None:
    lead = await door.create(last_name="Johnson")
    clock.ahead = timedelta(minutes=minutes)
    sla = await door.lead_sla(lead.id)
    assert sla.status == status
    assert sla.time_remaining.startswith(remaining)


async def test_a_note_an_outbound_activity_or_a_stage_change_is_the_first_response(door: Door) -> None:
    for respond in (
        lambda lead_id: door.add_note(lead_id, "Called back"),
        lambda lead_id: door.log(lead_id, type="email"),
        lambda lead_id: door.change_stage(lead_id, door.stage("Contacted")),
    ):
        lead = await door.create(last_name="Johnson")
        await respond(lead.id)
        sla = await door.lead_sla(lead.id)
        assert (sla.status, sla.HasField("time_remaining"), sla.HasField("remaining_seconds")) == ("met", False, False)
        assert "first_response" in await door.happened(lead.id)


async def test_what_comes_from_the_lead_is_no_response(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await door.log(lead.id, direction="inbound")
    await door.update(lead.id, title="Founder")
    assert (await door.lead_sla(lead.id)).status == "on_track"


async def test_an_answer_closes_the_clock_once(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    await door.add_note(lead.id, "First")
    await door.add_note(lead.id, "Second")
    told = [order["clock"] for order in await orders(database, lead.id)]
    assert [(clock["version"], clock["closed_by"]) for clock in told if isinstance(clock, dict)] == [
        (1, ""),
        (2, "answered"),
    ]


async def test_a_first_response_is_moved_earlier_but_never_later(door: Door, clock: TestClock) -> None:
    lead = await door.create(last_name="Johnson")
    created = lead.created_at.ToDatetime(UTC)
    clock.ahead = timedelta(hours=5)
    await door.add_note(lead.id, "Answered late")
    assert (await door.lead_sla(lead.id)).status == "met_late"
    await door.log(lead.id, occurred_at=created + timedelta(hours=1))
    sla = await door.lead_sla(lead.id)
    assert (sla.status, sla.first_response_at.ToDatetime(UTC)) == ("met", created + timedelta(hours=1))
    await door.log(lead.id, occurred_at=created + timedelta(hours=2))
    assert (await door.lead_sla(lead.id)).first_response_at == sla.first_response_at


async def test_milestones_are_recorded_once_however_often_they_are_told(door: Door, clock: TestClock) -> None:
    lead = await door.create(last_name="Johnson")
    assert (await door.record(lead.id, AT_RISK)).outcome == pb.MILESTONE_OUTCOME_NOT_DUE
    clock.ahead = timedelta(hours=4)
    told = await asyncio.gather(*(door.record(lead.id, kind) for kind in [AT_RISK, BREACHED] * 10))
    outcomes = [answer.outcome for answer in told]
    # One call where the deadline came first: at risk is recorded with it.
    recorded = outcomes.count(pb.MILESTONE_OUTCOME_RECORDED)
    assert (recorded in {1, 2}, outcomes.count(pb.MILESTONE_OUTCOME_ALREADY_RECORDED)) == (True, 20 - recorded)
    types = await door.happened(lead.id)
    assert (types.count("sla_at_risk"), types.count("sla_breached")) == (1, 1)


async def test_an_answered_lead_has_nothing_recorded(door: Door, clock: TestClock) -> None:
    lead = await door.create(last_name="Johnson")
    await door.add_note(lead.id, "Answered")
    clock.ahead = timedelta(hours=5)
    answer = await door.record(lead.id, BREACHED)
    assert (answer.outcome, answer.clock.closed_by) == (pb.MILESTONE_OUTCOME_CLOSED, "answered")
    assert "sla_breached" not in await door.happened(lead.id)


async def test_a_deleted_leads_clock_is_closed(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    await door.delete(lead.id)
    assert json.loads(json.dumps((await orders(database, lead.id))[-1]))["clock"]["closed_by"] == "deleted"
    assert (await door.record(lead.id, BREACHED)).outcome == pb.MILESTONE_OUTCOME_CLOSED


async def test_the_clock_is_told_when_what_operators_see_changes(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    await door.update(lead.id, priority="critical")
    await door.update(lead.id, title="Founder")
    told = [order["clock"] for order in await orders(database, lead.id)]
    assert [clock["priority"] for clock in told if isinstance(clock, dict)] == ["medium", "critical"]


async def test_the_summary_counts_every_lead_once(door: Door, clock: TestClock) -> None:
    before = await door.ask(door.sla_stub.GetSlaSummary, pb.GetSlaSummaryRequest())
    open_lead, answered, gone = [await door.create(last_name="Johnson") for _ in range(3)]
    await door.add_note(answered.id, "Answered")
    await door.delete(gone.id)
    after = await door.ask(door.sla_stub.GetSlaSummary, pb.GetSlaSummaryRequest())
    assert (after.total - before.total, after.within_sla - before.within_sla) == (2, 2)
    clock.ahead = timedelta(hours=4)
    late = await door.ask(door.sla_stub.GetSlaSummary, pb.GetSlaSummaryRequest(created_from=open_lead.created_at))
    assert (late.total, late.within_sla, late.at_risk, late.breached, late.compliance_rate) == (2, 1, 0, 1, "50.0")


async def test_only_the_clocks_own_token_records(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    request = pb.RecordMilestoneRequest(lead_id=lead.id, kind=BREACHED)
    assert (await refusal(door.ask(door.sla_stub.RecordMilestone, request))).reason == "PERMISSION_MISSING"
