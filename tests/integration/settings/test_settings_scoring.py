"""Scoring rules, and by which revision scores may have become other ones."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.refusals import faults_of

Act = Callable[[Door], Awaitable[Any]]


async def add(door: Door, name: str = "Rule", **fields: Any) -> Any:
    return await door.create("ScoringRule", name=name, **{"field": "title", "operator": "is_empty", **fields})


@pytest.mark.parametrize(
    ("operator", "given", "kept"),
    [
        ("equals", "1", "1"),
        ("equals", "1.0", "1.0"),
        ("equals", "true", "true"),
        ("equals", '"1"', '"1"'),
        ("equals", ' "Zoë" ', '"Zoë"'),
        ("equals", '"a\\nb"', '"a\\nb"'),
        ("in", '["a", 1, 1.5, false]', '["a",1,1.5,false]'),
        ("greater_than", "12345678901234567890", "12345678901234567890"),
        ("greater_than", "9999999999999.99", "9999999999999.99"),
        ("greater_than", '"1000.50"', '"1000.50"'),
        ("is_empty", "", "null"),
        ("is_empty", "null", "null"),
    ],
)
async def test_a_value_comes_back_as_it_was_given(door: Door, operator: str, given: str, kept: str) -> None:
    made = await add(door, field="customFields.size", operator=operator, value=given)
    assert made.value == kept
    assert (await door.rules())[0].value == kept
    assert (await door.snapshot()).scoring_rules[0].value == kept


async def test_a_rule_gets_every_other_value(door: Door) -> None:
    rule = await add(door, points=5, category="fit")
    changed = await door.change_rule(
        rule.id,
        name=" Big ",
        category="",
        field="estimatedValue",
        operator="greater_than",
        value="1000",
        points=-1_000_000,
        is_active=False,
        mask=["name", "category", "field", "operator", "value", "points", "is_active"],
        expected_version=1,
    )
    assert (changed.name, changed.category, changed.field, changed.operator) == (
        "Big", "", "estimatedValue", "greater_than",
    )  # fmt: skip
    assert (changed.value, changed.points, changed.is_active, changed.version) == ("1000", -1_000_000, False, 2)
    assert await door.rules() == [changed]


async def test_a_value_of_another_type_is_a_change_even_where_the_numbers_are_equal(door: Door) -> None:
    rule = await add(door, field="customFields.size", operator="equals", value="1")
    assert (await door.change_rule(rule.id, value="1")).version == 1
    assert (await door.change_rule(rule.id, value="true")).version == 2
    changed = await door.change_rule(rule.id, value="1.0")
    assert (changed.value, changed.version) == ("1.0", 3)


FAULTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"name": ""}, [("name", "REQUIRED")]),
    ({"field": ""}, [("field", "UNKNOWN_LEAD_FIELD")]),
    ({"field": "colour"}, [("field", "UNKNOWN_LEAD_FIELD")]),
    ({"field": "score"}, [("field", "UNKNOWN_LEAD_FIELD")]),
    ({"field": "customFields."}, [("field", "UNKNOWN_LEAD_FIELD")]),
    ({"field": "customFields.a\0"}, [("field", "UNKNOWN_LEAD_FIELD")]),
    ({"operator": ""}, [("operator", "NOT_ALLOWED")]),
    ({"operator": "like"}, [("operator", "NOT_ALLOWED")]),
    ({"points": 1_000_001}, [("points", "OUT_OF_RANGE")]),
    ({"points": -1_000_001}, [("points", "OUT_OF_RANGE")]),
    ({"category": "x" * 101}, [("category", "TOO_LONG")]),
    ({"value": "{"}, [("value", "NOT_JSON")]),
    ({"value": "NaN"}, [("value", "NOT_JSON")]),
    ({"value": "[" * 30_000}, [("value", "NOT_JSON")]),
    ({"value": "9" * 5_000}, [("value", "NOT_JSON")]),
    ({"value": "1e999"}, [("value", "OUT_OF_RANGE")]),
    ({"value": '"\\u0000"'}, [("value", "WRONG_CHARACTER")]),
    ({"value": '"\\ud800"'}, [("value", "WRONG_CHARACTER")]),
    ({"value": f'"{"x" * 65_536}"'}, [("value", "TOO_LONG")]),
    ({"value": "1"}, [("value", "WRONG_VALUE")]),
    ({"operator": "equals"}, [("value", "WRONG_VALUE")]),
    ({"operator": "equals", "value": "{}"}, [("value", "WRONG_VALUE")]),
    ({"operator": "in", "value": '"a"'}, [("value", "WRONG_VALUE")]),
    ({"field": "estimatedValue", "operator": "less_than", "value": '"many"'}, [("value", "WRONG_VALUE")]),
    ({"field": "createdAt", "operator": "older_than_days", "value": "-1"}, [("value", "WRONG_VALUE")]),
    ({"field": "estimatedValue", "operator": "contains", "value": '"1"'}, [("operator", "WRONG_OPERATOR")]),
    ({"field": "company", "operator": "older_than_days", "value": "1"}, [("operator", "WRONG_OPERATOR")]),
    ({"field": "company", "operator": "greater_than", "value": "1"}, [("operator", "WRONG_OPERATOR")]),
    ({"field": "createdAt", "operator": "greater_than", "value": "1"}, [("operator", "WRONG_OPERATOR")]),
    ({"field": "assignedTo", "operator": "starts_with", "value": '"a"'}, [("operator", "WRONG_OPERATOR")]),
    (
        {"field": "company", "operator": "less_than", "value": '"a"'},
        [("operator", "WRONG_OPERATOR"), ("value", "WRONG_VALUE")],
    ),
    (
        {"name": "", "field": "x", "operator": "y", "value": "z", "points": 2_000_000, "category": "x" * 101},
        [
            ("category", "TOO_LONG"),
            ("field", "UNKNOWN_LEAD_FIELD"),
            ("name", "REQUIRED"),
            ("operator", "NOT_ALLOWED"),
            ("points", "OUT_OF_RANGE"),
            ("value", "NOT_JSON"),
        ],
    ),
]


@pytest.mark.parametrize(("fields", "faults"), FAULTS, ids=[f"{n}-{case[1][0]}" for n, case in enumerate(FAULTS)])
async def test_a_rule_that_cannot_work_is_refused(
    shared_door: Door, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    before = await shared_door.snapshot()
    assert sorted(await faults_of(add(shared_door, **fields))) == faults
    assert await shared_door.snapshot() == before


async def test_operator_field_and_value_are_checked_as_they_are_after_the_change(door: Door) -> None:
    rule = await add(door, operator="equals", value='"Founder"')
    assert await faults_of(door.change_rule(rule.id, operator="in")) == [("value", "WRONG_VALUE")]
    assert await faults_of(door.change_rule(rule.id, value="null")) == [("value", "WRONG_VALUE")]
    assert (await door.change_rule(rule.id, operator="in", value='["Founder"]')).operator == "in"
    assert (await door.change_rule(rule.id, operator="contains", value='"Found"')).version == 3
    assert await faults_of(door.change_rule(rule.id, field="estimatedValue")) == [("operator", "WRONG_OPERATOR")]


async def test_rules_come_by_position_and_close_the_gap(door: Door) -> None:
    a, _b, c = [await add(door, name) for name in "abc"]
    await door.change_rule(c.id, position=2)
    assert [(rule.name, rule.position) for rule in await door.rules()] == [("a", 1), ("c", 2), ("b", 3)]
    await door.delete_rule(a.id, expected_version=1)
    assert [(rule.name, rule.position) for rule in await door.rules()] == [("c", 1), ("b", 2)]


async def test_a_rule_that_is_not_there_is_not_found(door: Door) -> None:
    rule = await add(door)
    with pytest.raises(LeadlineError) as refused:
        await door.delete_rule(rule.id, expected_version=2)
    assert refused.value.reason == "VERSION_STALE"
    await door.delete_rule(rule.id)
    for work in (door.delete_rule(rule.id), door.change_rule(new_id(), points=1)):
        with pytest.raises(LeadlineError) as refused:
            await work
        assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, "SCORING_RULE_NOT_FOUND")
    assert await faults_of(door.delete_rule("x")) == [("id", "NOT_A_UUID")]


async def _with_rule(door: Door, act: Callable[[str], Awaitable[Any]]) -> None:
    await act((await door.rules())[0].id)


async def _with_stage(door: Door, act: Callable[[str], Awaitable[Any]]) -> None:
    await act((await door.lead_stages())[0].id)


async def _create_stage(door: Door) -> None:
    await door.create("Stage", pipeline_id=(await door.pipelines())[0].id, name="Another")


async def _rename_pipeline(door: Door) -> None:
    await door.change_pipeline((await door.pipelines())[0].id, name="Sales")


SCORING: dict[str, Act] = {
    "a rule is created": lambda door: add(door, "Another"),
    "a rule is changed": lambda door: _with_rule(door, lambda id_: door.change_rule(id_, points=7)),
    "a rule is put out of use": lambda door: _with_rule(door, lambda id_: door.change_rule(id_, mask=["is_active"])),
    "a rule is deleted": lambda door: _with_rule(door, door.delete_rule),
    "the threshold is set": lambda door: door.set_threshold(61),
    "the highest score is set": lambda door: door.change_settings({"scoring": {"maxScore": 99}}),
    "a stage is renamed": lambda door: _with_stage(door, lambda id_: door.change_stage(id_, name="Fresh")),
}
OTHERS: dict[str, Act] = {
    "a stage gets a color": lambda door: _with_stage(door, lambda id_: door.change_stage(id_, color="#000000")),
    "a stage is moved": lambda door: _with_stage(door, lambda id_: door.change_stage(id_, position=2)),
    "a stage is created": _create_stage,
    "the document changes elsewhere": lambda door: door.change_settings({"general": {"currency": "EUR"}}),
    "a pipeline is renamed": _rename_pipeline,
    "a source is created": lambda door: door.create("Label", list=pb.LABEL_LIST_SOURCES, name="fair"),
}


async def test_scores_are_those_of_the_first_start_until_something_changes_them(shared_door: Door) -> None:
    assert (await shared_door.snapshot()).scoring_revision == 0


@pytest.mark.parametrize("act", SCORING.values(), ids=SCORING)
async def test_scores_may_be_other_ones_from_the_revision_on_by_which(door: Door, act: Act) -> None:
    await add(door)
    await door.change_settings({"general": {"currency": "EUR"}})
    assert (await door.snapshot()).scoring_revision == 2
    await act(door)
    snapshot = await door.snapshot()
    assert (snapshot.revision, snapshot.scoring_revision) == (4, 4)


@pytest.mark.parametrize("act", OTHERS.values(), ids=OTHERS)
async def test_scores_stay_when(door: Door, act: Act) -> None:
    await add(door)
    await act(door)
    snapshot = await door.snapshot()
    assert (snapshot.revision, snapshot.scoring_revision) == (3, 2)
