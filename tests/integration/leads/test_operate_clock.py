"""What operators ask of a clock, through the gRPC door: once for a key, with who and why on the lead."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from google.protobuf.timestamp_pb2 import Timestamp
from leadline.leads.v1 import lead_pb2, timeline_service_pb2
from leadline.leads.v1 import sla_service_pb2 as pb

from kit.db.database import Database
from kit.ids import new_id
from tests.integration.leads.coming_back import check_breaches
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import CLOCK_TOKEN, Door, fields_at_fault, refusal
from tests.integration.leads.test_sla import BREACHED, orders

HOUR = timedelta(hours=1)
PAUSE, RESUME, READ = {"pause": pb.PauseClock()}, {"resume": pb.ResumeClock()}, {"read": pb.ReadClock()}


def extend(until: datetime) -> dict[str, Any]:
    instant = Timestamp()
    instant.FromDatetime(until)
    return {"extend_until": instant}


async def operate(
    door: Door, lead_id: str, operation: dict[str, Any], *, key: str | None = None, **said: str
) -> pb.SlaClock:
    given: dict[str, Any] = {"by": "ana@example.org", "reason": "On leave", **said, **operation}
    request = pb.OperateClockRequest(lead_id=lead_id, **given)
    return (await door.ask(door.sla_stub.OperateClock, request, sent=CLOCK_TOKEN, key=key)).clock  # type: ignore[no-any-return]


async def told(door: Door, lead_id: str, kind: str) -> list[dict[str, Any]]:
    """What the lead's activities of a type say, the newest first."""
    found: list[timeline_service_pb2.Activity] = await door.activities(lead_id)
    return [json.loads(each.metadata) for each in found if each.type == kind]


def created_at(lead: lead_pb2.Lead) -> datetime:
    return lead.created_at.ToDatetime(UTC)


async def test_a_deadline_is_extended_and_the_clock_told(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    until = created_at(lead) + 14 * HOUR
    clock = await operate(door, lead.id, extend(until))
    assert (clock.version, clock.deadline.ToDatetime(UTC), clock.paused) == (2, until, False)
    sla = await door.lead_sla(lead.id)
    assert (sla.response_deadline.ToDatetime(UTC), sla.at_risk_at.ToDatetime(UTC)) == (until, until - 1.6 * HOUR)
    (said,) = await told(door, lead.id, "sla_extended")
    assert said == {
        "by": "ana@example.org",
        "reason": "On leave",
        "policy": "Standard Response",
        "previousDeadline": (created_at(lead) + 4 * HOUR).isoformat().replace("+00:00", "Z"),
        "responseDeadline": until.isoformat().replace("+00:00", "Z"),
    }
    clocks = [order["clock"] for order in await orders(database, lead.id)]
    assert [each["deadline"] for each in clocks if isinstance(each, dict)][1:] == [until.isoformat()]
    assert (await door.get(lead.id)).version == lead.version


async def test_an_overdue_lead_that_is_extended_is_not_overdue_any_more(door: Door, clock: TestClock) -> None:
    lead = await door.create(last_name="Johnson")
    clock.ahead = 5 * HOUR
    await door.record(lead.id, BREACHED)
    assert (await door.lead_sla(lead.id)).status == "breached"
    until = created_at(lead) + 20 * HOUR
    await operate(door, lead.id, extend(until))
    assert (await door.lead_sla(lead.id)).status == "on_track"
    assert (await door.record(lead.id, BREACHED)).outcome == pb.MILESTONE_OUTCOME_NOT_DUE
    clock.ahead = 21 * HOUR
    assert (await door.record(lead.id, BREACHED)).outcome == pb.MILESTONE_OUTCOME_RECORDED
    assert (await door.happened(lead.id)).count("sla_breached") == 2


async def test_a_held_clock_stands_still_and_goes_on_with_the_time_that_it_had_left(
    door: Door, clock: TestClock, database: Database
) -> None:
    lead = await door.create(last_name="Johnson")
    promised = (await door.lead_sla(lead.id)).response_deadline.ToDatetime(UTC)
    clock.ahead = HOUR
    held = await operate(door, lead.id, PAUSE)
    assert (held.version, held.paused, held.HasField("deadline")) == (2, True, False)
    assert (await door.lead_sla(lead.id)).status == "paused"
    await door.update(lead.id, priority="high")
    clock.ahead = 50 * HOUR
    assert (await door.lead_sla(lead.id)).status == "paused"
    await check_breaches(door)
    assert "sla_breached" not in await door.happened(lead.id)
    gone_on = await operate(door, lead.id, RESUME)
    moved = gone_on.deadline.ToDatetime(UTC) - promised
    assert 49 * HOUR <= moved < 49 * HOUR + timedelta(minutes=1)
    clocks = [order["clock"] for order in await orders(database, lead.id)]
    assert [(each["paused"], each["held"]) for each in clocks if isinstance(each, dict)] == [
        (False, False),
        (True, True),
        (True, True),
        (False, False),
    ]
    (said,) = await told(door, lead.id, "sla_resumed")
    assert said.keys() == {"by", "reason", "policy", "pausedAt", "previousDeadline", "responseDeadline"}


async def test_an_answer_closes_a_held_clock(door: Door, clock: TestClock) -> None:
    lead = await door.create(last_name="Johnson")
    await operate(door, lead.id, PAUSE)
    clock.ahead = 50 * HOUR
    await door.add_note(lead.id, "Called")
    assert (await door.lead_sla(lead.id)).status == "met"


async def test_a_clock_is_read_without_a_change_and_who_read_it_is_kept(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    clock = await operate(door, lead.id, READ, reason="The run looked wrong")
    assert (clock.version, clock.HasField("deadline")) == (1, True)
    (said,) = await told(door, lead.id, "sla_read")
    assert said["reason"] == "The run looked wrong"
    assert len(await orders(database, lead.id)) == 1


async def test_a_promise_of_the_version_before_says_nothing_of_operators(door: Door, database: Database) -> None:
    lead = await door.create(last_name="Johnson")
    await operate(door, lead.id, PAUSE)
    async with database.transaction() as tx:
        older = "UPDATE leads SET sla_pausing = sla_pausing - 'held' - 'extended' WHERE id = :id"
        await tx.execute(sa.text(older), {"id": lead.id})
    assert (await refusal(operate(door, lead.id, RESUME))).reason == "CLOCK_NOT_PAUSED"


async def test_what_is_asked_for_under_one_key_is_done_once(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    key, until = f"run/{new_id()}", created_at(lead) + 14 * HOUR
    first = await operate(door, lead.id, extend(until), key=key)
    await door.update(lead.id, priority="high")
    assert await operate(door, lead.id, extend(until), key=key) == first
    assert len(await told(door, lead.id, "sla_extended")) == 1
    refused = await refusal(operate(door, lead.id, extend(until + HOUR), key=key))
    assert refused.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_two_operators_who_pause_at_once_pause_once(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    done = await asyncio.gather(*(operate(door, lead.id, PAUSE) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, pb.SlaClock) for each in done) == 1
    assert {getattr(each, "reason", "CLOCK_PAUSED") for each in done} == {"CLOCK_PAUSED"}
    assert len(await told(door, lead.id, "sla_paused")) == 1


@pytest.mark.parametrize("operation", [extend(datetime(2030, 1, 1, tzinfo=UTC)), PAUSE, RESUME])
async def test_a_clock_that_is_over_takes_nothing_and_nothing_is_recorded(
    door: Door, database: Database, operation: dict[str, Any]
) -> None:
    answered, deleted = await door.create(last_name="Johnson"), await door.create(last_name="Johnson")
    await door.add_note(answered.id, "Called")
    await door.delete(deleted.id)
    before = await door.happened(answered.id), await orders(database, answered.id)
    for lead, by in ((answered, "answered"), (deleted, "deleted")):
        refused = await refusal(operate(door, lead.id, operation))
        assert (refused.reason, refused.metadata) == ("CLOCK_CLOSED", {"closedBy": by})
        assert refused.message == f"The clock is over: the lead is {by}."
    assert before == (await door.happened(answered.id), await orders(database, answered.id))


async def test_reading_a_clock_that_is_over_says_so_and_records_nothing(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    await door.add_note(lead.id, "Called")
    assert (await operate(door, lead.id, READ)).closed_by == "answered"
    assert "sla_read" not in await door.happened(lead.id)


async def test_refusals_name_what_is_wrong(door: Door, clock: TestClock) -> None:
    lead = await door.create(last_name="Johnson")
    year_9999 = datetime(9999, 12, 31, tzinfo=UTC)
    for operation, fields in (
        (extend(year_9999), {("until", "OUT_OF_RANGE"), ("by", "REQUIRED"), ("reason", "REQUIRED")}),
        ({"extend_until": Timestamp(seconds=2**60)}, {("until", "OUT_OF_RANGE")}),
        (PAUSE, {("by", "REQUIRED"), ("reason", "REQUIRED")}),
        ({}, {("operation", "REQUIRED")}),
    ):
        refused = await refusal(operate(door, lead.id, operation, by=" ", reason=""))
        assert fields_at_fault(refused) == fields
    assert (await refusal(operate(door, lead.id, RESUME))).reason == "CLOCK_NOT_PAUSED"
    assert (await refusal(operate(door, str(new_id()), PAUSE))).reason == "LEAD_NOT_FOUND"
    assert fields_at_fault(await refusal(operate(door, "lead", PAUSE))) == {("leadId", "NOT_A_UUID")}
    clock.ahead = 5 * HOUR
    assert (await refusal(operate(door, lead.id, PAUSE))).reason == "CLOCK_OVERDUE"
    assert {"sla_paused", "sla_extended"}.isdisjoint(await door.happened(lead.id))


async def test_only_the_clocks_own_token_operates(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    request = pb.OperateClockRequest(lead_id=lead.id, by="ana", reason="why", pause=pb.PauseClock())
    assert (await refusal(door.ask(door.sla_stub.OperateClock, request))).reason == "PERMISSION_MISSING"
