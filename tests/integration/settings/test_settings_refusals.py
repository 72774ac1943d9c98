"""What is refused, with its reason and fields; a refusal changes nothing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.settings.door import Door

SOURCES, ROLES = pb.LABEL_LIST_SOURCES, pb.LABEL_LIST_TEAM_ROLES
Act = Callable[[Door], Awaitable[Any]]


async def refusal_of(door: Door, act: Act) -> LeadlineError:
    before = await door.snapshot()
    with pytest.raises(LeadlineError) as refused:
        await act(door)
    assert await door.snapshot() == before
    return refused.value


def pipeline(place: int = 0, **fields: Any) -> Act:
    async def act(door: Door) -> None:
        await door.change_pipeline((await door.pipelines())[place].id, **fields)

    return act


def stage(place: int = 0, **fields: Any) -> Act:
    async def act(door: Door) -> None:
        await door.change_stage((await door.lead_stages())[place].id, **fields)

    return act


def priority(place: int = 0, **fields: Any) -> Act:
    async def act(door: Door) -> None:
        await door.change_priority((await door.priorities())[place].id, **fields)

    return act


def label(**fields: Any) -> Act:
    async def act(door: Door) -> None:
        await door.change_label(SOURCES, (await door.labels(SOURCES))[0].id, **fields)

    return act


INVALID: list[tuple[Act, list[tuple[str, str]]]] = [
    (pipeline(name=""), [("name", "REQUIRED")]),
    (pipeline(name=" \t "), [("name", "REQUIRED")]),
    (pipeline(name="x" * 101), [("name", "TOO_LONG")]),
    (pipeline(name="a\0b"), [("name", "CONTROL_CHARACTER")]),
    (pipeline(name="a\nb"), [("name", "CONTROL_CHARACTER")]),
    (pipeline(movement=lists_pb2.MOVEMENT_UNSPECIFIED), [("movement", "NOT_ALLOWED")]),
    (pipeline(movement=77), [("movement", "NOT_ALLOWED")]),
    (pipeline(mask=["module"]), [("module", "READ_ONLY")]),
    (pipeline(mask=["created_at"]), [("createdAt", "READ_ONLY")]),
    (pipeline(mask=["no_such", "name"]), [("noSuch", "UNKNOWN_FIELD")]),
    (lambda door: door.change_pipeline("7", name="x"), [("id", "NOT_A_UUID")]),
    (lambda door: door.pipelines(9), [("module", "NOT_ALLOWED")]),
    (stage(color="red"), [("color", "NOT_A_COLOR")]),
    (stage(color="#12345g"), [("color", "NOT_A_COLOR")]),
    (stage(color="#1234567"), [("color", "NOT_A_COLOR")]),
    (stage(probability=-1), [("probability", "OUT_OF_RANGE")]),
    (stage(probability=101), [("probability", "OUT_OF_RANGE")]),
    (stage(position=0), [("position", "OUT_OF_RANGE")]),
    (stage(position=7), [("position", "OUT_OF_RANGE")]),
    (stage(position=2**31 - 1), [("position", "OUT_OF_RANGE")]),
    (
        stage(name="", color="", probability=999),
        [("name", "REQUIRED"), ("color", "NOT_A_COLOR"), ("probability", "OUT_OF_RANGE")],
    ),
    (stage(is_won=True, is_lost=True), [("isWon", "WON_AND_LOST")]),
    (stage(4, is_lost=True), [("isLost", "WON_AND_LOST")]),
    (stage(5, is_won=True), [("isWon", "WON_AND_LOST")]),
    (stage(mask=["pipeline_id"]), [("pipelineId", "READ_ONLY")]),
    (lambda door: door.stages(pipeline_id="x"), [("pipelineId", "NOT_A_UUID")]),
    (lambda door: door.stages(9), [("module", "NOT_ALLOWED")]),
    (priority(name="urgent"), [("name", "READ_ONLY")]),
    (priority(label="", position=5), [("label", "REQUIRED")]),
    (priority(position=5), [("position", "OUT_OF_RANGE")]),
    (label(name="web"), [("name", "READ_ONLY")]),
    (label(label="a\0"), [("label", "CONTROL_CHARACTER")]),
    (lambda door: door.labels(pb.LABEL_LIST_UNSPECIFIED), [("list", "REQUIRED")]),
    (lambda door: door.labels(44), [("list", "REQUIRED")]),
    (lambda door: door.change_label(pb.LABEL_LIST_UNSPECIFIED, new_id(), label="x"), [("list", "REQUIRED")]),
    (lambda door: door.set_threshold(-1), [("threshold", "OUT_OF_RANGE")]),
    (lambda door: door.set_threshold(1_000_001), [("threshold", "OUT_OF_RANGE")]),
]


@pytest.mark.parametrize(("act", "faults"), INVALID, ids=[f"{n}-{case[1][0][0]}" for n, case in enumerate(INVALID)])
async def test_wrong_values_are_refused_by_the_name_of_their_field(
    shared_door: Door, act: Act, faults: list[tuple[str, str]]
) -> None:
    refusal = await refusal_of(shared_door, act)
    assert refusal.reason == "VALIDATION_FAILED"
    assert [(violation.field, violation.reason) for violation in refusal.violations] == faults
    assert all(violation.message for violation in refusal.violations)


MISSING: list[tuple[Act, str]] = [
    (lambda door: door.change_pipeline(new_id(), name="x"), "PIPELINE_NOT_FOUND"),
    (lambda door: door.change_stage(new_id(), name="x"), "STAGE_NOT_FOUND"),
    (lambda door: door.change_priority(new_id(), label="x"), "PRIORITY_NOT_FOUND"),
    (lambda door: door.change_label(SOURCES, new_id(), label="x"), "SOURCE_NOT_FOUND"),
    (
        lambda door: door.change_label(pb.LABEL_LIST_DISQUALIFICATION_REASONS, new_id(), label="x"),
        "DISQUALIFICATION_REASON_NOT_FOUND",
    ),
    (lambda door: door.change_label(ROLES, new_id(), label="x"), "TEAM_ROLE_NOT_FOUND"),
]


@pytest.mark.parametrize(("act", "reason"), MISSING, ids=[reason for _, reason in MISSING])
async def test_an_entry_that_is_not_there_is_not_found(shared_door: Door, act: Act, reason: str) -> None:
    refusal = await refusal_of(shared_door, act)
    assert (refusal.kind, refusal.reason) == (ErrorKind.NOT_FOUND, reason)


async def test_an_entry_of_another_list_is_not_found_in_this_one(shared_door: Door) -> None:
    source = (await shared_door.labels(SOURCES))[0]
    refusal = await refusal_of(shared_door, lambda door: door.change_label(ROLES, source.id, label="x"))
    assert refusal.reason == "TEAM_ROLE_NOT_FOUND"


@pytest.mark.parametrize(
    "act",
    [
        pipeline(name="x", expected_version=7),
        stage(name="x", expected_version=0),
        priority(label="x", expected_version=2),
        label(label="x", expected_version=2),
        # Stale counts before wrong, and where nothing would change too.
        stage(name="", expected_version=2),
        stage(position=1, expected_version=2),
        lambda door: door.set_threshold(1, expected_version=3),
        lambda door: door.change_settings({"general": {"currency": "EUR"}}, expected_version=3),
    ],
)
async def test_a_stale_version_is_refused_with_the_present_one(shared_door: Door, act: Act) -> None:
    refusal = await refusal_of(shared_door, act)
    assert (refusal.kind, refusal.reason) == (ErrorKind.STALE, "VERSION_STALE")
    assert refusal.metadata == {"currentVersion": "1"}


@pytest.mark.parametrize("act", [pipeline(is_default=False), priority(1, is_default=False)])
async def test_a_default_cannot_just_stop_being_it(shared_door: Door, act: Act) -> None:
    refusal = await refusal_of(shared_door, act)
    assert (refusal.kind, refusal.reason) == (ErrorKind.REFUSED, "DEFAULT_REQUIRED")


@pytest.mark.parametrize("name", ["Proposal", "pROPOSAL", " proposal "])
async def test_a_name_of_another_stage_of_the_pipeline_is_taken_whatever_its_case(shared_door: Door, name: str) -> None:
    refusal = await refusal_of(shared_door, stage(name=name))
    assert (refusal.kind, refusal.reason) == (ErrorKind.REFUSED, "NAME_TAKEN")
    assert refusal.metadata == {"name": name.strip()}


async def test_a_name_of_another_pipeline_of_the_module_is_taken_whatever_its_case(
    door: Door, add_pipeline: Callable[[str, str], str]
) -> None:
    added = add_pipeline("Über", "leads")
    assert (await refusal_of(door, pipeline(name="ÜBER"))).reason == "NAME_TAKEN"
    assert (await door.change_pipeline(added, name="ÜBER")).name == "ÜBER"


async def test_a_pipeline_keeps_an_open_stage(door: Door) -> None:
    for place in (1, 2, 3):
        await stage(place, is_lost=True)(door)
    for field in ("is_won", "is_lost"):
        refusal = await refusal_of(door, stage(0, **{field: True}))
        (violation,) = refusal.violations
        assert (violation.field, violation.reason) == (field.replace("_w", "W").replace("_l", "L"), "LAST_OPEN_STAGE")
