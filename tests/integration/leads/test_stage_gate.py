"""The stage gate and what is closed to entry, on every path through the gRPC door."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from leadline.leads.v1 import conversion_service_pb2 as conversion
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2, lists_pb2

from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, new_process, retire_stage
from tests.integration.leads.door import fields_at_fault, refusal
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import asks

BOB = str(new_id())
CLOSE = (
    "INSERT INTO closed_entries (kind, entry, retirement_id, open_from_revision) VALUES (:kind, :entry, :id, :since)"
)

# For each type of field: a value that fits it, the form in which it stays, and some values that do not fit.
TYPES: list[tuple[str, Any, Any, list[Any]]] = [
    ("text", " A word ", "A word", [7, True, ["A word"]]),
    ("number", 12.5, 12.5, ["12.5", True, "many"]),
    ("date", "2027-03-01", "2027-03-01", ["2027-02-30", "1 March", 20270301]),
    ("datetime", "2027-03-01T10:00:00+02:00", "2027-03-01T08:00:00Z", ["2027-03-01", "2027-03-01T10:00:00", 1]),
    ("boolean", False, False, ["false", 0]),
    ("select", "red", "red", ["green", 1]),
    ("email", "alice@startup.io", "alice@startup.io", ["alice", 7]),
    ("phone", "+1 212 555 0123", "+1 212 555 0123", ["123", 12125550123]),
    ("url", "https://startup.io/pricing", "https://startup.io/pricing", ["startup.io", "ftp://startup.io"]),
]
# For each field of the lead's own that a stage may ask for: a value, and how the lead shows it.
OWN: dict[str, tuple[Any, str, str]] = {
    "firstName": ("Alice", "first_name", "Alice"),
    "lastName": ("Smith", "last_name", "Smith"),
    "email": ("a@b.io", "email", "a@b.io"),
    "phone": ("212 555 0123", "phone_e164", "+12125550123"),
    "company": ("Acme", "company", "Acme"),
    "title": ("Director", "title", "Director"),
    "source": ("referral", "source", "referral"),
    "priority": ("critical", "priority", "critical"),
    "estimatedValue": (12.345, "estimated_value", "12.35"),
    "description": ("Two\nlines", "description", "Two\nlines"),
    "assignedTo": (BOB, "assigned_to", BOB),
}
ALWAYS_THERE = {"lastName", "priority"}


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("stage_gate"), configuration, clock) as opened:
        yield opened


@pytest.fixture
async def process(house: House) -> Process:
    return await new_process(house, "New", "Talk", "Offer", "Won", "Lost")


async def complete(house: House, conversion_id: str) -> None:
    request = conversion.CompleteConversionRequest(conversion_id=conversion_id)
    await house.door.as_saga(house.door.conversion_stub.CompleteConversion, request)


async def disqualify(house: House, lead_id: str, **values: Any) -> lead_pb2.Lead:
    request = pb.DisqualifyLeadRequest(
        lead_id=lead_id, reason="no_budget", stage_field_values=json.dumps(values) if values else ""
    )
    return (await house.door.ask(house.door.lead_stub.DisqualifyLead, request)).lead  # type: ignore[no-any-return]


async def test_no_path_leads_around_the_gate(house: House, process: Process) -> None:
    await house.push(*(asks(process.stages[stage], "contract") for stage in ("Talk", "Won", "Lost")))
    lead, talk = await process.lead(house, estimated_value="5"), process.stages["Talk"]
    for attempt in (
        process.lead(house, "Talk"),
        house.door.update(lead.id, stage_id=talk),
        house.door.change_stage(lead.id, talk),
        house.door.convert(lead.id),
        disqualify(house, lead.id),
    ):
        error = await refusal(attempt)
        assert (error.reason, fields_at_fault(error)) == (
            "STAGE_FIELDS_MISSING",
            {("stageFieldValues.contract", "REQUIRED")},
        )
    bulk = await house.door.change_many([lead.id], stage_id=talk)
    assert [each.reason for each in bulk.failed] == ["STAGE_FIELDS_MISSING"]
    assert (await refusal(house.door.change_many([lead.id], atomic=True, stage_id=talk))).reason == "BULK_REFUSED"
    assert await house.door.get(lead.id) == lead
    assert await house.door.happened(lead.id) == ["lead_created"]


async def test_what_comes_along_opens_the_gate_on_every_path_and_stays(house: House, process: Process) -> None:
    await house.push(*(asks(process.stages[stage], "contract") for stage in ("Talk", "Won", "Lost")))
    values, talk = {"contract": "C-7"}, process.stages["Talk"]
    new = await process.lead(house, "Talk", stage_field_values=values)
    updated, moved, won, lost = [await process.lead(house, estimated_value="5") for _ in range(4)]
    await house.door.update(updated.id, stage_id=talk, stage_field_values=values)
    await house.door.change_stage(moved.id, talk, **values)
    started = await house.door.convert(won.id, stage_field_values=json.dumps(values))
    await complete(house, started.id)
    await disqualify(house, lost.id, **values)
    ids = (new.id, updated.id, moved.id, won.id, lost.id)
    after = [await house.door.get(lead_id) for lead_id in ids]
    assert [lead.stage_name for lead in after] == ["Talk", "Talk", "Talk", "Won", "Lost"]
    assert [json.loads(lead.stage_field_values) for lead in after] == [values] * 5


@pytest.mark.parametrize("case", TYPES, ids=[each[0] for each in TYPES])
async def test_a_required_field_of_each_type_is_asked_for(
    house: House, process: Process, case: tuple[str, Any, Any, list[Any]]
) -> None:
    kind, value, kept, wrong = case
    talk = process.stages["Talk"]
    await house.push(asks(talk, "answer", kind))
    lead = await process.lead(house)
    for missing in ({}, {"answer": None}, {"answer": " "}):
        assert (await refusal(house.door.change_stage(lead.id, talk, **missing))).reason == "STAGE_FIELDS_MISSING"
    for bad in wrong:
        error = await refusal(house.door.change_stage(lead.id, talk, answer=bad))
        assert (error.reason, {field for field, _ in fields_at_fault(error)}) == (
            "VALIDATION_FAILED",
            {"stageFieldValues.answer"},
        ), bad
    moved = await house.door.change_stage(lead.id, talk, answer=value)
    assert json.loads(moved.stage_field_values) == {"answer": kept}
    back = await house.door.change_stage(lead.id, process.stages["New"])
    assert json.loads(back.stage_field_values) == {"answer": kept}
    assert (await house.door.change_stage(lead.id, talk)).stage_name == "Talk"


@pytest.mark.parametrize("name", OWN)
async def test_a_field_of_the_leads_own_may_be_asked_for(house: House, process: Process, name: str) -> None:
    value, attribute, shown = OWN[name]
    talk = process.stages["Talk"]
    await house.push(asks(talk, name, "number" if name == "estimatedValue" else "text"))
    lead = await process.lead(house)
    if name not in ALWAYS_THERE:
        error = await refusal(house.door.change_stage(lead.id, talk))
        assert fields_at_fault(error) == {(f"stageFieldValues.{name}", "REQUIRED")}
        has_it = await process.lead(house, **{attribute.removesuffix("_e164"): str(value)})
        assert (await house.door.change_stage(has_it.id, talk)).stage_name == "Talk"
    moved = await house.door.change_stage(lead.id, talk, **{name: value})
    assert (getattr(moved, attribute), moved.stage_field_values) == (shown, "{}")


async def test_a_sequential_pipeline_moves_step_by_step_past_what_is_being_deleted(
    house: House, process: Process
) -> None:
    def sequential(configuration: configuration_service_pb2.Configuration) -> None:
        (pipeline,) = [each for each in configuration.pipelines if each.id == process.id]
        pipeline.movement = lists_pb2.MOVEMENT_SEQUENTIAL

    await house.push(sequential)
    lead, offer = await process.lead(house), process.stages["Offer"]
    assert (await refusal(house.door.change_stage(lead.id, offer))).reason == "STAGE_MOVE_NOT_ALLOWED"
    bulk = await house.door.change_many([lead.id], stage_id=offer)
    assert [each.reason for each in bulk.failed] == ["STAGE_MOVE_NOT_ALLOWED"]
    await retire_stage(house, process, "Talk")
    assert (await house.door.change_stage(lead.id, offer)).stage_name == "Offer"
    assert (await house.door.change_stage(lead.id, process.stages["New"])).stage_name == "New"


async def test_nothing_enters_what_is_being_deleted_and_nothing_is_lost_for_it(house: House, process: Process) -> None:
    there = await process.lead(house, "Talk")
    retirement_id = await retire_stage(house, process, "Talk")
    talk = process.stages["Talk"]
    lead = await process.lead(house)
    for attempt in (
        process.lead(house, "Talk"),
        house.door.update(lead.id, stage_id=talk),
        house.door.change_stage(lead.id, talk),
    ):
        error = await refusal(attempt)
        assert (error.reason, error.metadata) == ("RETIRING", {"retirementId": retirement_id})
    assert [each.reason for each in (await house.door.change_many([lead.id], stage_id=talk)).failed] == ["RETIRING"]
    assert (await house.door.update(there.id, title="Director", stage_id=talk)).title == "Director"
    await retire_stage(house, process, "New")
    assert (await process.lead(house)).stage_name == "Offer"


@pytest.mark.parametrize("since", [None, 1_000_000])
async def test_a_moment_before_a_deletion_is_known_new_leads_go_elsewhere_and_what_is_named_is_refused(
    house: House, process: Process, since: int | None
) -> None:
    retirement_id, new = new_id(), process.stages["New"]
    await house.execute(CLOSE, kind="stage", entry=new, id=retirement_id, since=since)
    lead = await process.lead(house)
    assert lead.stage_name == "Talk"
    for attempt in (process.lead(house, "New"), house.door.change_stage(lead.id, new)):
        error = await refusal(attempt)
        assert (error.reason, error.metadata) == ("RETIRING", {"retirementId": str(retirement_id)})
    assert (await house.door.get(lead.id)) == lead
    assert await house.door.happened(lead.id) == ["lead_created"]


async def test_whoever_knows_the_configuration_after_a_deletion_may_enter_what_was_made_anew(
    house: House, process: Process
) -> None:
    revision = house.settings.current.revision
    await house.execute(CLOSE, kind="stage", entry=process.stages["New"], id=new_id(), since=revision)
    assert (await process.lead(house)).stage_name == "New"


async def test_at_the_end_of_a_conversion_nothing_is_refused_any_more(house: House, process: Process) -> None:
    closed, asked_for_more, retired = [await process.lead(house, estimated_value="5") for _ in range(3)]
    running = [await house.door.convert(lead.id) for lead in (closed, asked_for_more, retired)]
    await house.execute(CLOSE, kind="stage", entry=process.stages["Won"], id=new_id(), since=None)
    await complete(house, running[0].id)
    await house.execute("DELETE FROM closed_entries WHERE entry = :entry", entry=process.stages["Won"])
    await house.push(asks(process.stages["Won"], "contract"))
    await complete(house, running[1].id)
    await retire_stage(house, process, "Won")
    await complete(house, running[2].id)
    for lead in (closed, asked_for_more, retired):
        after = await house.door.get(lead.id)
        assert (after.status, after.stage_name) == (lead_pb2.LEAD_STATUS_CONVERTED, "New")


async def test_no_opportunity_is_planned_where_nothing_may_enter(house: House, process: Process) -> None:
    prospecting, proposal = (house.door.opportunity_stage(name) for name in ("Prospecting", "Proposal"))
    lead = await process.lead(house, estimated_value="5")
    await house.execute(CLOSE, kind="stage", entry=prospecting, id=new_id(), since=None)
    try:
        error = await refusal(house.door.convert(lead.id, opportunity_stage_id=prospecting))
        assert (error.reason, "retirementId" in error.metadata) == ("RETIRING", True)
        assert await house.door.get(lead.id) == lead
        started = await house.door.convert(lead.id)
        request = conversion.GetConversionPlanRequest(conversion_id=started.id)
        plan = (await house.door.as_saga(house.door.conversion_stub.GetConversionPlan, request)).plan
        assert plan.opportunity.stage_id == proposal
    finally:
        await house.execute("DELETE FROM closed_entries WHERE entry = :entry", entry=prospecting)


async def test_a_conversion_without_an_opportunity_does_not_care_for_its_stages(house: House, process: Process) -> None:
    lead = await process.lead(house, estimated_value="5")
    await house.execute(CLOSE, kind="stage", entry=house.door.opportunity_stage("Prospecting"), id=new_id(), since=None)
    try:
        started = await house.door.convert(lead.id, create_opportunity=False)
        assert started.state == conversion.CONVERSION_STATE_RUNNING
    finally:
        await house.execute("DELETE FROM closed_entries")


async def test_what_settings_ask_of_a_conversion_keeps_its_own_refusal(house: House, process: Process) -> None:
    await house.push(asks(process.stages["Won"], "contract"))
    lead = await process.lead(house)
    error = await refusal(house.door.convert(lead.id, stage_field_values='{"contract": "C-7"}'))
    assert (error.reason, fields_at_fault(error)) == ("CONVERSION_NOT_ALLOWED", {("estimatedValue", "REQUIRED")})
    for wrong, fault in (
        ('{"colour": "red"}', ("stageFieldValues.colour", "UNKNOWN_FIELD")),
        ("[]", ("stageFieldValues", "WRONG_TYPE")),
    ):
        error = await refusal(house.door.convert(lead.id, stage_field_values=wrong))
        assert (error.reason, fields_at_fault(error)) == ("VALIDATION_FAILED", {fault})
    assert await house.door.get(lead.id) == lead
