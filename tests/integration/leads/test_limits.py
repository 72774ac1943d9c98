"""Values just over a documented limit: refused by name, and nothing has changed; just within, taken."""

from typing import Any

import pytest
from leadline.leads.v1 import timeline_service_pb2 as timeline

from tests.integration.leads.door import Door, fields_at_fault, refusal

LINES = ("first_name", "last_name", "company")
REST = {"first_name": "firstName", "last_name": "lastName"}


@pytest.mark.parametrize("field", LINES)
async def test_a_line_has_at_most_two_hundred_characters(door: Door, field: str) -> None:
    longest: dict[str, Any] = {"last_name": "Johnson", field: "é" * 200}
    lead = await door.create(**longest)
    too_long: dict[str, Any] = {field: "é" * 201}
    error = await refusal(door.update(lead.id, **too_long))
    assert fields_at_fault(error) == {(REST.get(field, field), "TOO_LONG")}
    assert await door.get(lead.id) == lead


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"description": "x" * 20_001}, ("description", "TOO_LONG")),
        ({"email": f"{'a' * 310}@startup.io"}, ("email", "TOO_LONG")),
        ({"phone": "+1" + "2" * 60}, ("phone", "TOO_LONG")),
        ({"estimated_value": "-0.01"}, ("estimatedValue", "OUT_OF_RANGE")),
        ({"estimated_value": "10000000000000"}, ("estimatedValue", "OUT_OF_RANGE")),
        ({"custom_fields": {"a": "x" * 33_000}}, ("customFields", "TOO_LONG")),
    ],
)
async def test_what_is_over_a_limit_is_named_and_changes_nothing(
    door: Door, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    lead = await door.create()
    assert fields_at_fault(await refusal(door.update(lead.id, **given))) == {fault}
    assert await door.get(lead.id) == lead
    assert await door.history(lead.id) == []


async def test_a_note_has_at_most_twenty_thousand_characters(door: Door) -> None:
    lead = await door.create()
    assert len((await door.add_note(lead.id, "é" * 20_000)).content) == 20_000
    for wrong, reason in (("é" * 20_001, "TOO_LONG"), ("", "REQUIRED"), ("a\0b", "CONTROL_CHARACTER")):
        assert fields_at_fault(await refusal(door.add_note(lead.id, wrong))) == {("content", reason)}
    assert (await door.happened(lead.id)).count("note_added") == 1


async def test_an_activity_has_its_limits_too(door: Door) -> None:
    lead = await door.create()
    error = await refusal(door.log(lead.id, type="fax", direction="sideways", subject="x" * 201, body="x" * 20_001))
    assert fields_at_fault(error) == {
        ("type", "NOT_ALLOWED"),
        ("direction", "NOT_ALLOWED"),
        ("subject", "TOO_LONG"),
        ("body", "TOO_LONG"),
    }
    assert await door.happened(lead.id) == ["lead_created"]


async def test_a_key_has_at_most_255_characters(door: Door) -> None:
    lead = await door.create()
    error = await refusal(door.add_note(lead.id, "a note", key="k" * 256))
    assert fields_at_fault(error) == {("Idempotency-Key", "TOO_LONG")}
    request = timeline.ListNotesRequest(lead_id=lead.id)
    assert (await door.ask(door.timeline_stub.ListNotes, request)).total == 0
