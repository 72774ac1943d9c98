"""All stages of a pipeline in a new order, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from leadline.settings.v1 import lists_pb2

from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.refusals import faults_of


async def ids_of(door: Door) -> list[str]:
    return [stage.id for stage in await door.lead_stages()]


async def test_stages_stand_in_the_new_order_and_only_those_that_moved_changed(door: Door) -> None:
    new, contacted, qualified, *rest = await door.lead_stages()
    opportunities = await door.stages(lists_pb2.MODULE_OPPORTUNITIES)
    stream = door.watch()
    await anext(stream)
    order = [new.id, qualified.id, contacted.id, *(stage.id for stage in rest)]
    answered = await door.reorder(*order)
    assert [(stage.id, stage.position) for stage in answered] == list(zip(order, range(1, 7), strict=True))
    assert [stage.version for stage in answered] == [1, 2, 2, 1, 1, 1]
    assert await door.lead_stages() == answered
    pushed = await anext(stream)
    assert pushed.revision == 2
    assert [stage for stage in pushed.stages if stage.pipeline_id == new.pipeline_id] == answered
    assert await door.stages(lists_pb2.MODULE_OPPORTUNITIES) == opportunities


async def test_the_order_that_they_have_changes_nothing(door: Door) -> None:
    before = await door.snapshot()
    assert await door.reorder(*await ids_of(door)) == await door.lead_stages()
    assert await door.snapshot() == before


async def test_what_is_not_exactly_all_stages_of_one_pipeline_is_refused(shared_door: Door) -> None:
    ids = await ids_of(shared_door)
    foreign = (await shared_door.stages(lists_pb2.MODULE_OPPORTUNITIES))[0].id
    nobody = str(new_id())
    before = await shared_door.snapshot()
    cases: list[tuple[list[str], list[str]]] = [
        ([], ["REQUIRED"]),
        (["x"], ["NOT_A_UUID"]),
        (ids[:-1], ["INCOMPLETE"]),
        (ids[2:], ["INCOMPLETE", "INCOMPLETE"]),
        ([*ids, ids[0]], ["REPEATED"]),
        ([*ids, nobody], ["NOT_CONFIGURED"]),
        ([nobody], ["NOT_CONFIGURED"]),
        ([foreign, *ids], ["OTHER_PIPELINE"]),
        ([nobody, *ids[1:], foreign], ["NOT_CONFIGURED", "OTHER_PIPELINE", "INCOMPLETE"]),
        ([str(new_id()) for _ in range(1001)], ["TOO_LONG"]),
    ]
    for order, reasons in cases:
        assert await faults_of(shared_door.reorder(*order)) == [("stageIds", reason) for reason in reasons]
    assert await shared_door.snapshot() == before


async def test_orders_at_once_leave_positions_without_gaps(start_replica: Callable[[], Awaitable[Door]]) -> None:
    one, other = await start_replica(), await start_replica()
    ids = await ids_of(one)
    orders = [ids[place:] + ids[:place] for place in range(6)] * 2
    moves = [(ids[0], 6), (ids[3], 1)] * 2
    work: list[Awaitable[Any]] = [door.reorder(*order) for order in orders for door in (one, other)]
    work += [other.change_stage(stage_id, position=position) for stage_id, position in moves]
    await asyncio.gather(*work)
    after = await one.lead_stages()
    assert [stage.position for stage in after] == list(range(1, 7))
    assert {stage.id for stage in after} == set(ids)
