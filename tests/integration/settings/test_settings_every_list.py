"""What holds for creating entries of any list: positions, names, keys, the most entries."""

import asyncio
from datetime import UTC
from typing import Any

import psycopg
import pytest
from leadline.settings.v1 import lists_pb2

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.settings.door import Door
from tests.integration.settings.makers import (
    LISTS,
    MAKERS,
    POSITIONED,
    ROLES,
    SOURCES,
    Make,
    listed,
    make_field,
    make_pipeline,
    make_priority,
    make_rule,
    make_source,
    make_stage,
    name_of,
    stage_id_of,
)
from tests.integration.settings.refusals import faults_of, refused
from tests.support import tokens
from tests.support.waiting import eventually


@pytest.mark.parametrize("make", POSITIONED, ids=name_of)
async def test_a_position_shifts_the_others_and_only_those_behind_it(door: Door, make: Make) -> None:
    for name in ("a", "b", "c"):
        await make(door, name)
    before = {entry.id: entry for entry in await listed(door, make)}
    made = await make(door, "between", position=len(before) - 1)
    after = await listed(door, make)
    assert [entry.position for entry in after] == list(range(1, len(before) + 2))
    assert after[-3] == made
    assert [entry.id for entry in after if entry.id != made.id] == list(before)
    assert [entry.version - before[entry.id].version for entry in after[-2:]] == [1, 1]
    assert after[:-3] == list(before.values())[:-2]


@pytest.mark.parametrize("make", POSITIONED, ids=name_of)
async def test_a_position_beyond_the_end_is_refused(door: Door, make: Make) -> None:
    beyond = len(await listed(door, make)) + 2
    assert await faults_of(make(door, "x", position=beyond)) == [("position", "OUT_OF_RANGE")]


@pytest.mark.parametrize("make", MAKERS, ids=name_of)
async def test_a_new_entry_reaches_the_streams_in_one_revision(door: Door, make: Make) -> None:
    stream = door.watch()
    await anext(stream)
    made = await make(door, "new_one")
    pushed = await anext(stream)
    assert pushed.revision == 2
    assert made in getattr(pushed, LISTS[make])


@pytest.mark.parametrize("make", MAKERS, ids=name_of)
@pytest.mark.parametrize("name", ["taken", " TAKEN "])
async def test_a_name_is_taken_whatever_its_case(door: Door, make: Make, name: str) -> None:
    await make(door, "Taken")
    before = await door.snapshot()
    error = await refused(make(door, name))
    assert (error.kind, error.reason, error.metadata) == (ErrorKind.REFUSED, "NAME_TAKEN", {"name": name.strip()})
    assert await door.snapshot() == before


async def test_names_are_taken_within_their_pipeline_and_module_only(door: Door) -> None:
    leads, opportunities = await door.pipelines()
    await make_pipeline(door, leads.name, module=lists_pb2.MODULE_OPPORTUNITIES)
    await door.create("Stage", pipeline_id=opportunities.id, name="Qualified")
    one, two, *_ = await door.lead_stages()
    for stage in (one, two):
        await door.create("StageField", stage_id=stage.id, name="budget")


@pytest.mark.parametrize("make", MAKERS, ids=name_of)
async def test_of_equal_names_at_once_one_gets_in(door: Door, make: Make) -> None:
    outcomes = await asyncio.gather(*(make(door, name) for name in ("racer", "Racer") * 3), return_exceptions=True)
    refusals = [each for each in outcomes if isinstance(each, LeadlineError)]
    assert [each.reason for each in refusals] == ["NAME_TAKEN"] * 5
    assert [each.name.lower() for each in await listed(door, make)].count("racer") == 1


@pytest.mark.parametrize("make", POSITIONED, ids=name_of)
async def test_entries_made_at_once_get_positions_without_gaps(door: Door, make: Make) -> None:
    before = len(await listed(door, make))
    given: list[dict[str, Any]] = [{}, {"position": 1}] * 4
    made = await asyncio.gather(*(make(door, f"n{number}", **more) for number, more in enumerate(given)))
    after = await listed(door, make)
    assert [entry.position for entry in after] == list(range(1, before + 9))
    assert {entry.id for entry in made} <= {entry.id for entry in after}


async def test_defaults_made_at_once_leave_exactly_one(door: Door) -> None:
    for make in (make_priority, make_pipeline):
        await asyncio.gather(*(make(door, f"n{number}", is_default=True) for number in range(5)))
        assert [entry.is_default for entry in await listed(door, make)].count(True) == 1


async def test_a_plain_list_is_in_the_order_in_which_entries_were_made_not_asked_for(
    door: Door, database_url: str
) -> None:
    with psycopg.connect(database_url) as holder, psycopg.connect(database_url, autocommit=True) as observer:
        holder.execute("SELECT 1 FROM configuration_revision FOR UPDATE")
        asked = asyncio.create_task(make_source(door, "fair"))

        async def waits() -> bool:
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return observer.execute(query).fetchone() == (1,)

        await eventually(waits)
        row = observer.execute("SELECT clock_timestamp()").fetchone()
        holder.rollback()
    assert row is not None
    assert (await asked).created_at.ToDatetime(tzinfo=UTC) > row[0]


@pytest.mark.parametrize("make", MAKERS, ids=name_of)
async def test_the_same_key_makes_one_entry_and_gets_the_first_answer_again(door: Door, make: Make) -> None:
    first = await make(door, "once", key="k-1")
    again = await make(door, "once", key="k-1")
    assert again == first
    assert [each.name for each in await listed(door, make)].count("once") == 1
    error = await refused(make(door, "another", key="k-1"))
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "IDEMPOTENCY_KEY_REUSED")
    assert (await make(door, "another", key="k-2")).name == "another"


async def test_a_key_is_the_callers_own_and_refusals_are_not_remembered(door: Door) -> None:
    await make_source(door, "mine", key="k")
    other = tokens.token(subject=new_id(), role="admin")
    assert (await door.create("Label", list=SOURCES, name="theirs", key="k", token=other)).name == "theirs"
    pipeline_id = (await door.pipelines())[0].id
    await refused(door.create("Stage", pipeline_id=pipeline_id, name="New", key="s"))
    await door.change_stage(await stage_id_of(door), name="Old")
    assert (await door.create("Stage", pipeline_id=pipeline_id, name="New", key="s")).name == "New"


def fill(url: str, table: str, columns: str, values: str) -> None:
    new = f"INSERT INTO {table} (id, name, {columns}) SELECT gen_random_uuid(), 'n' || n, {values}"
    with psycopg.connect(url) as connection:
        connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608
        connection.execute(f"{new} FROM generate_series(1, 1000) AS n".encode())


async def test_a_list_takes_a_thousand_entries_and_no_more(door: Door, database_url: str) -> None:
    pipeline, stage = (await door.pipelines())[0], (await door.lead_stages())[0]
    field_columns = "stage_id, label, type, required, options, position"
    fill(database_url, "stage_fields", field_columns, f"'{stage.id}', 'f', 'text', true, '{{}}', n")
    fill(database_url, "labels", "list, label, is_active", "'sources', 'l', true")
    rule_columns = "category, field, operator, value, points, is_active, position"
    fill(database_url, "scoring_rules", rule_columns, "'', 'title', 'is_empty', 'null', 1, true, n")
    fill(database_url, "priorities", "label, color, position, is_default", "'p', '#000000', n, n = 1")
    for make in (make_field, make_source, make_rule, make_priority):
        error = await refused(make(door, "too_many"))
        assert (error.kind, error.reason) == (ErrorKind.REFUSED, "LIST_FULL"), make
    stage_columns = "pipeline_id, position, color, probability, is_won, is_lost"
    fill(database_url, "stages", stage_columns, f"'{pipeline.id}', n, '#000000', 0, false, false")
    assert (await refused(make_stage(door, "too_many"))).reason == "LIST_FULL"
    other = await make_pipeline(door, "Other")
    assert (await door.create("Stage", pipeline_id=other.id, name="First")).position == 1
    fill(database_url, "pipelines", "module, is_default, movement", "'leads', n = 1, 'free'")
    assert (await refused(make_pipeline(door, "too_many"))).reason == "LIST_FULL"
    await door.create("Label", list=ROLES, name="still_room")
