"""Moving opportunities from stages that are being deleted, and back."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from leadline.crm.v1 import placement_service_pb2 as pb
from leadline.crm.v1 import records_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor

PIPELINE, ELSEWHERE = str(new_id()), str(new_id())


def stages(number: int) -> list[str]:
    """Stages that no other test uses."""
    return [str(new_id()) for _ in range(number)]


async def opportunity(door: CrmDoor, stage_id: str) -> str:
    """An opportunity at a stage."""
    made = await Conversion(door).opportunity(pipeline_id=PIPELINE, stage_id=stage_id)
    return made.opportunity_id


async def found(door: CrmDoor, opportunity_id: str) -> records_pb2.Opportunity:
    """The opportunity, which is there."""
    there = await door.opportunity(opportunity_id)
    assert there is not None
    return there


async def places(door: CrmDoor, opportunity_ids: list[str]) -> list[tuple[str, str]]:
    """Pipeline and stage of each."""
    return [(each.pipeline_id, each.stage_id) for each in [await found(door, one) for one in opportunity_ids]]


async def refusal(call: Any) -> LeadlineError:
    with pytest.raises(LeadlineError) as refused:
        await call
    return refused.value


async def test_opportunities_move_to_the_stage_that_is_named_for_theirs_and_others_stay(crm: CrmDoor) -> None:
    one, other, untouched, target, further = stages(5)
    made = [await opportunity(crm, stage) for stage in (one, one, other, untouched)]
    before = await found(crm, made[0])
    assert await crm.count_at(one, other, one) == 3
    moves = (one, ELSEWHERE, target), (other, PIPELINE, further)
    assert await crm.move(str(new_id()), *moves) == (3, 0)
    assert await places(crm, made) == [
        (ELSEWHERE, target),
        (ELSEWHERE, target),
        (PIPELINE, further),
        (PIPELINE, untouched),
    ]
    after = await found(crm, made[0])
    assert (after.version, after.name, after.created_at) == (2, before.name, before.created_at)
    assert after.updated_at.ToNanoseconds() > before.updated_at.ToNanoseconds()
    assert (await found(crm, made[3])).version == 1
    assert await crm.count_at(one, other) == 0


async def test_a_batch_takes_the_next_ones_and_says_what_is_left(crm: CrmDoor) -> None:
    (one, target), retirement = stages(2), str(new_id())
    made = [await opportunity(crm, one) for _ in range(5)]
    move = (one, PIPELINE, target)
    assert await crm.move(retirement, move, limit=2) == (2, 3)
    assert await places(crm, sorted(made)) == [(PIPELINE, target)] * 2 + [(PIPELINE, one)] * 3
    assert await crm.move(retirement, move, limit=2) == (2, 1)
    assert await crm.move(retirement, move, limit=2) == (1, 0)
    assert await crm.move(retirement, move, limit=2) == (0, 0)


async def test_without_a_limit_a_batch_has_two_hundred(crm: CrmDoor, crm_sql: Callable[..., None]) -> None:
    (one, target), retirement = stages(2), str(new_id())
    crm_sql(
        """INSERT INTO opportunities (id, name, pipeline_id, stage_id, currency)
           SELECT gen_random_uuid(), 'Deal', %s, %s, 'EUR' FROM generate_series(1, 250)""",
        PIPELINE,
        one,
    )
    assert await crm.move(retirement, (one, PIPELINE, target)) == (200, 50)
    assert await crm.move_back(retirement) == 0
    assert await crm.count_at(one) == 250


async def test_what_was_moved_is_moved_back_to_where_it_was(crm: CrmDoor) -> None:
    (one, other, target), retirement = stages(3), str(new_id())
    made = [await opportunity(crm, stage) for stage in (one, other, one)]
    await crm.move(retirement, (one, ELSEWHERE, target), (other, ELSEWHERE, target))
    assert await crm.move_back(retirement, limit=2) == 1
    assert await crm.move_back(retirement, limit=2) == 0
    assert await places(crm, made) == [(PIPELINE, one), (PIPELINE, other), (PIPELINE, one)]
    assert (await found(crm, made[0])).version == 3
    assert await crm.move_back(retirement) == 0
    assert (await found(crm, made[0])).version == 3


async def test_only_what_is_still_where_it_was_put_is_moved_back(crm: CrmDoor, crm_sql: Callable[..., None]) -> None:
    (one, target, taken_to), retirement = stages(3), str(new_id())
    stays, goes_back, other_pipeline, gone = [await opportunity(crm, one) for _ in range(4)]
    await crm.move(retirement, (one, ELSEWHERE, target))
    crm_sql("UPDATE opportunities SET stage_id = %s WHERE id = %s", taken_to, stays)
    crm_sql("UPDATE opportunities SET pipeline_id = %s WHERE id = %s", PIPELINE, other_pipeline)
    crm_sql("DELETE FROM opportunities WHERE id = %s", gone)
    assert await crm.move_back(retirement) == 0
    assert await places(crm, [stays, goes_back, other_pipeline]) == [
        (ELSEWHERE, taken_to),
        (PIPELINE, one),
        (PIPELINE, target),
    ]


async def test_one_that_came_back_meanwhile_moves_again_and_back_to_where_it_was_last(
    crm: CrmDoor, crm_sql: Callable[..., None]
) -> None:
    (one, other, target), retirement = stages(3), str(new_id())
    made = await opportunity(crm, one)
    moves = (one, ELSEWHERE, target), (other, ELSEWHERE, target)
    await crm.move(retirement, *moves)
    crm_sql("UPDATE opportunities SET stage_id = %s WHERE id = %s", other, made)
    assert await crm.move(retirement, *moves) == (1, 0)
    assert await crm.move_back(retirement) == 0
    assert await places(crm, [made]) == [(ELSEWHERE, other)]


async def test_moves_of_another_deletion_stay(crm: CrmDoor) -> None:
    (one, target), mine, theirs = stages(2), str(new_id()), str(new_id())
    first = await opportunity(crm, one)
    await crm.move(theirs, (one, PIPELINE, target))
    second = await opportunity(crm, one)
    await crm.move(mine, (one, PIPELINE, target))
    assert await crm.move_back(mine) == 0
    assert await places(crm, [first, second]) == [(PIPELINE, target), (PIPELINE, one)]


async def test_a_move_that_comes_after_its_undoing_is_refused_and_moves_nothing(crm: CrmDoor) -> None:
    (one, target), retirement = stages(2), str(new_id())
    made = await opportunity(crm, one)
    assert await crm.move_back(retirement) == 0
    refused = await refusal(crm.move(retirement, (one, PIPELINE, target)))
    assert (refused.kind, refused.reason) == (ErrorKind.REFUSED, "RETIREMENT_CLOSED")
    assert await places(crm, [made]) == [(PIPELINE, one)]
    assert await crm.move(str(new_id()), (one, PIPELINE, target)) == (1, 0)


async def test_batches_at_once_move_each_opportunity_once(crm: CrmDoor) -> None:
    (one, target), retirement = stages(2), str(new_id())
    made = [await opportunity(crm, one) for _ in range(20)]
    answers = await asyncio.gather(*(crm.move(retirement, (one, PIPELINE, target), limit=3) for _ in range(10)))
    assert sorted(moved for moved, _ in answers) == [0, 0, 0, 2, 3, 3, 3, 3, 3, 3]
    assert {(await found(crm, each)).version for each in made} == {2}


async def test_moving_and_moving_back_at_once_leave_nothing_between(crm: CrmDoor) -> None:
    (one, target), retirement = stages(2), str(new_id())
    made = [await opportunity(crm, one) for _ in range(20)]
    steps = [crm.move(retirement, (one, PIPELINE, target), limit=2) for _ in range(10)]
    undoing = [crm.move_back(retirement, limit=2) for _ in range(10)]
    mixed = [each for pair in zip(steps, undoing, strict=True) for each in pair]
    answers = await asyncio.gather(*mixed, return_exceptions=True)
    refused = {each.reason for each in answers if isinstance(each, LeadlineError)}
    assert refused <= {"RETIREMENT_CLOSED"}
    while await crm.move_back(retirement):
        pass
    assert await places(crm, made) == [(PIPELINE, one)] * 20


async def test_a_conversion_undone_meanwhile_takes_its_opportunity_away(crm: CrmDoor) -> None:
    (one, target), retirement = stages(2), str(new_id())
    conversion = Conversion(crm)
    made = (await conversion.opportunity(pipeline_id=PIPELINE, stage_id=one)).opportunity_id
    await crm.move(retirement, (one, PIPELINE, target))
    await conversion.release_all()
    assert await crm.opportunity(made) is None
    assert await crm.move_back(retirement) == 0


async def test_what_is_kept_of_a_move_says_where_it_was_and_where_it_was_put(crm: CrmDoor, crm_url: str) -> None:
    (one, target), retirement = stages(2), str(new_id())
    made = await opportunity(crm, one)
    await crm.move(retirement, (one, ELSEWHERE, target))
    with psycopg.connect(crm_url) as connection:
        query = """SELECT opportunity_id, pipeline_id, stage_id, to_pipeline_id, to_stage_id FROM opportunity_moves
                   WHERE retirement_id = %s"""
        kept = connection.execute(query, (retirement,)).fetchall()
    assert [tuple(map(str, row)) for row in kept] == [(made, PIPELINE, one, ELSEWHERE, target)]


ONE, OTHER = stages(2)
A_MOVE = pb.StageMove(from_stage_id=ONE, to_pipeline_id=PIPELINE, to_stage_id=OTHER)
BACK = pb.StageMove(from_stage_id=OTHER, to_pipeline_id=PIPELINE, to_stage_id=ONE)
TO_ITSELF = pb.StageMove(from_stage_id=ONE, to_pipeline_id=PIPELINE, to_stage_id=ONE)


@pytest.mark.parametrize(
    ("wrong", "faults"),
    [
        ({"moves": []}, {("moves", "OUT_OF_RANGE")}),
        ({"moves": [A_MOVE] * 1001}, {("moves", "OUT_OF_RANGE")}),
        ({"moves": [A_MOVE, A_MOVE]}, {("moves.1.fromStageId", "NOT_UNIQUE")}),
        ({"moves": [TO_ITSELF]}, {("moves.0.toStageId", "NOT_ALLOWED")}),
        ({"moves": [A_MOVE, BACK]}, {("moves.0.toStageId", "NOT_ALLOWED"), ("moves.1.toStageId", "NOT_ALLOWED")}),
        (
            {"moves": [A_MOVE, pb.StageMove(from_stage_id="new")]},
            {
                ("moves.1.fromStageId", "NOT_A_UUID"),
                ("moves.1.toPipelineId", "REQUIRED"),
                ("moves.1.toStageId", "REQUIRED"),
            },
        ),
        ({"limit": -1}, {("limit", "OUT_OF_RANGE")}),
        ({"limit": 1001}, {("limit", "OUT_OF_RANGE")}),
        ({"retirement_id": ""}, {("retirementId", "REQUIRED")}),
        ({"retirement_id": "x"}, {("retirementId", "NOT_A_UUID")}),
    ],
)
async def test_moves_that_make_no_sense_are_refused(
    crm: CrmDoor, wrong: dict[str, Any], faults: set[tuple[str, str]]
) -> None:
    good: dict[str, Any] = {"retirement_id": str(new_id()), "moves": [A_MOVE], "limit": 1000}
    refused = await refusal(crm.ask(crm.placement.MoveOpportunities, pb.MoveOpportunitiesRequest(**good | wrong)))
    assert (refused.reason, {(each.field, each.reason) for each in refused.violations}) == ("VALIDATION_FAILED", faults)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"limit": -1}, ("limit", "OUT_OF_RANGE")),
        ({"limit": 1001}, ("limit", "OUT_OF_RANGE")),
        ({"retirement_id": ""}, ("retirementId", "REQUIRED")),
        ({"retirement_id": "x"}, ("retirementId", "NOT_A_UUID")),
    ],
)
async def test_undoing_that_makes_no_sense_is_refused(crm: CrmDoor, wrong: dict[str, Any], fault: Any) -> None:
    request = pb.RestoreOpportunitiesRequest(**{"retirement_id": str(new_id()), **wrong})
    refused = await refusal(crm.ask(crm.placement.RestoreOpportunities, request))
    assert [(each.field, each.reason) for each in refused.violations] == [fault]


@pytest.mark.parametrize(
    ("stage_ids", "fault"),
    [
        ([], ("stageIds", "OUT_OF_RANGE")),
        ([ONE] * 1001, ("stageIds", "OUT_OF_RANGE")),
        ([ONE, "x"], ("stageIds.1", "NOT_A_UUID")),
    ],
)
async def test_a_count_that_makes_no_sense_is_refused(crm: CrmDoor, stage_ids: list[str], fault: Any) -> None:
    refused = await refusal(crm.count_at(*stage_ids))
    assert [(each.field, each.reason) for each in refused.violations] == [fault]


async def test_a_thousand_stages_can_be_emptied_at_once(crm: CrmDoor) -> None:
    many, target = stages(1000), str(new_id())
    made = [await opportunity(crm, stage) for stage in (many[0], many[999])]
    assert await crm.count_at(*many) == 2
    assert await crm.move(str(new_id()), *((stage, PIPELINE, target) for stage in many), limit=1000) == (2, 0)
    assert await places(crm, made) == [(PIPELINE, target)] * 2
