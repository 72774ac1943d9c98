"""What a stage asks for: the rules of its fields."""

import asyncio
from typing import Any

import pytest
from leadline.settings.v1 import lists_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from settings_service.domain.lead_fields import FIELD_TYPES
from tests.integration.settings.door import Door
from tests.integration.settings.refusals import faults_of

TYPES = ("text", "number", "date", "datetime", "boolean", "select", "email", "phone", "url")


async def stage_of(door: Door) -> str:
    return (await door.lead_stages())[1].id


async def add(door: Door, name: str = "budget", **fields: Any) -> Any:
    return await door.create("StageField", stage_id=await stage_of(door), name=name, **fields)


def options(type_: str) -> dict[str, Any]:
    return {"type": type_, **({"options": ["one"]} if type_ == "select" else {})}


@pytest.mark.parametrize("name", ["a", "_", "Close-Date_2", "x" * 100])
async def test_a_field_has_a_name_that_leads_can_keep_values_under(door: Door, name: str) -> None:
    assert (await add(door, name)).name == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "REQUIRED"),
        ("x" * 101, "TOO_LONG"),
        ("1st", "WRONG_CHARACTER"),
        ("-a", "WRONG_CHARACTER"),
        ("a b", "WRONG_CHARACTER"),
        ("a.b", "WRONG_CHARACTER"),
        ("größe", "WRONG_CHARACTER"),
        ("a\0", "WRONG_CHARACTER"),
    ],
)
async def test_other_names_are_refused(shared_door: Door, name: str, reason: str) -> None:
    assert await faults_of(add(shared_door, name)) == [("name", reason)]


@pytest.mark.parametrize("type_", TYPES)
async def test_every_type_can_be_asked_for(door: Door, type_: str) -> None:
    assert (await add(door, **options(type_))).type == type_


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"type": "money"}, [("type", "NOT_ALLOWED")]),
        ({"type": "select"}, [("options", "REQUIRED")]),
        ({"type": "text", "options": ["a"]}, [("options", "NOT_ALLOWED")]),
        ({"type": "select", "options": ["a", " a "]}, [("options[1]", "REPEATED")]),
        ({"type": "select", "options": ["", "x" * 101]}, [("options[0]", "REQUIRED"), ("options[1]", "TOO_LONG")]),
        ({"type": "select", "options": [str(n) for n in range(1001)]}, [("options", "TOO_LONG")]),
        ({"label": "x" * 101, "position": 1001}, [("label", "TOO_LONG"), ("position", "OUT_OF_RANGE")]),
    ],
)
async def test_what_a_field_cannot_be_is_refused(
    shared_door: Door, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    assert sorted(await faults_of(add(shared_door, **fields))) == faults


@pytest.mark.parametrize("name", sorted(FIELD_TYPES))
async def test_a_field_named_like_a_lead_field_has_its_type(door: Door, name: str) -> None:
    expected = {"estimatedValue": {"number"}, "email": {"email"}, "phone": {"phone"}}.get(name, {"text"})
    if name in {"source", "priority"}:
        expected = {"text", "select"}
    for type_ in TYPES:
        if type_ in expected:
            field = await add(door, name, **options(type_))
            await door.delete_field(field.stage_id, field.id)
        else:
            assert await faults_of(add(door, name, **options(type_))) == [("type", "TYPE_OF_LEAD_FIELD")]


async def test_a_field_gets_every_other_value(door: Door) -> None:
    field = await add(door, "size")
    changed = await door.change_field(
        field.stage_id, field.id, name="volume", label="How much", required=False, expected_version=1
    )
    assert (changed.name, changed.label, changed.required, changed.version) == ("volume", "How much", False, 2)
    assert await door.fields(field.stage_id) == [changed]
    assert (await door.snapshot()).stage_fields == [changed]
    select = await add(door, "color", type="select", options=["red", "blue"])
    changed = await door.change_field(select.stage_id, select.id, options=["blue", "green"])
    assert list(changed.options) == ["blue", "green"]
    assert await faults_of(door.change_field(select.stage_id, select.id, options=[])) == [("options", "REQUIRED")]
    assert await faults_of(door.change_field(field.stage_id, field.id, name="email")) == [
        ("type", "TYPE_OF_LEAD_FIELD")
    ]


@pytest.mark.parametrize("before", TYPES)
@pytest.mark.parametrize("after", TYPES)
async def test_a_type_changes_only_where_the_values_that_leads_have_survive(
    door: Door, before: str, after: str
) -> None:
    field = await add(door, **options(before))
    change = {"type": after, "options": options(after).get("options", []), "mask": ["type", "options"]}
    written = {"date", "datetime", "select", "email", "phone", "url"}
    if before == after or (before in written and after == "text"):
        assert (await door.change_field(field.stage_id, field.id, **change)).type == after
    else:
        assert await faults_of(door.change_field(field.stage_id, field.id, **change)) == [("type", "TYPE_CHANGE")]
        assert await door.fields(field.stage_id) == [field]


async def test_fields_come_by_position_and_close_the_gap(door: Door) -> None:
    stage = await stage_of(door)
    a, b, c = [await add(door, name) for name in "abc"]
    await door.change_field(stage, c.id, position=1)
    assert [field.name for field in await door.fields(stage)] == ["c", "a", "b"]
    await door.delete_field(stage, a.id, expected_version=2)
    left = await door.fields(stage)
    assert [(field.name, field.position, field.version) for field in left] == [("c", 1, 2), ("b", 2, 3)]
    assert b.id == left[1].id
    assert (await door.snapshot()).revision == 6


async def test_a_name_can_be_used_again_after_its_deletion(door: Door) -> None:
    field = await add(door, type="number")
    await door.delete_field(field.stage_id, field.id)
    assert (await add(door, "BUDGET", type="text")).position == 1


async def test_what_is_not_there_is_not_found(door: Door) -> None:
    field, other = await add(door), (await door.lead_stages())[0].id
    asked: list[tuple[Any, str]] = [
        (door.fields(str(new_id())), "STAGE_NOT_FOUND"),
        (door.create("StageField", stage_id=str(new_id()), name="x"), "STAGE_NOT_FOUND"),
        (door.change_field(field.stage_id, new_id(), label="x"), "STAGE_FIELD_NOT_FOUND"),
        (door.change_field(other, field.id, label="x"), "STAGE_FIELD_NOT_FOUND"),
        (door.delete_field(other, field.id), "STAGE_FIELD_NOT_FOUND"),
        (door.delete_field(field.stage_id, str(new_id())), "STAGE_FIELD_NOT_FOUND"),
    ]
    for work, reason in asked:
        with pytest.raises(LeadlineError) as refused:
            await work
        assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, reason)
    assert await door.fields(field.stage_id) == [field]


async def test_a_stale_version_keeps_the_field(door: Door) -> None:
    field = await add(door)
    for work in (
        door.delete_field(field.stage_id, field.id, expected_version=2),
        door.change_field(field.stage_id, field.id, label="x", expected_version=2),
    ):
        with pytest.raises(LeadlineError) as refused:
            await work
        assert (refused.value.reason, refused.value.metadata) == ("VERSION_STALE", {"currentVersion": "1"})
    assert await door.fields(field.stage_id) == [field]


async def test_ids_and_what_cannot_be_changed_are_named(shared_door: Door) -> None:
    stage = await stage_of(shared_door)
    assert await faults_of(shared_door.fields("x")) == [("stageId", "NOT_A_UUID")]
    assert await faults_of(shared_door.change_field("x", new_id(), label="x")) == [("stageId", "NOT_A_UUID")]
    assert await faults_of(shared_door.delete_field(stage, "x")) == [("id", "NOT_A_UUID")]
    assert await faults_of(shared_door.change_field(stage, new_id(), mask=["stage_id"])) == [("stageId", "READ_ONLY")]


async def test_the_stages_of_opportunities_ask_for_nothing(shared_door: Door) -> None:
    stage = (await shared_door.stages(lists_pb2.MODULE_OPPORTUNITIES))[0]
    assert await shared_door.fields(stage.id) == []
    assert await faults_of(shared_door.create("StageField", stage_id=stage.id, name="x")) == [
        ("stageId", "NOT_A_LEAD_STAGE")
    ]


async def test_of_two_deletions_at_once_one_finds_the_field(door: Door) -> None:
    field = await add(door)
    both = (door.delete_field(field.stage_id, field.id) for _ in range(2))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    refusals = [each.reason for each in outcomes if isinstance(each, LeadlineError)]
    assert refusals == ["STAGE_FIELD_NOT_FOUND"]
