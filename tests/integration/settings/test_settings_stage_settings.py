"""Who owns the leads at a stage, and what users see and change of them."""

from typing import Any

import pytest
from leadline.settings.v1 import lists_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.refusals import faults_of

USER, TEAM, ROLE = pb.OWNER_TYPE_USER, pb.OWNER_TYPE_TEAM, pb.OWNER_TYPE_ROLE
NONE, IN_TURN, LEAST = (
    pb.ASSIGNMENT_STRATEGY_NONE,
    pb.ASSIGNMENT_STRATEGY_ROUND_ROBIN,
    pb.ASSIGNMENT_STRATEGY_LEAST_LOADED,
)
HIDDEN, READ_ONLY, EDITABLE = pb.FIELD_ACCESS_HIDDEN, pb.FIELD_ACCESS_READ_ONLY, pb.FIELD_ACCESS_EDITABLE
ANNA, BEN = str(new_id()), str(new_id())


async def stage_of(door: Door) -> str:
    return (await door.lead_stages())[0].id


async def test_a_stage_gets_members_who_take_turns(door: Door) -> None:
    stage = await stage_of(door)
    stream = door.watch()
    await anext(stream)
    changed = await door.change_ownership(
        stage, owner_type=TEAM, owner_id=" inbound ", auto_assign=True, strategy=IN_TURN, member_ids=[BEN, ANNA.upper()]
    )
    assert (changed.owner_type, changed.owner_id, changed.auto_assign) == (TEAM, "inbound", True)
    assert (changed.strategy, list(changed.member_ids), changed.version) == (IN_TURN, [BEN, ANNA], 2)
    assert await door.ownership(stage) == changed
    pushed = await anext(stream)
    assert (pushed.revision, changed in pushed.stage_ownership) == (2, True)


async def test_only_what_the_mask_names_changes(door: Door) -> None:
    stage = await stage_of(door)
    await door.change_ownership(stage, owner_type=USER, owner_id=ANNA, member_ids=[ANNA])
    changed = await door.change_ownership(stage, auto_assign=True)
    assert (changed.owner_id, changed.auto_assign, list(changed.member_ids)) == (ANNA, True, [ANNA])
    changed = await door.change_ownership(stage, owner_id=BEN, expected_version=3)
    assert (changed.owner_type, changed.owner_id, changed.version) == (USER, BEN, 4)


async def test_owner_strategy_and_members_can_be_cleared(door: Door) -> None:
    stage = await stage_of(door)
    before = await door.ownership(stage)
    await door.change_ownership(stage, owner_type=ROLE, owner_id="sales", strategy=LEAST, member_ids=[ANNA])
    cleared = await door.change_ownership(stage, mask=["owner_type", "owner_id"])
    assert not cleared.HasField("owner_id")
    assert cleared.owner_type == pb.OWNER_TYPE_UNSPECIFIED
    assert list(cleared.member_ids) == [ANNA]
    cleared = await door.change_ownership(stage, mask=["member_ids"], strategy=NONE)
    cleared = await door.change_ownership(stage, strategy=NONE)
    assert (cleared.strategy, list(cleared.member_ids), before.version) == (NONE, [], 1)


OWNERSHIP_FAULTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"owner_type": USER}, [("ownerId", "REQUIRED")]),
    ({"owner_id": ANNA}, [("ownerType", "REQUIRED")]),
    ({"owner_type": USER, "owner_id": "anna"}, [("ownerId", "NOT_A_UUID")]),
    ({"owner_type": TEAM, "owner_id": "x" * 101}, [("ownerId", "TOO_LONG")]),
    ({"owner_type": ROLE, "owner_id": "a\0"}, [("ownerId", "CONTROL_CHARACTER")]),
    ({"owner_type": 9, "strategy": 9}, [("ownerType", "NOT_ALLOWED"), ("strategy", "NOT_ALLOWED")]),
    ({"mask": ["strategy"]}, [("strategy", "NOT_ALLOWED")]),
    ({"member_ids": ["x", ANNA, ANNA]}, [("memberIds[0]", "NOT_A_UUID"), ("memberIds[2]", "REPEATED")]),
    ({"member_ids": [str(new_id()) for _ in range(1001)]}, [("memberIds", "TOO_LONG")]),
    ({"auto_assign": True}, [("autoAssign", "NOBODY_TO_ASSIGN")]),
    (
        {"auto_assign": True, "owner_type": TEAM, "owner_id": "inbound", "member_ids": [ANNA]},
        [("autoAssign", "NOBODY_TO_ASSIGN")],
    ),
    ({"auto_assign": True, "strategy": IN_TURN}, [("memberIds", "NOBODY_TO_ASSIGN")]),
    (
        {"auto_assign": True, "strategy": LEAST, "owner_type": USER, "owner_id": ANNA},
        [("memberIds", "NOBODY_TO_ASSIGN")],
    ),
    ({"mask": ["stage_id"]}, [("stageId", "READ_ONLY")]),
    ({"mask": ["team"]}, [("team", "UNKNOWN_FIELD")]),
]


@pytest.mark.parametrize(("fields", "faults"), OWNERSHIP_FAULTS)
async def test_an_ownership_that_assigns_to_nobody_is_refused(
    shared_door: Door, fields: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    stage = await stage_of(shared_door)
    before = await shared_door.snapshot()
    assert sorted(await faults_of(shared_door.change_ownership(stage, **fields))) == faults
    assert await shared_door.snapshot() == before


async def test_what_would_be_assigned_to_cannot_be_taken_away(door: Door) -> None:
    stage = await stage_of(door)
    await door.change_ownership(stage, strategy=IN_TURN, member_ids=[ANNA], auto_assign=True)
    assert await faults_of(door.change_ownership(stage, mask=["member_ids"])) == [("memberIds", "NOBODY_TO_ASSIGN")]
    await door.change_ownership(stage, strategy=NONE, owner_type=USER, owner_id=ANNA)
    assert await faults_of(door.change_ownership(stage, owner_type=TEAM)) == [("autoAssign", "NOBODY_TO_ASSIGN")]


async def test_visibility_is_set_as_a_whole(door: Door) -> None:
    stage = await stage_of(door)
    fields = {
        "estimatedValue": HIDDEN,
        "source": READ_ONLY,
        "title": EDITABLE,
        "customFields": READ_ONLY,
        "customFields.margin of us": HIDDEN,
        "stageFieldValues": HIDDEN,
        "stageFieldValues.budget": EDITABLE,
        "score": HIDDEN,
    }
    set_ = await door.set_visibility(stage, fields)
    assert (dict(set_.fields), set_.version) == (fields, 2)
    assert await door.visibility(stage) == set_
    snapshot = await door.snapshot()
    assert set_ in snapshot.field_visibility
    assert snapshot.revision == 2
    after = await door.set_visibility(stage, {"score": EDITABLE}, expected_version=2)
    assert (dict(after.fields), after.version) == ({"score": EDITABLE}, 3)
    assert (await door.set_visibility(stage, {"score": EDITABLE})).version == 3
    assert dict((await door.set_visibility(stage, {})).fields) == {}


@pytest.mark.parametrize(
    "name",
    [
        "id", "status", "stageId", "stageName", "pipelineId", "createdAt", "updatedAt", "createdBy", "version",
        "qualified", "phoneE164", "Email", "colour", "", "customFields.", "stageFieldValues.", "customFields.a\0",
        f"customFields.{'x' * 101}",
    ],
)  # fmt: skip
async def test_what_cannot_be_hidden_is_refused_by_its_name(shared_door: Door, name: str) -> None:
    stage = await stage_of(shared_door)
    fields = {name: HIDDEN, "title": HIDDEN}
    assert await faults_of(shared_door.set_visibility(stage, fields)) == [
        (f"fields.{name}", "UNKNOWN_LEAD_FIELD")
        if len(name) < 100
        else (f"fields.{name}"[:119] + "…", "UNKNOWN_LEAD_FIELD")
    ]


async def test_every_wrong_access_is_named(shared_door: Door) -> None:
    stage = await stage_of(shared_door)
    fields: Any = {"title": 9, "company": pb.FIELD_ACCESS_UNSPECIFIED, "score": READ_ONLY, "email": HIDDEN}
    assert await faults_of(shared_door.set_visibility(stage, fields)) == [
        ("fields.company", "NOT_ALLOWED"),
        ("fields.score", "NOT_ALLOWED"),
        ("fields.title", "NOT_ALLOWED"),
    ]
    most = {f"customFields.k{n}": HIDDEN for n in range(201)}
    assert await faults_of(shared_door.set_visibility(stage, most)) == [("fields", "TOO_LONG")]


async def test_two_hundred_fields_can_be_said(door: Door) -> None:
    most = {f"customFields.k{n}": HIDDEN for n in range(200)}
    assert len((await door.set_visibility(await stage_of(door), most)).fields) == 200


async def test_opportunities_have_neither_owners_by_stage_nor_hidden_fields(shared_door: Door) -> None:
    stage = (await shared_door.stages(pb.MODULE_OPPORTUNITIES))[0].id
    assert (await shared_door.ownership(stage)).version == 1
    assert (await shared_door.visibility(stage)).version == 1
    fault = [("stageId", "NOT_A_LEAD_STAGE")]
    assert await faults_of(shared_door.change_ownership(stage, strategy=NONE)) == fault
    assert await faults_of(shared_door.set_visibility(stage, {"title": HIDDEN})) == fault


async def test_a_stage_that_is_not_there_has_no_settings(shared_door: Door) -> None:
    nobody = str(new_id())
    for work in (
        shared_door.ownership(nobody),
        shared_door.visibility(nobody),
        shared_door.change_ownership(nobody, strategy=NONE),
        shared_door.set_visibility(nobody, {}),
    ):
        with pytest.raises(LeadlineError) as refused:
            await work
        assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, "STAGE_NOT_FOUND")
    assert await faults_of(shared_door.ownership("x")) == [("stageId", "NOT_A_UUID")]


async def test_a_stale_version_is_refused(shared_door: Door) -> None:
    stage = await stage_of(shared_door)
    for work in (
        shared_door.change_ownership(stage, strategy=LEAST, expected_version=2),
        shared_door.set_visibility(stage, {"title": HIDDEN}, expected_version=0),
    ):
        with pytest.raises(LeadlineError) as refused:
            await work
        assert (refused.value.reason, refused.value.metadata) == ("VERSION_STALE", {"currentVersion": "1"})
