"""Asking for deletions of what records may use: what is refused, and what is closed from then on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from leadline.settings.v1 import lists_pb2, retirement_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import ErrorKind
from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.makers import REASONS, ROLES, SOURCES
from tests.integration.settings.refusals import faults_of, refused
from tests.support import tokens

LISTS = {
    SOURCES: retirement_pb2.RETIREMENT_KIND_SOURCE,
    REASONS: retirement_pb2.RETIREMENT_KIND_DISQUALIFICATION_REASON,
    ROLES: retirement_pb2.RETIREMENT_KIND_TEAM_ROLE,
}
RUNNING = retirement_pb2.RETIREMENT_STATE_RUNNING


async def second_pipeline(door: Door, *stages: str, module: Any = lists_pb2.MODULE_LEADS) -> Any:
    pipeline = await door.create("Pipeline", name="Second", module=module)
    for name in stages or ("Open", "Also open"):
        await door.create("Stage", pipeline_id=pipeline.id, name=name)
    return pipeline


async def test_a_deletion_says_what_it_deletes_and_what_takes_the_records(door: Door) -> None:
    new, contacted, *_ = await door.lead_stages()
    stream = door.watch()
    await anext(stream)
    begun = await door.retire("Stage", new.id, contacted.id, expected_version=1)
    assert begun == retirement_pb2.Retirement(
        id=begun.id,
        kind=retirement_pb2.RETIREMENT_KIND_STAGE,
        entry_id=new.id,
        name="New",
        module=lists_pb2.MODULE_LEADS,
        target_id=contacted.id,
        target_name="Contacted",
        state=RUNNING,
        requested_by=str(tokens.ADMIN_ID),
        started_at=begun.started_at,
    )
    assert begun.started_at.seconds > 0
    assert await door.retirement_of(begun.id) == begun
    assert await door.retirements() == [begun]
    pushed = await anext(stream)
    assert (pushed.revision, list(pushed.retirements)) == (2, [begun])
    assert new in pushed.stages


async def test_a_pipeline_without_a_target_is_ordered_to_have_no_records(door: Door) -> None:
    opportunities = lists_pb2.MODULE_OPPORTUNITIES
    pipeline = await second_pipeline(door, module=opportunities)
    begun = await door.retire("Pipeline", pipeline.id)
    assert (begun.kind, begun.module) == (retirement_pb2.RETIREMENT_KIND_PIPELINE, opportunities)
    assert not begun.HasField("target_id")
    assert not begun.HasField("target_name")
    assert not begun.HasField("ended_at")


async def test_priorities_and_labels_have_no_module(door: Door) -> None:
    low, _medium, high, _critical = await door.priorities()
    begun = await door.retire("Priority", high.id, low.id)
    assert (begun.kind, begun.name, begun.target_name, begun.module) == (
        retirement_pb2.RETIREMENT_KIND_PRIORITY,
        "high",
        "low",
        lists_pb2.MODULE_UNSPECIFIED,
    )
    for list_, kind in LISTS.items():
        first, second, *_ = await door.labels(list_)
        begun = await door.retire("Label", first.id, second.id, list=list_)
        assert (begun.kind, begun.name, begun.target_name) == (kind, first.name, second.name)


async def test_default_last_and_last_open_ones_must_stay(door: Door) -> None:
    pipeline, _ = await door.pipelines()
    default = next(each for each in await door.priorities() if each.is_default)
    second = await second_pipeline(door)
    one, two = await door.stages(pipeline_id=second.id)
    await door.create("Stage", pipeline_id=second.id, name="Won", is_won=True)
    asked: list[tuple[Awaitable[Any], str]] = [
        (door.retire("Pipeline", pipeline.id, second.id), "DEFAULT_REQUIRED"),
        (door.retire("Priority", default.id), "DEFAULT_REQUIRED"),
    ]
    for work, reason in asked:
        error = await refused(work)
        assert (error.kind, error.reason) == (ErrorKind.REFUSED, reason)
    await door.retire("Stage", one.id)
    assert (await refused(door.retire("Stage", two.id, (await door.lead_stages())[0].id))).reason == "LAST_OPEN_STAGE"


async def test_a_stage_that_is_being_deleted_counts_as_gone_when_another_is_closed(door: Door) -> None:
    second = await second_pipeline(door)
    one, two = await door.stages(pipeline_id=second.id)
    begun = await door.retire("Stage", one.id)
    assert await faults_of(door.change_stage(two.id, is_won=True)) == [("isWon", "LAST_OPEN_STAGE")]
    await door.fail(begun.id, "IN_USE")
    assert (await door.change_stage(two.id, is_won=True)).is_won


async def test_won_and_lost_stages_can_go(door: Door) -> None:
    *_, converted, disqualified = await door.lead_stages()
    for stage in (converted, disqualified):
        await door.gone("Stage", stage.id)
    assert [stage.name for stage in await door.lead_stages()] == ["New", "Contacted", "Qualified", "Proposal"]


async def test_what_is_not_there_is_not_found(shared_door: Door) -> None:
    source = (await shared_door.labels(SOURCES))[0].id
    asked: list[tuple[Awaitable[Any], str]] = [
        (shared_door.retire("Pipeline", new_id()), "PIPELINE_NOT_FOUND"),
        (shared_door.retire("Stage", new_id()), "STAGE_NOT_FOUND"),
        (shared_door.retire("Priority", new_id()), "PRIORITY_NOT_FOUND"),
        (shared_door.retire("Label", new_id(), list=SOURCES), "SOURCE_NOT_FOUND"),
        (shared_door.retire("Label", source, list=ROLES), "TEAM_ROLE_NOT_FOUND"),
        (shared_door.retire("Label", source, list=REASONS), "DISQUALIFICATION_REASON_NOT_FOUND"),
        (shared_door.retirement_of(new_id()), "RETIREMENT_NOT_FOUND"),
        (shared_door.report(new_id(), 1, 1), "RETIREMENT_NOT_FOUND"),
        (shared_door.complete(new_id()), "RETIREMENT_NOT_FOUND"),
        (shared_door.fail(new_id(), "IN_USE"), "RETIREMENT_NOT_FOUND"),
    ]
    for work, reason in asked:
        error = await refused(work)
        assert (error.kind, error.reason) == (ErrorKind.NOT_FOUND, reason)


async def test_a_stale_version_is_refused(shared_door: Door) -> None:
    stage = (await shared_door.lead_stages())[0]
    error = await refused(shared_door.retire("Stage", stage.id, expected_version=2))
    assert (error.reason, error.metadata) == ("VERSION_STALE", {"currentVersion": "1"})


async def test_what_cannot_take_the_records_is_refused(door: Door) -> None:
    leads, opportunities = await door.pipelines()
    stage, _, *_ = await door.lead_stages()
    deal = (await door.stages(lists_pb2.MODULE_OPPORTUNITIES))[0]
    empty = await door.create("Pipeline", name="Empty")
    second = await second_pipeline(door, "Only")
    high = (await door.priorities())[2].id
    website, referral, *_ = await door.labels(SOURCES)
    role = (await door.labels(ROLES))[0].id
    await door.change_label(SOURCES, referral.id, is_active=False)
    nobody = new_id()
    before = await door.snapshot()
    cases: list[tuple[Awaitable[Any], str, str]] = [
        (door.retire("Pipeline", second.id, "x"), "moveTo", "NOT_A_UUID"),
        (door.retire("Pipeline", second.id, nobody), "moveTo", "NOT_CONFIGURED"),
        (door.retire("Pipeline", second.id, second.id), "moveTo", "SAME_ENTRY"),
        (door.retire("Pipeline", second.id, opportunities.id), "moveTo", "OTHER_MODULE"),
        (door.retire("Pipeline", second.id, empty.id), "moveTo", "NO_STAGE"),
        (door.retire("Pipeline", second.id, stage.id), "moveTo", "NOT_CONFIGURED"),
        (door.retire("Stage", stage.id, nobody), "moveTo", "NOT_CONFIGURED"),
        (door.retire("Stage", stage.id, stage.id), "moveTo", "SAME_ENTRY"),
        (door.retire("Stage", stage.id, deal.id), "moveTo", "OTHER_MODULE"),
        (door.retire("Stage", deal.id, stage.id), "moveTo", "OTHER_MODULE"),
        (door.retire("Priority", high, nobody), "replaceWith", "NOT_CONFIGURED"),
        (door.retire("Priority", high, high), "replaceWith", "SAME_ENTRY"),
        (door.retire("Label", website.id, "x", list=SOURCES), "replaceWith", "NOT_A_UUID"),
        (door.retire("Label", website.id, website.id, list=SOURCES), "replaceWith", "SAME_ENTRY"),
        (door.retire("Label", website.id, role, list=SOURCES), "replaceWith", "NOT_CONFIGURED"),
        (door.retire("Label", website.id, referral.id, list=SOURCES), "replaceWith", "INACTIVE"),
        (door.retire("Stage", "x"), "id", "NOT_A_UUID"),
        (door.retire("Stage", stage.id, wait=60.1), "maxWait", "OUT_OF_RANGE"),
        (door.retire("Stage", stage.id, wait=-1), "maxWait", "OUT_OF_RANGE"),
        (door.retire("Label", website.id), "list", "REQUIRED"),
        (door.retirement_of("x"), "id", "NOT_A_UUID"),
        (door.complete("x"), "retirementId", "NOT_A_UUID"),
    ]
    for work, field, reason in cases:
        assert await faults_of(work) == [(field, reason)]
    assert await door.snapshot() == before
    assert leads.is_default


async def test_what_is_being_deleted_takes_no_records(door: Door) -> None:
    new, contacted, qualified, *_ = await door.lead_stages()
    second = await second_pipeline(door)
    (of_second, _) = await door.stages(pipeline_id=second.id)
    third = await door.create("Pipeline", name="Third")
    low, _medium, high, _critical = await door.priorities()
    await door.retire("Stage", new.id)
    await door.retire("Pipeline", second.id)
    await door.retire("Priority", low.id)
    cases: list[tuple[Awaitable[Any], str]] = [
        (door.retire("Stage", contacted.id, new.id), "moveTo"),
        (door.retire("Stage", contacted.id, of_second.id), "moveTo"),
        (door.retire("Pipeline", third.id, second.id), "moveTo"),
        (door.retire("Priority", high.id, low.id), "replaceWith"),
    ]
    for work, field in cases:
        assert await faults_of(work) == [(field, "RETIRING")]
    await door.retire("Stage", contacted.id, qualified.id)


async def test_a_pipeline_whose_stages_are_all_being_deleted_takes_no_records(door: Door) -> None:
    second, third = await door.create("Pipeline", name="Second"), await door.create("Pipeline", name="Third")
    won = await door.create("Stage", pipeline_id=second.id, name="Won", is_won=True)
    lost = await door.create("Stage", pipeline_id=second.id, name="Lost", is_lost=True)
    await door.retire("Stage", won.id)
    begun = await door.retire("Stage", lost.id)
    assert await faults_of(door.retire("Pipeline", third.id, second.id)) == [("moveTo", "NO_STAGE")]
    await door.fail(begun.id, "IN_USE")
    assert (await door.retire("Pipeline", third.id, second.id)).state == RUNNING


CLOSED: dict[str, Callable[[Door, Any, Any], Awaitable[Any]]] = {
    "pipeline renamed": lambda door, pipeline, _: door.change_pipeline(pipeline.id, name="x"),
    "pipeline made the default": lambda door, pipeline, _: door.change_pipeline(pipeline.id, is_default=True),
    "pipeline deleted again": lambda door, pipeline, _: door.retire("Pipeline", pipeline.id),
    "stage created": lambda door, pipeline, _: door.create("Stage", pipeline_id=pipeline.id, name="x"),
    "stage renamed": lambda door, _, stage: door.change_stage(stage.id, name="x"),
    "stage deleted": lambda door, _, stage: door.retire("Stage", stage.id),
    "stage asks for a value": lambda door, _, stage: door.create("StageField", stage_id=stage.id, name="x"),
    "owner": lambda door, _, stage: door.change_ownership(
        stage.id, owner_type=lists_pb2.OWNER_TYPE_TEAM, owner_id="inbound"
    ),
    "visibility": lambda door, _, stage: door.set_visibility(stage.id, {"title": lists_pb2.FIELD_ACCESS_HIDDEN}),
}


@pytest.mark.parametrize("act", CLOSED.values(), ids=CLOSED)
async def test_nothing_of_a_pipeline_that_is_being_deleted_changes(
    door: Door, act: Callable[[Door, Any, Any], Awaitable[Any]]
) -> None:
    pipeline = await second_pipeline(door)
    stage = (await door.stages(pipeline_id=pipeline.id))[0]
    begun = await door.retire("Pipeline", pipeline.id)
    before = await door.snapshot()
    error = await refused(act(door, pipeline, stage))
    assert (error.kind, error.reason, error.metadata) == (ErrorKind.REFUSED, "RETIRING", {"retirementId": begun.id})
    assert await door.snapshot() == before
    await door.fail(begun.id, "IN_USE")
    await act(door, pipeline, stage)


async def test_nothing_of_a_stage_or_list_entry_that_is_being_deleted_changes(door: Door) -> None:
    stage, source = (await door.lead_stages())[0], (await door.labels(SOURCES))[0]
    priority = (await door.priorities())[0]
    field = await door.create("StageField", stage_id=stage.id, name="budget")
    begun = {
        "stage": (await door.retire("Stage", stage.id)).id,
        "source": (await door.retire("Label", source.id, list=SOURCES)).id,
        "priority": (await door.retire("Priority", priority.id)).id,
    }
    cases: list[tuple[Awaitable[Any], str]] = [
        (door.change_stage(stage.id, position=3), "stage"),
        (door.change_field(stage.id, field.id, label="x"), "stage"),
        (door.delete_field(stage.id, field.id), "stage"),
        (door.retire("Stage", stage.id), "stage"),
        (door.change_label(SOURCES, source.id, label="x"), "source"),
        (door.retire("Label", source.id, list=SOURCES), "source"),
        (door.change_priority(priority.id, is_default=True), "priority"),
        (door.retire("Priority", priority.id), "priority"),
    ]
    for work, which in cases:
        error = await refused(work)
        assert (error.reason, error.metadata) == ("RETIRING", {"retirementId": begun[which]})


async def test_the_order_of_a_pipeline_that_is_being_deleted_stays(door: Door) -> None:
    pipeline = await second_pipeline(door)
    one, two = [stage.id for stage in await door.stages(pipeline_id=pipeline.id)]
    await door.retire("Pipeline", pipeline.id)
    assert (await refused(door.reorder(two, one))).reason == "RETIRING"


async def test_the_neighbours_of_what_is_being_deleted_go_on(door: Door) -> None:
    new, contacted, *rest = await door.lead_stages()
    await door.retire("Stage", new.id)
    await door.change_stage(contacted.id, name="Reached", position=1)
    assert [stage.name for stage in await door.lead_stages()][:2] == ["Reached", "New"]
    await door.reorder(new.id, contacted.id, *(stage.id for stage in rest))
    added = await door.create("Stage", pipeline_id=new.pipeline_id, name="First", position=1)
    assert (await door.lead_stages())[0] == added


async def test_what_takes_the_records_of_another_entry_cannot_be_deleted_meanwhile(door: Door) -> None:
    new, contacted, *_ = await door.lead_stages()
    second, third = await second_pipeline(door), await door.create("Pipeline", name="Third")
    one, _two = await door.stages(pipeline_id=second.id)
    low, _, high, _ = await door.priorities()
    website, referral, *_ = await door.labels(SOURCES)
    into_second = await door.retire("Stage", new.id, one.id)
    into_pipeline = await door.retire("Pipeline", third.id, second.id)
    into_priority = await door.retire("Priority", low.id, high.id)
    into_label = await door.retire("Label", website.id, referral.id, list=SOURCES)
    cases: list[tuple[Awaitable[Any], set[str]]] = [
        (door.retire("Stage", one.id), {into_second.id, into_pipeline.id}),
        (door.retire("Pipeline", second.id, contacted.pipeline_id), {into_second.id, into_pipeline.id}),
        (door.retire("Priority", high.id), {into_priority.id}),
        (door.retire("Label", referral.id, list=SOURCES), {into_label.id}),
    ]
    for work, running in cases:
        error = await refused(work)
        assert error.reason == "RETIRING"
        assert error.metadata["retirementId"] in running
    await door.complete(into_priority.id)
    await door.retire("Priority", high.id)


async def test_a_pipeline_waits_for_the_deletions_of_its_stages(door: Door) -> None:
    pipeline = await second_pipeline(door)
    stage = (await door.stages(pipeline_id=pipeline.id))[0]
    begun = await door.retire("Stage", stage.id)
    error = await refused(door.retire("Pipeline", pipeline.id))
    assert (error.reason, error.metadata) == ("RETIRING", {"retirementId": begun.id})
    await door.complete(begun.id)
    await door.gone("Pipeline", pipeline.id)


def test_every_kind_of_deletion_is_tested_here() -> None:
    tested = {
        retirement_pb2.RETIREMENT_KIND_PIPELINE,
        retirement_pb2.RETIREMENT_KIND_STAGE,
        retirement_pb2.RETIREMENT_KIND_PRIORITY,
        *LISTS.values(),
    }
    assert tested == set(retirement_pb2.RetirementKind.values()) - {retirement_pb2.RETIREMENT_KIND_UNSPECIFIED}
    assert set(LISTS) == set(pb.LabelList.values()) - {pb.LABEL_LIST_UNSPECIFIED}
