"""Changing entries of the lists: each change shows in its list, in the revision and in the streams."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb

from kit.errors import LeadlineError
from tests.integration.settings.door import Door

SOURCES = pb.LABEL_LIST_SOURCES


async def test_a_pipeline_gets_another_name_and_movement(door: Door) -> None:
    before, _ = await door.pipelines()
    stream = door.watch()
    await anext(stream)
    changed = await door.change_pipeline(before.id, name="  Sales ", movement=lists_pb2.MOVEMENT_SEQUENTIAL)
    assert (changed.name, changed.movement, changed.version) == ("Sales", lists_pb2.MOVEMENT_SEQUENTIAL, 2)
    assert changed.updated_at.ToDatetime() > before.updated_at.ToDatetime()
    assert changed.created_at == before.created_at
    assert changed in await door.pipelines()
    pushed = await anext(stream)
    assert pushed.revision == 2
    assert changed in pushed.pipelines


async def test_a_stage_gets_new_looks_and_only_it_changes(door: Door) -> None:
    new, *rest = await door.lead_stages()
    changed = await door.change_stage(new.id, name="Fresh", color="#ABCDEF", probability=15)
    assert (changed.name, changed.color, changed.probability, changed.version) == ("Fresh", "#abcdef", 15, 2)
    assert await door.lead_stages() == [changed, *rest]
    assert (await door.snapshot()).revision == 2


async def test_an_open_stage_becomes_the_won_one(door: Door) -> None:
    proposal = (await door.lead_stages())[3]
    assert (await door.change_stage(proposal.id, is_won=True)).is_won


async def test_a_stage_goes_from_won_to_lost_in_one_change(door: Door) -> None:
    won = (await door.lead_stages())[4]
    changed = await door.change_stage(won.id, is_won=False, is_lost=True)
    assert (changed.is_won, changed.is_lost) == (False, True)


@pytest.mark.parametrize(
    ("name", "position", "order"),
    [
        ("New", 3, "Contacted Qualified New Proposal Converted Disqualified"),
        ("Proposal", 1, "Proposal New Contacted Qualified Converted Disqualified"),
        ("Contacted", 6, "New Qualified Proposal Converted Disqualified Contacted"),
        ("Converted", 4, "New Contacted Qualified Converted Proposal Disqualified"),
    ],
)
async def test_a_new_position_shifts_the_stages_between_in_its_own_pipeline(
    door: Door, name: str, position: int, order: str
) -> None:
    before = {stage.name: stage for stage in await door.lead_stages()}
    opportunities = await door.stages(lists_pb2.MODULE_OPPORTUNITIES)
    moved = await door.change_stage(before[name].id, position=position)
    after = await door.lead_stages()
    assert [stage.name for stage in after] == order.split()
    assert [stage.position for stage in after] == [1, 2, 3, 4, 5, 6]
    assert moved in after
    for stage in after:
        shifted = stage.position != before[stage.name].position
        assert stage.version == (2 if shifted else 1)
    assert await door.stages(lists_pb2.MODULE_OPPORTUNITIES) == opportunities
    assert (await door.snapshot()).revision == 2


async def test_a_priority_gets_label_color_position_and_becomes_the_default_at_once(door: Door) -> None:
    critical = (await door.priorities())[3]
    changed = await door.change_priority(critical.id, label="Now!", color="#000000", position=1, is_default=True)
    assert (changed.name, changed.label, changed.color, changed.is_default) == ("critical", "Now!", "#000000", True)
    after = await door.priorities()
    assert [priority.name for priority in after] == ["critical", "low", "medium", "high"]
    assert [priority.name for priority in after if priority.is_default] == ["critical"]
    assert [priority.version for priority in after] == [2, 2, 2, 2]


async def test_the_default_passes_from_one_pipeline_to_the_other_of_its_module(
    door: Door, add_pipeline: Callable[[str, str], str]
) -> None:
    first, opportunities = await door.pipelines()
    second = await door.change_pipeline(add_pipeline("Partners", "leads"), is_default=True)
    assert second.is_default
    listed = await door.pipelines(lists_pb2.MODULE_LEADS)
    assert [(pipeline.id, pipeline.is_default) for pipeline in listed] == [(second.id, True), (first.id, False)]
    assert [pipeline.version for pipeline in listed] == [2, 2]
    assert await door.pipelines(lists_pb2.MODULE_OPPORTUNITIES) == [opportunities]


async def test_pipelines_come_by_name_the_default_first(door: Door, add_pipeline: Callable[[str, str], str]) -> None:
    for name in ("zebra", "Älpen", "apple", "Banana"):
        add_pipeline(name, "leads")
    names = [pipeline.name for pipeline in await door.pipelines(lists_pb2.MODULE_LEADS)]
    assert names == ["Lead pipeline", "apple", "Banana", "zebra", "Älpen"]


async def test_pipelines_of_different_modules_may_share_a_name(door: Door) -> None:
    leads, opportunities = await door.pipelines()
    assert (await door.change_pipeline(opportunities.id, name=leads.name)).name == leads.name


@pytest.mark.parametrize(
    "list_", [SOURCES, pb.LABEL_LIST_DISQUALIFICATION_REASONS, pb.LABEL_LIST_TEAM_ROLES], ids=["1", "2", "3"]
)
async def test_an_entry_of_a_plain_list_gets_another_label_and_is_put_out_of_use(door: Door, list_: Any) -> None:
    first, *rest = await door.labels(list_)
    changed = await door.change_label(list_, first.id, label="Another", is_active=False)
    assert (changed.name, changed.label, changed.is_active, changed.version) == (first.name, "Another", False, 2)
    assert await door.labels(list_) == [changed, *rest]
    assert (await door.snapshot()).revision == 2


async def test_the_threshold_is_set(door: Door) -> None:
    changed = await door.set_threshold(0, expected_version=1)
    assert (changed.threshold, changed.version) == (0, 2)
    assert await door.threshold() == changed
    assert (await door.snapshot()).threshold == changed


async def test_stages_are_listed_by_module_and_pipeline(door: Door) -> None:
    leads, opportunities = await door.pipelines()
    assert {stage.pipeline_id for stage in await door.lead_stages()} == {leads.id}
    assert len(await door.stages(pipeline_id=opportunities.id)) == 5
    assert await door.stages(lists_pb2.MODULE_LEADS, opportunities.id) == []
    assert len(await door.stages()) == 11


async def test_what_changes_nothing_raises_no_version_and_no_revision(door: Door) -> None:
    before = await door.snapshot()
    await door.change_pipeline(before.pipelines[0].id, name=before.pipelines[0].name, is_default=True)
    await door.change_stage(before.stages[0].id, position=1, color=before.stages[0].color.upper())
    await door.change_stage(before.stages[0].id)
    await door.change_priority(before.priorities[1].id, is_default=True)
    await door.change_label(SOURCES, before.sources[0].id, is_active=True)
    await door.set_threshold(60)
    await door.change_settings({"sla": {"atRiskAfterPercent": 60.0}, "general": {}})
    assert await door.snapshot() == before


async def test_changes_of_the_default_at_once_leave_exactly_one(door: Door) -> None:
    priorities = await door.priorities()
    await asyncio.gather(*(door.change_priority(priority.id, is_default=True) for priority in priorities * 3))
    assert [priority.is_default for priority in await door.priorities()].count(True) == 1


async def test_moves_at_once_leave_positions_without_gaps(door: Door) -> None:
    stages = await door.lead_stages()
    await asyncio.gather(*(door.change_stage(stage.id, position=7 - stage.position) for stage in stages))
    after = await door.lead_stages()
    assert [stage.position for stage in after] == [1, 2, 3, 4, 5, 6]
    assert {stage.id for stage in after} == {stage.id for stage in stages}


async def test_the_last_two_open_stages_cannot_both_be_closed_at_once(door: Door) -> None:
    new, contacted, qualified, proposal, *_ = await door.lead_stages()
    for stage in (qualified, proposal):
        await door.change_stage(stage.id, is_lost=True)
    both = (door.change_stage(stage.id, is_lost=True) for stage in (new, contacted))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, LeadlineError)]
    assert [refusal.violations[0].reason for refusal in refusals] == ["LAST_OPEN_STAGE"]


async def test_of_two_that_read_the_same_version_the_second_is_refused(door: Door) -> None:
    source = (await door.labels(SOURCES))[0]
    both = (door.change_label(SOURCES, source.id, label=label, expected_version=1) for label in ("One", "Two"))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, LeadlineError)]
    assert [(refusal.reason, refusal.metadata) for refusal in refusals] == [("VERSION_STALE", {"currentVersion": "2"})]
