"""Creating entries: what they are where nothing is said, and what follows for the others."""

from typing import Any

import pytest
from leadline.settings.v1 import lists_pb2

from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.makers import (
    REASONS,
    ROLES,
    SOURCES,
    Make,
    make_field,
    make_pipeline,
    make_priority,
    make_rule,
    make_source,
    make_stage,
    stage_id_of,
)
from tests.integration.settings.refusals import faults_of, refused

GREY = "#9aa0a6"


async def test_a_pipeline_is_of_leads_free_and_without_stages_where_nothing_is_said(door: Door) -> None:
    made = await make_pipeline(door, "  Inbound ")
    assert (made.name, made.module, made.movement, made.is_default, made.version) == (
        "Inbound",
        lists_pb2.MODULE_LEADS,
        lists_pb2.MOVEMENT_FREE,
        False,
        1,
    )
    assert made in await door.pipelines()
    assert await door.stages(pipeline_id=made.id) == []


async def test_a_pipeline_is_what_is_said(door: Door) -> None:
    opportunities = lists_pb2.MODULE_OPPORTUNITIES
    old = (await door.pipelines(opportunities))[0]
    made = await make_pipeline(
        door, "Deals", module=opportunities, is_default=True, movement=lists_pb2.MOVEMENT_SEQUENTIAL
    )
    assert (made.module, made.movement, made.is_default) == (opportunities, lists_pb2.MOVEMENT_SEQUENTIAL, True)
    after = await door.pipelines(opportunities)
    assert [(each.id, each.is_default, each.version) for each in after] == [(made.id, True, 1), (old.id, False, 2)]


async def test_a_stage_is_open_grey_and_the_last_where_nothing_is_said(door: Door) -> None:
    made = await make_stage(door, "Talk")
    assert (made.position, made.color, made.probability, made.is_won, made.is_lost) == (7, GREY, 0, False, False)
    assert (await door.lead_stages())[-1] == made


async def test_a_won_stage_is_certain_unless_said_otherwise(door: Door) -> None:
    assert (await make_stage(door, "Won", is_won=True)).probability == 100
    assert (await make_stage(door, "Lost", is_lost=True)).probability == 0
    assert (await make_stage(door, "Nearly", is_won=True, probability=95)).probability == 95


async def test_a_pipeline_may_get_its_won_stage_first(door: Door) -> None:
    pipeline = await make_pipeline(door, "New")
    for name, more in (("Won", {"is_won": True}), ("Lost", {"is_lost": True}), ("Open", {"position": 1})):
        await door.create("Stage", pipeline_id=pipeline.id, name=name, **more)
    stages = await door.stages(pipeline_id=pipeline.id)
    assert [(stage.name, stage.position) for stage in stages] == [("Open", 1), ("Won", 2), ("Lost", 3)]


async def test_each_stage_has_ownership_and_visibility_from_its_creation_on(door: Door) -> None:
    made = await make_stage(door, "Talk")
    ownership, visibility = await door.ownership(made.id), await door.visibility(made.id)
    assert ownership == lists_pb2.StageOwnership(
        stage_id=made.id,
        strategy=lists_pb2.ASSIGNMENT_STRATEGY_NONE,
        version=1,
        updated_at=ownership.updated_at,
    )
    assert (visibility.stage_id, dict(visibility.fields), visibility.version) == (made.id, {}, 1)
    snapshot = await door.snapshot()
    stages = {stage.id for stage in snapshot.stages}
    assert {each.stage_id for each in snapshot.stage_ownership} == stages
    assert {each.stage_id for each in snapshot.field_visibility} == stages
    assert {each.version for each in snapshot.stage_ownership} == {1}
    assert {each.version for each in snapshot.field_visibility} == {1}


async def test_a_stage_field_is_a_required_text_where_nothing_is_said(door: Door) -> None:
    stage_id = await stage_id_of(door)
    made = await make_field(door, "budget")
    assert (made.stage_id, made.name, made.label, made.type, made.required, list(made.options), made.position) == (
        stage_id,
        "budget",
        "budget",
        "text",
        True,
        [],
        1,
    )
    assert await door.fields(stage_id) == [made]


async def test_a_stage_field_is_what_is_said(door: Door) -> None:
    await make_field(door, "first")
    made = await make_field(
        door, "size", label="How big", type="select", required=False, options=["small", " large "], position=1
    )
    assert (made.label, made.type, made.required, list(made.options), made.position) == (
        "How big",
        "select",
        False,
        ["small", "large"],
        1,
    )


async def test_a_priority_is_the_most_urgent_where_nothing_is_said(door: Door) -> None:
    made = await make_priority(door, "urgent")
    assert (made.name, made.label, made.color, made.position, made.is_default) == ("urgent", "urgent", GREY, 5, False)
    assert (await door.priorities())[-1] == made


async def test_a_new_default_priority_takes_that_from_the_old_one_and_its_place(door: Door) -> None:
    made = await make_priority(door, "normal", label="Normal", color="#ABCDEF", position=2, is_default=True)
    after = await door.priorities()
    assert [each.name for each in after] == ["low", "normal", "medium", "high", "critical"]
    assert [each.position for each in after] == [1, 2, 3, 4, 5]
    assert [each.name for each in after if each.is_default] == ["normal"]
    assert [each.version for each in after] == [1, 1, 2, 2, 2]
    assert (made.label, made.color) == ("Normal", "#abcdef")


@pytest.mark.parametrize("list_", [SOURCES, REASONS, ROLES], ids=["sources", "reasons", "roles"])
async def test_an_entry_of_a_plain_list_comes_at_its_end_and_can_be_chosen(door: Door, list_: Any) -> None:
    before = await door.labels(list_)
    one = await door.create("Label", list=list_, name="trade_fair")
    two = await door.create("Label", list=list_, name="Fair", label="A fair", is_active=False)
    assert (one.name, one.label, one.is_active, one.version) == ("trade_fair", "trade_fair", True, 1)
    assert (two.name, two.label, two.is_active) == ("Fair", "A fair", False)
    assert await door.labels(list_) == [*before, one, two]


async def test_the_same_name_may_be_in_several_lists(door: Door) -> None:
    for list_ in (SOURCES, REASONS, ROLES):
        await door.create("Label", list=list_, name="same")
    await make_priority(door, "same")


async def test_a_scoring_rule_is_active_and_the_last_where_nothing_is_said(door: Door) -> None:
    made = await make_rule(door, "No title")
    assert (made.category, made.value, made.points, made.is_active, made.position) == ("", "null", 0, True, 1)
    other = await make_rule(door, "Big", field="estimatedValue", operator="greater_than", value="1000.50", points=-7)
    assert (other.field, other.operator, other.value, other.points, other.position) == (
        "estimatedValue",
        "greater_than",
        "1000.5",
        -7,
        2,
    )
    assert await door.rules() == [made, other]


INVALID: list[tuple[Make, dict[str, Any], list[tuple[str, str]]]] = [
    (make_pipeline, {"name": ""}, [("name", "REQUIRED")]),
    (
        make_pipeline,
        {"name": "x", "module": 9, "movement": 9},
        [("module", "NOT_ALLOWED"), ("movement", "NOT_ALLOWED")],
    ),
    (make_stage, {"name": "a\nb"}, [("name", "CONTROL_CHARACTER")]),
    (
        make_stage,
        {"name": "x" * 101, "color": "red", "probability": 101, "position": 0},
        [("name", "TOO_LONG"), ("position", "OUT_OF_RANGE"), ("color", "NOT_A_COLOR"), ("probability", "OUT_OF_RANGE")],
    ),
    (make_stage, {"name": "x", "is_won": True, "is_lost": True}, [("isWon", "WON_AND_LOST")]),
    (make_priority, {"name": "*"}, [("name", "NOT_ALLOWED")]),
    (make_priority, {"name": "", "label": "x" * 101}, [("name", "REQUIRED"), ("label", "TOO_LONG")]),
    (make_source, {"name": "a\0b"}, [("name", "CONTROL_CHARACTER")]),
    (make_source, {"name": "x" * 101}, [("name", "TOO_LONG")]),
]


@pytest.mark.parametrize(("make", "fields", "faults"), INVALID)
async def test_wrong_values_are_all_named_and_nothing_is_made(
    shared_door: Door, make: Make, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    before = await shared_door.snapshot()
    assert sorted(await faults_of(make(shared_door, **fields))) == sorted(faults)
    assert await shared_door.snapshot() == before


async def test_a_stage_needs_a_pipeline_that_is_there(shared_door: Door) -> None:
    for pipeline_id, reason in (("", "NOT_A_UUID"), ("7", "NOT_A_UUID"), (str(new_id()), "NOT_CONFIGURED")):
        made = shared_door.create("Stage", pipeline_id=pipeline_id, name="x")
        assert await faults_of(made) == [("pipelineId", reason)]


async def test_a_plain_list_must_be_named(shared_door: Door) -> None:
    assert await faults_of(shared_door.create("Label", name="x")) == [("list", "REQUIRED")]


async def test_a_priority_without_response_minutes_is_refused(door: Door) -> None:
    minutes = {"low": 4, "medium": 3, "high": 2, "critical": 1}
    policy = {"name": "Gold", "isDefault": True, "responseMinutes": minutes}
    await door.change_settings({"sla": {"policies": [policy]}})
    error = await refused(make_priority(door, "urgent"))
    assert [(each.field, each.reason) for each in error.violations] == [("name", "NO_RESPONSE_MINUTES")]
    assert "Gold" in error.violations[0].message
    await door.change_settings({"sla": {"policies": [{**policy, "responseMinutes": {**minutes, "*": 5}}]}})
    await make_priority(door, "urgent")
    await door.change_settings({"sla": {"policies": [{**policy, "responseMinutes": 30}]}})
    await make_priority(door, "more_urgent")
