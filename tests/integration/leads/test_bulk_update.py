"""Changing many leads at once through the gRPC door: each whole or not at all, or all or none."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2

from kit.errors import ErrorKind
from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, new_process
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import HIDDEN, READ_ONLY, ROUND_ROBIN, as_admin, asks, restricts, shares
from tests.support.tokens import USER_ID, token

BOB = str(new_id())


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("bulk_update"), configuration, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
async def process(house: House) -> Process:
    """Stages: one that asks for a budget, one that shares its leads out, one that restricts fields."""
    made = await new_process(house, "New", "Budget", "Shared", "Quiet", "Won", "Lost")
    await house.push(
        asks(made.stages["Budget"], "estimatedValue", "number"),
        shares(made.stages["Shared"], ROUND_ROBIN, [str(new_id()) for _ in range(3)]),
        restricts(made.stages["Quiet"], source=READ_ONLY, customFields__secret=HIDDEN, customFields__fixed=READ_ONLY),
    )
    return made


async def some(house: House, process: Process, count: int, **given: Any) -> list[lead_pb2.Lead]:
    return list(await asyncio.gather(*(process.lead(house, **given) for _ in range(count))))


def failed(answer: pb.BulkUpdateLeadsResponse) -> dict[str, str]:
    return {each.lead_id: each.reason for each in answer.failed}


async def test_every_field_that_can_be_changed_is_changed_as_by_single_updates(house: House, process: Process) -> None:
    leads = await some(house, process, 3, custom_fields={"kept": 1, "gone": 2})
    answer = await house.door.change_many(
        [lead.id for lead in leads],
        assigned_to=BOB,
        priority="high",
        source="referral",
        title="Director",
        company="Acme",
        estimated_value="12.345",
        description="Told",
        stage_id=process.stages["Budget"],
        custom_fields={"new": [1], "gone": None},
    )
    assert (answer.updated, list(answer.failed)) == (3, [])
    for lead in leads:
        after = await house.door.get(lead.id)
        assert (after.assigned_to, after.priority, after.source, after.title) == (BOB, "high", "referral", "Director")
        assert (after.company, after.estimated_value, after.description) == ("Acme", "12.35", "Told")
        assert (after.stage_name, after.version) == ("Budget", 2)
        assert json.loads(after.custom_fields) == {"kept": 1, "new": [1]}
        entries = await house.door.history(lead.id)
        assert {entry.field for entry in entries} == {
            *("assignedTo", "priority", "source", "title", "company", "estimatedValue", "description", "stageId"),
            *("customFields.new", "customFields.gone"),
        }
        assert {(entry.changed_by, entry.origin) for entry in entries} == {(str(USER_ID), "bulk")}
        assert len({entry.change_id for entry in entries}) == 1
        assert sorted(await house.door.happened(lead.id)) == [
            "assigned",
            "first_response",
            "lead_created",
            "stage_changed",
        ]
        assert (await house.door.lead_sla(lead.id)).status == "met"
        assert (await house.door.stage_assignments(lead.id)).total == 2


async def test_leads_that_cannot_be_changed_are_told_with_their_reasons_in_order_and_stay_as_they_are(
    house: House, process: Process
) -> None:
    poor, rich, deleted, closed = await some(house, process, 4)
    await house.door.update(rich.id, estimated_value="5")
    await house.door.update(closed.id, estimated_value="5")
    await house.door.delete(deleted.id)
    await house.door.convert(closed.id)
    unknown = str(new_id())
    answer = await house.door.change_many(
        [closed.id, unknown, rich.id, deleted.id, poor.id], stage_id=process.stages["Budget"], title="Director"
    )
    assert answer.updated == 1
    assert [(each.lead_id, each.reason) for each in answer.failed] == [
        (closed.id, "LEAD_CONVERTING"),
        (unknown, "LEAD_NOT_FOUND"),
        (deleted.id, "LEAD_NOT_FOUND"),
        (poor.id, "STAGE_FIELDS_MISSING"),
    ]
    assert "Estimatedvalue is needed for Budget." in answer.failed[3].message
    assert await house.door.get(poor.id) == poor
    assert (await house.door.get(rich.id)).stage_name == "Budget"


async def test_what_is_wrong_for_all_fails_each(house: House, process: Process) -> None:
    leads = await some(house, process, 2)
    mistakes: list[dict[str, Any]] = [
        {"priority": "urgent"},
        {"estimated_value": "a lot"},
        {"stage_id": str(new_id())},
    ]
    for wrong in mistakes:
        answer = await house.door.change_many([lead.id for lead in leads], **wrong)
        assert (answer.updated, failed(answer)) == (0, {lead.id: "VALIDATION_FAILED" for lead in leads}), wrong
    assert (
        "low, medium, high, critical" in (await house.door.change_many([leads[0].id], priority="x")).failed[0].message
    )
    assert [await house.door.get(lead.id) for lead in leads] == leads


async def test_nothing_to_change_counts_as_changed_and_writes_nothing(house: House, process: Process) -> None:
    (lead,) = await some(house, process, 1)
    answer = await house.door.change_many([lead.id], priority="medium", custom_fields={})
    assert (answer.updated, list(answer.failed)) == (1, [])
    assert await house.door.get(lead.id) == lead


async def test_null_clears_a_field(house: House, process: Process) -> None:
    (lead,) = await some(house, process, 1, company="Acme", source="website", priority="high", custom_fields={"a": 1})
    await house.door.change_many([lead.id], company=None, source=None, priority=None, custom_fields=None)
    after = await house.door.get(lead.id)
    assert (after.HasField("company"), after.HasField("source"), after.priority) == (False, False, "medium")
    assert after.custom_fields == "{}"
    answer = await house.door.change_many([lead.id], stage_id=None)
    assert failed(answer) == {lead.id: "VALIDATION_FAILED"}


async def test_ids_and_fields_that_make_no_sense_are_refused_together(house: House, process: Process) -> None:
    (lead,) = await some(house, process, 1)
    error = await refusal(
        house.door.change_many([lead.id, "x", lead.id.upper(), "y"], email="a@b.io", pipeline_id=str(new_id()))
    )
    assert (error.reason, fields_at_fault(error)) == (
        "VALIDATION_FAILED",
        {
            ("ids[1]", "NOT_A_UUID"),
            ("ids[2]", "DUPLICATE"),
            ("ids[3]", "NOT_A_UUID"),
            ("changes.email", "NOT_ALLOWED"),
            ("changes.pipelineId", "NOT_ALLOWED"),
        },
    )
    for attempt, fault in (
        (house.door.change_many([], title="x"), ("ids", "OUT_OF_RANGE")),
        (house.door.change_many([str(new_id()) for _ in range(1_001)], title="x"), ("ids", "OUT_OF_RANGE")),
        (house.door.change_many([lead.id]), ("changes", "REQUIRED")),
        (house.door.change_many([lead.id], custom_fields="[1]"), ("changes.customFields", "WRONG_TYPE")),
    ):
        assert fields_at_fault(await refusal(attempt)) == {fault}
    request = pb.BulkUpdateLeadsRequest(lead_ids=[lead.id])
    request.update_mask.paths.append("colour")
    error = await refusal(house.door.ask(house.door.lead_stub.BulkUpdateLeads, request))
    assert fields_at_fault(error) == {("changes.colour", "NOT_ALLOWED")}
    assert await house.door.get(lead.id) == lead


async def test_a_thousand_ids_that_are_none_are_refused_and_a_hundred_of_them_named(house: House) -> None:
    error = await refusal(house.door.change_many(["x"] * 1_000, title="x"))
    assert (error.kind, len(error.violations)) == (ErrorKind.INVALID, 100)


async def test_all_or_none(house: House, process: Process) -> None:
    leads = await some(house, process, 3, estimated_value="5")
    poor = await process.lead(house)
    wanted = [leads[0].id, poor.id, leads[1].id, str(new_id()), leads[2].id]
    error = await refusal(house.door.change_many(wanted, atomic=True, stage_id=process.stages["Budget"]))
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "BULK_REFUSED")
    assert fields_at_fault(error) == {("ids[1]", "STAGE_FIELDS_MISSING"), ("ids[3]", "LEAD_NOT_FOUND")}
    assert [await house.door.get(lead.id) for lead in leads] == leads
    assert [await house.door.happened(lead.id) for lead in leads] == [["lead_created"]] * 3
    answer = await house.door.change_many([lead.id for lead in leads], atomic=True, stage_id=process.stages["Budget"])
    assert answer.updated == 3
    assert {(await house.door.get(lead.id)).stage_name for lead in leads} == {"Budget"}


async def test_a_thousand_refusals_of_one_transaction_fit_into_an_answer(house: House) -> None:
    wanted = [str(new_id()) for _ in range(1_000)]
    error = await refusal(house.door.change_many(wanted, atomic=True, title="x"))
    assert (error.reason, len(error.violations)) == ("BULK_REFUSED", 100)
    assert "1000 of 1000" in error.message


@pytest.mark.parametrize("atomic", [False, True])
async def test_each_lead_has_its_turn_in_the_order_of_the_ids(house: House, process: Process, *, atomic: bool) -> None:
    members = list(house.configuration.ownership[UUID(process.stages["Shared"])].member_ids)
    leads = await some(house, process, 7)
    there = await process.lead(house, "Shared", assigned_to=BOB)
    refused = str(new_id())
    wanted = [leads[0].id, refused, *(lead.id for lead in leads[1:]), there.id]
    if atomic:
        wanted.remove(refused)
    await house.door.change_many(wanted, atomic=atomic, stage_id=process.stages["Shared"])
    owners = [(await house.door.get(lead.id)).assigned_to for lead in leads]
    first = members.index(UUID(owners[0]))
    assert owners == [str(members[(first + place) % 3]) for place in range(7)]
    assert (await house.door.get(there.id)).assigned_to == BOB
    following = await process.lead(house, "Shared")
    assert following.assigned_to == str(members[(first + 7) % 3])


async def test_a_named_owner_wins_and_takes_no_turn(house: House, process: Process) -> None:
    (before,) = await some(house, process, 1, stage="Shared")
    leads = await some(house, process, 4)
    ids = [lead.id for lead in leads]
    await house.door.change_many(ids, stage_id=process.stages["Shared"], assigned_to=BOB)
    assert {(await house.door.get(each)).assigned_to for each in ids} == {BOB}
    members = [str(each) for each in house.configuration.ownership[UUID(process.stages["Shared"])].member_ids]
    after = await process.lead(house, "Shared")
    assert after.assigned_to == members[(members.index(before.assigned_to) + 1) % 3]


async def test_what_a_leads_stage_restricts_fails_that_lead_alone(house: House, process: Process) -> None:
    custom = {"secret": 1, "fixed": 2, "free": 3}
    free = await process.lead(house, custom_fields=custom)
    quiet = await process.lead(house, custom_fields=custom)
    await house.door.change_stage(quiet.id, process.stages["Quiet"])
    both = [free.id, quiet.id]
    for change in ({"source": "website"}, {"custom_fields": {"secret": 1}}, {"custom_fields": {"fixed": None}}):
        assert failed(await house.door.change_many(both, **change)) == {quiet.id: "FIELD_NOT_EDITABLE"}, change
    merged = await house.door.change_many(both, custom_fields={"free": 4, "fixed": 2})
    assert failed(merged) == {}
    seen = json.loads((await as_admin(house).get(quiet.id)).custom_fields)
    assert seen == {"secret": 1, "fixed": 2, "free": 4}
    assert failed(await as_admin(house).change_many(both, source="website", custom_fields={"secret": 9})) == {}


async def test_custom_fields_that_grow_too_large_fail_the_lead(house: House, process: Process) -> None:
    full, empty = await process.lead(house, custom_fields={"a": "x" * 20_000}), await process.lead(house)
    answer = await house.door.change_many([full.id, empty.id], custom_fields={"b": "x" * 20_000})
    assert failed(answer) == {full.id: "VALIDATION_FAILED"}


async def test_what_a_deletion_has_just_closed_fails_the_part_that_would_enter_it(
    house: House, process: Process
) -> None:
    ids = [lead.id for lead in await some(house, process, 102)]
    await house.execute("INSERT INTO closed_entries VALUES ('source', 'event', :id)", id=new_id())
    try:
        answer = await house.door.change_many(ids, source="event")
        assert (answer.updated, {each.reason for each in answer.failed}) == (0, {"RETIRING"})
        assert [each.lead_id for each in answer.failed] == ids
        error = await refusal(house.door.change_many(ids[:2], atomic=True, source="event"))
        assert (error.reason, fields_at_fault(error)) == (
            "BULK_REFUSED",
            {("ids[0]", "RETIRING"), ("ids[1]", "RETIRING")},
        )
    finally:
        await house.execute("DELETE FROM closed_entries")
    assert not (await house.door.get(ids[0])).HasField("source")


async def test_only_who_may_edit_leads_may_change_many(house: House) -> None:
    viewer = Door(house.door.channel, house.door.configuration, token("leads:view", "leads:create"))
    assert (await refusal(viewer.change_many([str(new_id())], title="x"))).reason == "PERMISSION_MISSING"


async def test_bulk_and_single_updates_of_the_same_leads_all_count_and_none_waits_for_ever(
    house: House, process: Process
) -> None:
    ids = [lead.id for lead in await some(house, process, 60)]
    await asyncio.gather(
        house.door.change_many(ids, title="forward"),
        house.door.change_many(ids[::-1], company="backward"),
        house.door.change_many(ids, atomic=True, description="at once"),
        *(house.door.update(each, source="website") for each in ids),
    )
    for each in ids:
        after = await house.door.get(each)
        assert (after.title, after.company, after.description, after.source, after.version) == (
            *("forward", "backward", "at once", "website"),
            5,
        )


async def test_a_thousand_leads_are_changed_in_one_call(house: House, process: Process) -> None:
    ids = [lead.id for _ in range(10) for lead in await some(house, process, 100)]
    answer = await house.door.change_many(
        ids, stage_id=process.stages["Shared"], priority="high", custom_fields={"campaign": "spring"}
    )
    assert (answer.updated, list(answer.failed)) == (1_000, [])
    owners = Counter([lead.assigned_to for lead in (await house.door.find(stage_ids=[process.stages["Shared"]])).leads])
    assert len(owners) == 3
