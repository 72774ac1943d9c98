"""Reading leads by their ids, and only the fields that are wanted."""

from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_service_pb2 as leads

from kit.ids import new_id
from tests.integration.leads.door import Door, fields_at_fault, refusal


async def batch(door: Door, *lead_ids: str, paths: tuple[str, ...] = ()) -> leads.BatchGetLeadsResponse:
    request = leads.BatchGetLeadsRequest(lead_ids=lead_ids, read_mask=FieldMask(paths=paths))
    return await door.ask(door.lead_stub.BatchGetLeads, request)  # type: ignore[no-any-return]


async def test_leads_come_in_the_order_of_their_ids_and_those_that_are_not_there_are_named(door: Door) -> None:
    first, second, gone = [(await door.create(last_name=name)).id for name in ("A", "B", "C")]
    await door.delete(gone)
    unknown = str(new_id())
    answer = await batch(door, second, gone, first, unknown)
    assert [lead.last_name for lead in answer.leads] == ["B", "A"]
    assert list(answer.missing_ids) == [gone, unknown]
    assert answer.leads[0] == await door.get(second)


async def test_ids_are_some_each_once_and_not_too_many(door: Door) -> None:
    one, other = str(new_id()), str(new_id())
    error = await refusal(batch(door, one, other, one.upper(), "x"))
    assert fields_at_fault(error) == {("ids[2]", "DUPLICATE"), ("ids[3]", "NOT_A_UUID")}
    for ids in ((), [str(new_id()) for _ in range(101)]):
        assert fields_at_fault(await refusal(batch(door, *ids))) == {("ids", "OUT_OF_RANGE")}
    assert len((await batch(door, *(str(new_id()) for _ in range(100)))).missing_ids) == 100


@pytest.mark.parametrize("way", ["get", "batch", "list"])
async def test_a_mask_names_the_fields_that_are_answered(door: Door, way: str) -> None:
    mark = f"mask{new_id()}"
    lead = await door.create(last_name="Masked", company=mark, estimated_value="7")
    (seen,) = await read(door, way, lead.id, mark, "last_name", "estimated_value")
    assert {field.name for field, _ in seen.ListFields()} == {"last_name", "estimated_value"}
    assert (seen.last_name, seen.estimated_value) == ("Masked", "7.00")
    (whole,) = await read(door, way, lead.id, mark)
    assert whole.id == lead.id
    assert whole.company == mark


@pytest.mark.parametrize("way", ["get", "batch", "list"])
async def test_a_mask_with_what_is_no_field_is_refused_and_names_it(door: Door, way: str) -> None:
    lead = await door.create(last_name="Masked")
    error = await refusal(read(door, way, lead.id, "", "lastName", "last_name", "score_breakdown.points"))
    wrong = {("lastName", "UNKNOWN_FIELD"), ("score_breakdown.points", "UNKNOWN_FIELD")}
    assert (error.reason, fields_at_fault(error)) == ("VALIDATION_FAILED", wrong)


async def read(door: Door, way: str, lead_id: str, mark: str, *paths: str) -> list[Any]:
    mask = FieldMask(paths=paths)
    if way == "get":
        request = leads.GetLeadRequest(lead_id=lead_id, read_mask=mask)
        return [(await door.ask(door.lead_stub.GetLead, request)).lead]
    if way == "batch":
        return list((await batch(door, lead_id, paths=paths)).leads)
    return list((await door.find(search=mark, read_mask=mask)).leads)
