"""Undoing a conversion through the gRPC door: the lead's side of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import sla_service_pb2 as sla
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.leads.coming_back import disqualify
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.converting import (
    COMPLETED,
    IN_THE_WAY,
    UNCONVERTED,
    UNCONVERTING,
    complete,
    complete_undoing,
    converted,
    convertible,
    fail,
    fail_undoing,
    newest,
    sets,
    unconvert,
)
from tests.integration.leads.deleting import new_process, retire_stage
from tests.integration.leads.door import Door, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import asks
from tests.support import tokens
from tests.support.waiting import eventually

OPEN, CONVERTED = lead_pb2.LEAD_STATUS_OPEN, lead_pb2.LEAD_STATUS_CONVERTED


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("unconverting"), configuration, clock) as opened:
        yield opened


@pytest.fixture
def door(house: House) -> Door:
    return house.door


async def clocks(house: House, lead_id: str) -> list[tuple[int, str, bool]]:
    """What the lead's clock is told: version, what closes it, and whether it goes on from an end."""
    orders = [each for each in await house.ordered("sla_clock") if each["lead_id"] == lead_id]
    return [(each["clock"]["version"], each["clock"]["closed_by"], each["revives"]) for each in orders]


async def orders_of(house: House, lead_id: str) -> list[dict[str, Any]]:
    """What the relay is told to undo."""
    return [each for each in await house.ordered("unconversion") if each["lead_id"] == lead_id]


async def test_it_is_reserved_with_its_order_and_locked_until_its_end(house: House, door: Door) -> None:
    done = await converted(door)
    before = await door.get(done.lead_id)
    begun = await unconvert(door, done.lead_id, version=before.version)
    assert (begun.id, begun.state, begun.account_id) == (done.id, UNCONVERTING, done.account_id)
    assert await newest(door, done.lead_id) == begun
    assert await orders_of(house, done.lead_id) == [
        {"lead_id": done.lead_id, "conversion_id": done.id, "who": "Alice, StartupIO"}
    ]
    attempts = (unconvert(door, done.lead_id), door.add_note(done.lead_id, "x"), door.convert(done.lead_id))
    for attempt in attempts:
        assert (await refusal(attempt)).reason == "LEAD_CONVERTING"
    for attempt in (complete(door, done.id), fail(door, done.id)):
        assert (await refusal(attempt)).reason == "CONVERSION_CLOSED"
    after = await door.get(done.lead_id)
    assert (after.status, after.version) == (CONVERTED, before.version)


async def test_at_its_end_the_lead_is_open_where_it_was_with_its_clock_and_its_promise(
    house: House, door: Door, clock: TestClock
) -> None:
    lead = await convertible(door, assigned_to=str(new_id()))
    lead = await door.change_stage(lead.id, door.stage("Contacted"))
    # The change of the stage was the answer: it stays one.
    answered = await door.lead_sla(lead.id)
    done = await converted(door, lead)
    clock.ahead = timedelta(hours=30)
    await unconvert(door, lead.id)
    undone = await complete_undoing(door, done.id)
    assert (undone.state, undone.account_id, undone.ended_at) == (UNCONVERTED, done.account_id, done.ended_at)
    assert undone.HasField("unconverted_at")
    assert await complete_undoing(door, done.id) == undone
    assert await newest(door, lead.id) == undone
    after = await door.get(lead.id)
    assert (after.status, after.stage_name, after.assigned_to) == (OPEN, "Contacted", lead.assigned_to)
    for gone in ("converted_at", "account_id", "contact_id", "opportunity_id"):
        assert not after.HasField(gone)
    assert await door.lead_sla(lead.id) == answered
    assert [closed for _, closed, _ in await clocks(house, lead.id)] == ["", "answered"]
    happened = await door.happened(lead.id)
    assert [happened.count(each) for each in ("unconversion_started", "lead_unconverted")] == [1, 1]
    (told,) = [each for each in await door.activities(lead.id) if each.type == "lead_unconverted"]
    assert done.account_id in told.metadata
    changed = {entry.field: entry for entry in (await door.history(lead.id))[:5]}
    assert set(changed) == {"status", "stageId", "accountId", "contactId", "opportunityId"}
    assert (changed["stageId"].old_label, changed["stageId"].new_label) == ("Converted", "Contacted")
    held = (await door.stage_assignments(lead.id)).assignments
    assert [each.stage_name for each in held] == ["Contacted", "Converted", "Contacted", "New"]


async def test_an_answer_that_only_the_conversion_gave_is_taken_back_and_its_clock_goes_on(
    house: House, door: Door, clock: TestClock
) -> None:
    lead = await convertible(door)
    promised = (await door.lead_sla(lead.id)).response_deadline
    done = await converted(door, lead)
    assert (await door.lead_sla(lead.id)).status == "met"
    clock.ahead = timedelta(hours=9)
    await unconvert(door, lead.id)
    await complete_undoing(door, done.id)
    after = await door.lead_sla(lead.id)
    assert (after.response_deadline, after.status, after.HasField("first_response_at")) == (promised, "breached", False)
    assert await clocks(house, lead.id) == [(1, "", False), (2, "converted", False), (3, "", True)]
    # What passed meanwhile is recorded by the clock that goes on, with its time.
    answer = await door.record(lead.id, sla.MILESTONE_KIND_BREACHED)
    assert answer.outcome == sla.MILESTONE_OUTCOME_RECORDED
    breach = next(each for each in await door.activities(lead.id) if each.type == "sla_breached")
    assert breach.occurred_at.ToDatetime(UTC) == promised.ToDatetime(UTC)


async def test_an_answer_that_came_while_it_was_converted_counts_from_its_own_time(house: House, door: Door) -> None:
    done = [await converted(door) for _ in range(4)]
    leads = [each.lead_id for each in done]
    call = await door.log(leads[0])
    await door.add_note(leads[0], "They are glad")
    await door.add_note(leads[1], "Nobody there")
    note = next(each for each in await door.activities(leads[1]) if each.type == "note_added")
    await door.log(leads[2], direction="inbound")
    await house.push(lambda configuration: _answers(configuration, ["activity"]))
    await door.add_note(leads[3], "Counts for nothing now")
    for each in (done[0], done[2], done[3]):
        await unconvert(door, each.lead_id)
        await complete_undoing(door, each.id)
    await house.push(lambda configuration: _answers(configuration, ["activity", "note", "stage_change"]))
    await unconvert(door, leads[1])
    await complete_undoing(door, done[1].id)
    answered = [(await door.lead_sla(each)).first_response_at for each in leads[:2]]
    assert answered == [call.occurred_at, note.occurred_at]
    waiting = [await door.lead_sla(each) for each in leads[2:]]
    assert not any(each.HasField("first_response_at") for each in waiting)


def _answers(configuration: configuration_service_pb2.Configuration, by: list[str]) -> None:
    document = json.loads(configuration.settings.document)
    document["sla"]["firstResponseOn"] = by
    configuration.settings.document = json.dumps(document)


async def test_an_undone_lead_can_be_worked_with_and_converted_and_undone_again(door: Door) -> None:
    lead = await convertible(door)
    done = [await converted(door, lead)]
    await unconvert(door, lead.id)
    await complete_undoing(door, done[0].id)
    await door.update(lead.id, title="Founder")
    done.append(await converted(door, lead))
    await unconvert(door, lead.id)
    await complete_undoing(door, done[1].id)
    assert done[0].id != done[1].id
    assert (await door.get(lead.id)).status == OPEN
    # A late word of the first one changes nothing.
    assert (await complete_undoing(door, done[0].id)).state == UNCONVERTED
    assert (await refusal(fail_undoing(door, done[0].id))).reason == "CONVERSION_CLOSED"


async def test_what_stands_in_the_way_leaves_it_converted_and_free_and_it_may_be_tried_again(
    house: House, door: Door
) -> None:
    done = await converted(door)
    before = await door.get(done.lead_id)
    await unconvert(door, done.lead_id)
    failed = await fail_undoing(door, done.id)
    assert (failed.state, failed.failure_reason, failed.failure_message) == (COMPLETED, "RECORDS_CHANGED", "It grew.")
    assert list(failed.obstacles) == IN_THE_WAY
    assert await fail_undoing(door, done.id) == failed
    assert await newest(door, done.lead_id) == failed
    assert await door.get(done.lead_id) == before
    await door.add_note(done.lead_id, "Still takes notes")
    assert (await door.happened(done.lead_id)).count("unconversion_failed") == 1
    assert (await refusal(complete_undoing(door, done.id))).reason == "CONVERSION_CLOSED"
    again = await unconvert(door, done.lead_id)
    assert (again.state, again.failure_reason, list(again.obstacles)) == (UNCONVERTING, "", [])
    assert len(await orders_of(house, done.lead_id)) == 2
    assert (await complete_undoing(door, done.id)).state == UNCONVERTED


@pytest.mark.parametrize("end", [complete_undoing, fail_undoing])
async def test_whoever_waits_hears_of_the_end_at_once(door: Door, end: Any) -> None:
    done = await converted(door)
    waiting = asyncio.create_task(unconvert(door, done.lead_id, wait=10))
    await eventually(lambda: newest(door, done.lead_id), lambda each: each.state == UNCONVERTING)
    ended = await end(door, done.id)
    assert await asyncio.wait_for(waiting, 3) == ended


async def test_of_twenty_at_once_one_begins(house: House, door: Door) -> None:
    done = await converted(door)
    attempts = (unconvert(door, done.lead_id) for _ in range(20))
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [each.reason for each in answers if isinstance(each, LeadlineError)]
    assert (len(refused), set(refused)) == (19, {"LEAD_CONVERTING"})
    assert len(await orders_of(house, done.lead_id)) == 1


async def test_the_same_key_is_answered_by_what_it_began_as_it_is_by_then(house: House, door: Door) -> None:
    done, key = await converted(door), str(new_id())
    begun = await unconvert(door, done.lead_id, key=key)
    assert await unconvert(door, done.lead_id, key=key) == begun
    undone = await complete_undoing(door, done.id)
    assert await unconvert(door, done.lead_id, key=key, wait=1) == undone
    assert len(await orders_of(house, done.lead_id)) == 1
    other = await converted(door)
    error = await refusal(unconvert(door, other.lead_id, key=key))
    assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    assert (await refusal(unconvert(door, done.lead_id, key=str(new_id())))).reason == "LEAD_NOT_CONVERTED"


async def test_what_cannot_be_undone_is_said_and_changes_nothing(house: House, door: Door, clock: TestClock) -> None:
    never = await convertible(door)
    failed = await convertible(door)
    await fail(door, (await door.convert(failed.id)).id)
    lost = await disqualify(door, (await convertible(door)).id)
    for lead, status in ((never, "open"), (failed, "open"), (lost, "disqualified")):
        error = await refusal(unconvert(door, lead.id))
        assert (error.kind, error.reason, error.metadata) == (
            ErrorKind.REFUSED,
            "LEAD_NOT_CONVERTED",
            {"status": status},
        )
    running = await convertible(door)
    begun = await door.convert(running.id)
    assert (await refusal(unconvert(door, running.id))).reason == "LEAD_CONVERTING"
    assert (await newest(door, running.id)) == begun
    deleted = await convertible(door)
    await door.delete(deleted.id)
    for lead_id in (deleted.id, str(new_id())):
        assert (await refusal(unconvert(door, lead_id))).reason == "LEAD_NOT_FOUND"
    assert {each.field for each in (await refusal(unconvert(door, "x"))).violations} == {"id"}

    done = await converted(door)
    assert (await refusal(unconvert(door, done.lead_id, version=1))).reason == "VERSION_STALE"
    assert {each.field for each in (await refusal(unconvert(door, done.lead_id, wait=61))).violations} == {"maxWait"}
    looks = tokens.token("leads:view", "leads:create", "leads:delete", "conversions:run")
    assert (await refusal(unconvert(door, done.lead_id, sent=looks))).reason == "PERMISSION_MISSING"
    clock.ahead = timedelta(hours=72, seconds=1)
    error = await refusal(unconvert(door, done.lead_id))
    assert (error.reason, error.metadata) == ("UNDO_TIME_OVER", {"undoHours": "72"})
    clock.ahead = timedelta(hours=71)
    assert await newest(door, done.lead_id) == done
    assert (await unconvert(door, done.lead_id)).state == UNCONVERTING


async def test_settings_say_for_how_long_it_can_be_undone(house: House, door: Door) -> None:
    done = await converted(door)
    await house.push(sets(undoHours=0))
    error = await refusal(unconvert(door, done.lead_id))
    assert (error.reason, error.metadata) == ("UNDO_TIME_OVER", {"undoHours": "0"})
    await house.push(sets(undoHours=72))
    assert (await unconvert(door, done.lead_id)).state == UNCONVERTING


async def test_a_stage_that_is_gone_or_asks_for_more_by_now_is_no_obstacle(house: House) -> None:
    process = await new_process(house, "New", "Talk", "Won", "Lost")
    leads = [await process.lead(house, "Talk", estimated_value="5") for _ in range(2)]
    done = [await converted(house.door, lead) for lead in leads]
    for lead in leads:
        assert (await house.door.get(lead.id)).stage_name == "Won"
        await unconvert(house.door, lead.id)
    await house.push(asks(process.stages["Talk"], "budget", "number"))
    await complete_undoing(house.door, done[0].id)
    assert (await house.door.get(leads[0].id)).stage_name == "Talk"
    # Nobody here knows of the deletion yet.
    await house.execute(
        "INSERT INTO closed_entries VALUES ('stage', :entry, :id)", entry=process.stages["Talk"], id=new_id()
    )
    await complete_undoing(house.door, done[1].id)
    assert (await house.door.get(leads[1].id)).stage_name == "New"
    await house.execute("DELETE FROM closed_entries")
    await retire_stage(house, process, "Talk", "New")


async def test_only_the_workflow_ends_it(door: Door) -> None:
    done = await converted(door)
    await unconvert(door, done.lead_id)
    for method, request in (
        (door.conversion_stub.CompleteUnconversion, pb.CompleteUnconversionRequest(conversion_id=done.id)),
        (door.conversion_stub.FailUnconversion, pb.FailUnconversionRequest(conversion_id=done.id)),
    ):
        assert (await refusal(door.ask(method, request))).reason == "PERMISSION_MISSING"
    for attempt in (complete_undoing(door, str(new_id())), fail_undoing(door, str(new_id()))):
        assert (await refusal(attempt)).reason == "CONVERSION_NOT_FOUND"
