"""How deletions end: reported, completed or failed by their workflow, whose part these tests play."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from leadline.settings.v1 import lists_pb2, retirement_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.makers import SOURCES
from tests.integration.settings.refusals import faults_of, refused
from tests.support.waiting import eventually

Start = Callable[[], Awaitable[Door]]
RUNNING, COMPLETED, FAILED = (
    retirement_pb2.RETIREMENT_STATE_RUNNING,
    retirement_pb2.RETIREMENT_STATE_COMPLETED,
    retirement_pb2.RETIREMENT_STATE_FAILED,
)


async def begun(door: Door) -> retirement_pb2.Retirement:
    """The one deletion, once it has begun."""
    (found,) = await eventually(door.retirements, lambda listed: len(listed) == 1)
    return found


def rows(url: str, table: str, column: str, value: str) -> int:
    with psycopg.connect(url) as connection:
        query = f"SELECT count(*) FROM {table} WHERE {column} = %s"  # noqa: S608
        row = connection.execute(query.encode(), [value]).fetchone()
    assert row is not None
    return int(row[0])


async def test_a_stage_goes_with_all_that_belongs_to_it_and_the_others_close_the_gap(
    door: Door, database_url: str
) -> None:
    new, contacted, *rest = await door.lead_stages()
    await door.create("StageField", stage_id=new.id, name="budget")
    started = await door.retire("Stage", new.id, contacted.id)
    stream = door.watch()
    await anext(stream)
    answer = await door.complete(started.id)
    assert (answer.retirement.state, answer.retirement.ended_at.seconds > 0) == (COMPLETED, True)
    pushed = await anext(stream)
    assert (pushed.revision, list(pushed.retirements)) == (answer.revision, [])
    after = await door.lead_stages()
    assert [(stage.id, stage.position) for stage in after] == [
        (stage.id, place) for place, stage in enumerate([contacted, *rest], start=1)
    ]
    assert new.id not in {each.id for each in pushed.stages}
    tables = (("stage_fields", "stage_id"), ("stage_ownership", "id"), ("field_visibility", "id"))
    assert [rows(database_url, table, column, new.id) for table, column in tables] == [0, 0, 0]


async def test_a_pipeline_goes_with_its_stages(door: Door, database_url: str) -> None:
    pipeline = await door.create("Pipeline", name="Second")
    stages = [await door.create("Stage", pipeline_id=pipeline.id, name=name) for name in ("a", "b")]
    await door.create("StageField", stage_id=stages[0].id, name="budget")
    before = await door.stages()
    await door.gone("Pipeline", pipeline.id, (await door.pipelines())[0].id)
    assert pipeline.id not in {each.id for each in await door.pipelines()}
    gone = {stage.id for stage in stages}
    assert await door.stages() == [stage for stage in before if stage.id not in gone]
    snapshot = await door.snapshot()
    assert not gone & {each.stage_id for each in snapshot.stage_ownership}
    assert not gone & {each.stage_id for each in snapshot.field_visibility}
    assert list(snapshot.stage_fields) == []
    assert rows(database_url, "stage_fields", "stage_id", stages[0].id) == 0


async def test_priorities_and_labels_go_and_their_names_can_be_used_again(door: Door) -> None:
    low, *others = await door.priorities()
    await door.gone("Priority", low.id, others[0].id)
    after = await door.priorities()
    assert [(each.id, each.position) for each in after] == [(each.id, each.position - 1) for each in others]
    first, *rest = await door.labels(SOURCES)
    await door.gone("Label", first.id, list=SOURCES)
    assert await door.labels(SOURCES) == rest
    await door.create("Priority", name=low.name)
    again = await door.create("Label", list=SOURCES, name=first.name)
    assert again.id != first.id


async def test_the_document_forgets_what_is_gone(door: Door) -> None:
    new, contacted, qualified, *_ = await door.lead_stages()
    second = await door.create("Pipeline", name="Second")
    of_second = await door.create("Stage", pipeline_id=second.id, name="Open")
    low = (await door.priorities())[0]
    minutes = {"low": 4, "medium": 3, "high": 2, "critical": 1}
    gold = {"name": "Gold", "isDefault": True, "responseMinutes": minutes}
    silver = {"name": "Silver", "responseMinutes": {"low": 9, "*": 8}}
    bronze = {"name": "Bronze", "responseMinutes": 7}
    pauses = {"pauseAtStages": [new.id, qualified.id, of_second.id]}
    settings = await door.change_settings(
        {"sla": {"policies": [{**each, **pauses} for each in (gold, silver, bronze)]}}
    )
    before = await door.document()
    for noun, entry_id in (("Stage", new.id), ("Pipeline", second.id), ("Priority", low.id)):
        await door.gone(noun, entry_id)
    snapshot = await door.snapshot()
    assert snapshot.settings.version == settings.version + 3
    document = await door.document()
    kept = [(each["responseMinutes"], each["pauseAtStages"]) for each in document["sla"]["policies"]]
    assert kept == [
        ({"medium": 3, "high": 2, "critical": 1}, [qualified.id]),
        ({"*": 8}, [qualified.id]),
        (7, [qualified.id]),
    ]
    assert {**document, "sla": {}} == {**before, "sla": {}}
    assert (await door.change_settings({"general": {"currency": "EUR"}})).version == snapshot.settings.version + 1
    await door.gone("Stage", contacted.id)
    assert (await door.snapshot()).settings.version == snapshot.settings.version + 1


async def test_the_caller_waits_for_the_end_which_comes_to_another_replica(start_replica: Start) -> None:
    one, other = await start_replica(), await start_replica()
    stage = (await one.lead_stages())[0]
    asked = asyncio.create_task(one.retire("Stage", stage.id, wait=8))
    started = await begun(other)
    assert not asked.done()
    ended = (await other.complete(started.id)).retirement
    async with asyncio.timeout(5):
        assert await asked == ended
    assert ended.state == COMPLETED


async def test_the_caller_who_waits_no_longer_gets_it_running(door: Door) -> None:
    new, contacted, *_ = await door.lead_stages()
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await door.retire("Stage", new.id, wait=0.4)).state == RUNNING
    assert 0.4 <= loop.time() - began < 3
    began = loop.time()
    assert (await door.retire("Stage", contacted.id)).state == RUNNING
    assert loop.time() - began < 3


@pytest.mark.parametrize("wait", [5, 0])
async def test_records_without_a_target_refuse_the_deletion_and_nothing_has_changed(
    start_replica: Start, wait: int
) -> None:
    one, other = await start_replica(), await start_replica()
    stage = (await one.lead_stages())[0]
    before = await one.lead_stages()
    asked = asyncio.create_task(one.retire("Stage", stage.id, wait=wait))
    started = await begun(other)
    await other.report(started.id, 12, 0)
    failed = await other.fail(started.id, "IN_USE", "12 records still use this entry.")
    if wait:
        error = await refused(asked)
        assert (error.kind, error.reason, error.metadata) == (ErrorKind.REFUSED, "IN_USE", {"count": "12"})
        assert error.message == "12 records still use this entry."
    else:
        assert (await asked).state == RUNNING
    assert (failed.state, failed.failure_reason, failed.total, failed.moved) == (FAILED, "IN_USE", 12, 0)
    assert await one.retirement_of(started.id) == failed
    assert await one.lead_stages() == before
    assert list((await other.snapshot()).retirements) == []


async def test_a_deletion_that_failed_says_why(start_replica: Start) -> None:
    one, other = await start_replica(), await start_replica()
    new, contacted, *_ = await one.lead_stages()
    asked = asyncio.create_task(one.retire("Stage", new.id, contacted.id, wait=5))
    started = await begun(other)
    await other.fail(started.id, "STAGE_FIELDS_MISSING", "Budget is needed for Contacted.")
    error = await refused(asked)
    assert (error.kind, error.reason) == (ErrorKind.REFUSED, "RETIREMENT_FAILED")
    assert error.metadata == {"cause": "STAGE_FIELDS_MISSING", "retirementId": started.id}
    assert "Budget is needed for Contacted." in error.message
    await one.change_stage(new.id, name="Open again")
    assert (await one.retire("Stage", new.id, contacted.id)).state == RUNNING


async def test_a_failure_is_pushed(door: Door) -> None:
    started = await door.retire("Stage", (await door.lead_stages())[0].id)
    stream = door.watch()
    assert len((await anext(stream)).retirements) == 1
    await door.fail(started.id, "IN_USE")
    pushed = await anext(stream)
    assert (pushed.revision, list(pushed.retirements)) == (3, [])


async def test_each_step_may_be_repeated(door: Door) -> None:
    new, contacted, *_ = await door.lead_stages()
    started = await door.retire("Stage", new.id)
    for _ in range(2):
        reported = await door.report(started.id, 20, 5)
        assert (reported.total, reported.moved, reported.state) == (20, 5, RUNNING)
    assert (await door.snapshot()).revision == 2
    first = await door.complete(started.id)
    await door.change_stage(contacted.id, name="Reached")
    assert await door.complete(started.id) == first
    assert first.revision == 3
    failed = await door.fail((await door.retire("Stage", contacted.id)).id, "IN_USE", "a")
    before = await door.snapshot()
    assert await door.fail(failed.id, "OTHER", "b") == failed
    assert await door.snapshot() == before


async def test_what_is_over_is_not_ended_another_way(door: Door) -> None:
    new, contacted, *_ = await door.lead_stages()
    completed = (await door.complete((await door.retire("Stage", new.id)).id)).retirement
    failed = await door.fail((await door.retire("Stage", contacted.id)).id, "IN_USE")
    before = await door.snapshot()
    for work in (door.fail(completed.id, "IN_USE"), door.complete(failed.id)):
        error = await refused(work)
        assert (error.kind, error.reason) == (ErrorKind.REFUSED, "RETIREMENT_CLOSED")
    for over in (completed, failed):
        assert await door.report(over.id, 99, 99) == over
    assert await door.snapshot() == before


async def test_wrong_steps_are_named_and_a_long_message_is_cut(door: Door) -> None:
    started = await door.retire("Stage", (await door.lead_stages())[0].id)
    assert await faults_of(door.report(started.id, -1, 0)) == [("total", "OUT_OF_RANGE")]
    assert await faults_of(door.report(started.id, 1, -1)) == [("moved", "OUT_OF_RANGE")]
    assert await faults_of(door.fail(started.id, "")) == [("reason", "REQUIRED")]
    failed = await door.fail(started.id, "IN_USE", "\0" + "x" * 600)
    assert failed.failure_message == "x" * 500


async def test_those_that_run_and_the_newest_hundred_that_are_over_are_listed_newest_first(
    door: Door, database_url: str
) -> None:
    stage = (await door.lead_stages())[0]
    oldest = await door.retire("Stage", stage.id)
    with psycopg.connect(database_url) as connection:
        for number in range(105):
            connection.execute(
                "INSERT INTO retirements"
                " (id, kind, entry_id, name, state, total, moved, requested_by, started_at, ended_at)"
                " VALUES (%s, 'source', gen_random_uuid(), %s, 'failed', 0, 0, gen_random_uuid(), now(), now())",
                [new_id(), str(number)],
            )
    listed = await door.retirements()
    assert [each.name for each in listed] == [*(str(number) for number in range(104, 4, -1)), "New"]
    assert listed[-1] == oldest


async def test_of_two_deletions_of_one_entry_at_once_one_begins(door: Door) -> None:
    stage = (await door.lead_stages())[0]
    outcomes: list[Any] = await asyncio.gather(
        *(door.retire("Stage", stage.id) for _ in range(4)), return_exceptions=True
    )
    (started,) = [each for each in outcomes if not isinstance(each, LeadlineError)]
    refusals = [(each.reason, each.metadata) for each in outcomes if isinstance(each, LeadlineError)]
    assert refusals == [("RETIRING", {"retirementId": started.id})] * 3


async def test_of_the_two_last_open_stages_one_stays(door: Door) -> None:
    pipeline = await door.create("Pipeline", name="Second")
    stages = [await door.create("Stage", pipeline_id=pipeline.id, name=name) for name in ("a", "b")]
    outcomes = await asyncio.gather(*(door.retire("Stage", each.id) for each in stages), return_exceptions=True)
    assert [each.reason for each in outcomes if isinstance(each, LeadlineError)] == ["LAST_OPEN_STAGE"]
    (started,) = [each for each in outcomes if isinstance(each, retirement_pb2.Retirement)]
    await door.complete(started.id)
    assert len(await door.stages(pipeline_id=pipeline.id)) == 1


async def test_a_change_and_a_deletion_at_once_both_happen_or_the_change_is_refused(door: Door) -> None:
    for round_ in range(6):
        stage = await door.create("Stage", pipeline_id=(await door.pipelines())[0].id, name=f"n{round_}")
        started, changed = await asyncio.gather(
            door.retire("Stage", stage.id), door.change_stage(stage.id, name=f"m{round_}"), return_exceptions=True
        )
        assert isinstance(started, retirement_pb2.Retirement)
        if isinstance(changed, LeadlineError):
            assert (changed.reason, started.name) == ("RETIRING", stage.name)
        else:
            assert isinstance(changed, lists_pb2.Stage)
            assert changed.name == started.name == f"m{round_}"
        await door.complete(started.id)


async def test_completions_at_once_delete_once(start_replica: Start) -> None:
    one, other = await start_replica(), await start_replica()
    started = await one.retire("Stage", (await one.lead_stages())[0].id)
    answers = await asyncio.gather(*(door.complete(started.id) for door in (one, other) * 3))
    assert len({answer.revision for answer in answers}) == 1
    snapshot = await one.snapshot()
    assert (snapshot.revision, answers[0].revision) == (3, 3)
    positions = [each.position for each in snapshot.stages if each.pipeline_id == (await one.pipelines())[0].id]
    assert positions == [1, 2, 3, 4, 5]


async def test_a_failure_and_a_completion_at_once_leave_one_end(door: Door) -> None:
    for stage in (await door.lead_stages())[:3]:
        started = await door.retire("Stage", stage.id)
        outcomes = await asyncio.gather(
            door.complete(started.id), door.fail(started.id, "IN_USE"), return_exceptions=True
        )
        assert [each.reason for each in outcomes if isinstance(each, LeadlineError)] == ["RETIREMENT_CLOSED"]
        is_there = stage.id in {each.id for each in await door.lead_stages()}
        assert is_there == ((await door.retirement_of(started.id)).state == FAILED)


async def test_a_caller_who_hangs_up_changes_nothing(door: Door) -> None:
    stage = (await door.lead_stages())[0]
    asked = asyncio.create_task(door.retire("Stage", stage.id, wait=8))
    started = await begun(door)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert (await door.retirement_of(started.id)).state == RUNNING
    assert (await door.complete(started.id)).retirement.state == COMPLETED
    assert started.module == lists_pb2.MODULE_LEADS
