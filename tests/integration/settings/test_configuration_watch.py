"""The configuration's way to the other services: one snapshot, pushed from every replica at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
from leadline.settings.v1 import settings_service_pb2 as pb
from leadline.settings.v1.configuration_service_pb2 import Configuration

from kit.db.database import Database
from settings_service.rpc.feed import ConfigurationFeed
from tests.integration.settings.door import Door
from tests.support.waiting import eventually

Start = Callable[[], Awaitable[Door]]


async def next_of(stream: AsyncIterator[Configuration], within: float = 1.0) -> Configuration:
    async with asyncio.timeout(within):
        return await anext(stream)


async def test_a_stream_begins_with_the_configuration_as_it_is(door: Door) -> None:
    await door.set_threshold(70)
    first = await next_of(door.watch())
    assert (first.revision, first.threshold.threshold) == (2, 70)
    assert first == await door.snapshot()


async def test_the_snapshot_holds_all_that_the_lists_show(door: Door) -> None:
    snapshot = await door.snapshot()
    assert list(snapshot.pipelines) == await door.pipelines()
    assert list(snapshot.stages) == await door.stages()
    assert list(snapshot.priorities) == await door.priorities()
    assert list(snapshot.sources) == await door.labels(pb.LABEL_LIST_SOURCES)
    assert list(snapshot.disqualification_reasons) == await door.labels(pb.LABEL_LIST_DISQUALIFICATION_REASONS)
    assert list(snapshot.team_roles) == await door.labels(pb.LABEL_LIST_TEAM_ROLES)
    assert snapshot.threshold == await door.threshold()
    assert snapshot.changed_at.seconds > 0


async def test_a_change_through_either_replica_reaches_the_streams_of_both_within_a_second(
    start_replica: Start,
) -> None:
    one, other = await start_replica(), await start_replica()
    streams = [one.watch(), other.watch(), other.watch()]
    for stream in streams:
        assert (await next_of(stream, within=5)).revision == 1
    for revision, door in ((2, one), (3, other)):
        await door.set_threshold(revision)
        for stream in streams:
            pushed = await next_of(stream)
            assert (pushed.revision, pushed.threshold.threshold) == (revision, revision)


async def test_stage_fields_and_scoring_rules_are_part_of_the_snapshot(door: Door, database_url: str) -> None:
    stage = (await door.lead_stages())[1]
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO stage_fields (id, stage_id, name, label, type, required, options, position)"
            " VALUES (gen_random_uuid(), %s, 'budget', 'Budget', 'select', true, '{low,high}', 1)",
            [stage.id],
        )
        connection.execute(
            "INSERT INTO scoring_rules (id, name, category, field, operator, value, points, is_active, position)"
            " VALUES (gen_random_uuid(), 'Big', '', 'estimatedValue', 'greater_than', '1000.5', 20, true, 1)"
        )
        connection.execute("UPDATE configuration_revision SET revision = revision + 1")
    snapshot = await door.snapshot()
    (field,) = snapshot.stage_fields
    (rule,) = snapshot.scoring_rules
    assert (field.stage_id, field.type, list(field.options), field.required) == (
        stage.id,
        "select",
        ["low", "high"],
        True,
    )
    assert (rule.field, rule.operator, rule.value, rule.points) == ("estimatedValue", "greater_than", "1000.5", 20)


async def test_every_snapshot_is_of_one_moment_while_changes_go_on(start_replica: Start) -> None:
    door, other = await start_replica(), await start_replica()
    stream = other.watch()
    seen = [await anext(stream)]
    priorities = await door.priorities()
    changes = (door.change_priority(each.id, is_default=True) for each in priorities * 4)
    await asyncio.gather(*changes, door.set_threshold(1))
    last = await door.snapshot()
    while seen[-1].revision < last.revision:
        seen.append(await next_of(stream))
    assert len(seen) > 1
    for snapshot in seen:
        assert [each.is_default for each in snapshot.priorities].count(True) == 1
        versions = sum(each.version - 1 for each in snapshot.priorities)
        assert versions == 2 * (snapshot.revision - snapshot.threshold.version)


async def test_a_slow_reader_gets_the_newest_next_and_nothing_is_kept_for_it(door: Door, database_url: str) -> None:
    database = Database(database_url, pool_size=2, application="test")
    feed = ConfigurationFeed(database)
    feed.start()
    reader = feed.watch()
    assert (await anext(reader)).revision == 1
    for threshold in range(10):
        await door.set_threshold(threshold)
        await feed.newest()
    assert (await anext(reader)).revision == 11
    await door.set_threshold(99)
    assert (await next_of(reader)).revision == 12
    await feed.close()
    await database.close()


async def test_a_change_whose_notice_was_lost_is_found_by_looking(door: Door, database_url: str) -> None:
    stream = door.watch()
    await next_of(stream, within=5)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE qualification_threshold SET threshold = 5")
        connection.execute("UPDATE configuration_revision SET revision = revision + 1")
    assert (await next_of(stream, within=6)).threshold.threshold == 5


async def test_streams_go_on_when_the_database_has_cut_every_connection(
    door: Door, database_url: str, postgres: str
) -> None:
    stream = door.watch()
    await next_of(stream, within=5)
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    async def change() -> bool:
        try:
            return bool(await door.set_threshold(1))
        except Exception:  # noqa: BLE001 - the first calls meet the connections that were cut
            return False

    await eventually(change)
    assert (await next_of(stream, within=6)).threshold.threshold == 1
