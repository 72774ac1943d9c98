"""The Schedules on the real server: made once, brought to what is wanted, and left alone where they are right."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleHandle,
    ScheduleOverlapPolicy,
    ScheduleRange,
    ScheduleUpdate,
)
from temporalio.service import RPCError, RPCStatusCode

from kit.config import TemporalSettings
from leadline_workflows.contracts import names
from leadline_workflows.runtime import client as runtime_client
from leadline_workflows.runtime.client import connect
from leadline_workflows.runtime.schedules import daily_rescore, ensure_schedules
from leadline_workflows.runtime.worker import Limits, check_worker
from tests.support.waiting import eventually
from tests.workflows.clock_check_rules import ClockCheckRules
from tests.workflows.clock_check_run import next_of
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.servers import start_temporal
from tests.workflows.settings_run import make_worker


@pytest.fixture(scope="module")
async def fresh() -> AsyncIterator[Client]:
    """A client of a namespace of our own: Schedules have no id of a test."""
    async with await start_temporal() as environment:
        yield await environment.connect_client()


@pytest.fixture
async def daily(fresh: Client) -> AsyncIterator[ScheduleHandle]:
    """The daily Schedule, just made."""
    await ensure_schedules(fresh)
    handle = fresh.get_schedule_handle(names.DAILY_RESCORE_SCHEDULE)
    yield handle
    await handle.delete()


async def change(handle: ScheduleHandle, schedule: Schedule) -> None:
    await handle.update(lambda _found: ScheduleUpdate(schedule=schedule))


async def pause(handle: ScheduleHandle, note: str) -> None:
    """Pause a Schedule, and wait until the server shows it: a change that comes before that would undo it."""
    await handle.pause(note=note)

    async def is_paused() -> bool:
        return (await handle.describe()).schedule.state.paused

    await eventually(is_paused)


async def test_rules_that_depend_on_time_are_scored_anew_each_night(daily: ScheduleHandle) -> None:
    described = await daily.describe()
    (calendar,) = described.schedule.spec.calendars
    assert (calendar.hour, calendar.minute, calendar.day_of_week) == (
        (ScheduleRange(3),),
        (ScheduleRange(0),),
        (ScheduleRange(0, 6),),
    )
    assert described.schedule.spec.time_zone_name is None
    assert described.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert described.schedule.policy.catchup_window == timedelta(days=1)
    action = described.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.id, action.task_queue) == ("daily-rescore", "daily-rescore", "lead-settings")
    following = described.info.next_action_times[0] - datetime.now(UTC)
    assert timedelta(0) < following <= timedelta(days=1, minutes=5)


async def test_a_schedule_that_is_as_wanted_is_not_touched(fresh: Client, daily: ScheduleHandle) -> None:
    await ensure_schedules(fresh)
    assert (await daily.describe()).info.last_updated_at is None


async def test_a_schedule_of_an_older_release_is_changed_once(fresh: Client, daily: ScheduleHandle) -> None:
    wanted = daily_rescore()
    older = replace(wanted, policy=replace(wanted.policy, catchup_window=timedelta(days=300)))
    await change(daily, older)
    await ensure_schedules(fresh)
    described = await daily.describe()
    assert described.schedule.policy == wanted.policy
    await ensure_schedules(fresh)
    assert (await daily.describe()).info.last_updated_at == described.info.last_updated_at


async def test_what_an_operator_paused_stays_paused(fresh: Client, daily: ScheduleHandle) -> None:
    wanted = daily_rescore()
    await change(daily, replace(wanted, policy=replace(wanted.policy, catchup_window=timedelta(days=300))))
    await pause(daily, "until Monday")
    await ensure_schedules(fresh)
    schedule = (await daily.describe()).schedule
    assert schedule.policy == wanted.policy
    assert (schedule.state.paused, schedule.state.note) == (True, "until Monday")


async def test_what_the_schedule_starts_is_a_workflow_of_the_worker(fresh: Client, daily: ScheduleHandle) -> None:
    leads = RescoreRules()

    async def started() -> list[str]:
        actions = [each.action for each in (await daily.describe()).info.recent_actions]
        return [each.workflow_id for each in actions if isinstance(each, ScheduleActionExecutionStartWorkflow)]

    async with make_worker(fresh, leads, names.SETTINGS_QUEUE):
        await daily.trigger()
        (workflow_id,) = await eventually(started)
        assert workflow_id.startswith("daily-rescore-")
        assert await fresh.get_workflow_handle(workflow_id).result() is True
    assert leads.ended == [names.REQUEST_DAILY_RESCORE]


@pytest.fixture
async def five_minutes(fresh: Client) -> AsyncIterator[ScheduleHandle]:
    """The Schedule of checks, just made."""
    await ensure_schedules(fresh)
    handle = fresh.get_schedule_handle(names.CLOCK_CHECK_SCHEDULE)
    yield handle
    await handle.delete()


@pytest.mark.parametrize("checks", [names.CLOCK_CHECK_SCHEDULE, names.CONVERSION_CHECK_SCHEDULE])
async def test_clocks_and_conversions_are_checked_every_five_minutes_and_a_missed_check_is_left_out(
    fresh: Client, checks: str
) -> None:
    await ensure_schedules(fresh)
    described = await fresh.get_schedule_handle(checks).describe()
    schedule, action = described.schedule, described.schedule.action
    assert [each.every for each in schedule.spec.intervals] == [timedelta(minutes=5)]
    assert (schedule.policy.overlap, schedule.policy.catchup_window) == (
        ScheduleOverlapPolicy.SKIP,
        timedelta(minutes=1),
    )
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.id, action.task_queue) == (checks, checks, "checks")
    first, second, *_ = described.info.next_action_times
    assert timedelta(minutes=4) < second - first < timedelta(minutes=6)


async def test_a_schedule_of_checks_that_is_as_wanted_is_not_touched_and_a_paused_one_stays_paused(
    fresh: Client, five_minutes: ScheduleHandle
) -> None:
    await ensure_schedules(fresh)
    assert (await five_minutes.describe()).info.last_updated_at is None
    await pause(five_minutes, "while we move")
    await ensure_schedules(fresh)
    assert (await five_minutes.describe()).schedule.state.note == "while we move"


async def test_what_the_schedule_of_checks_starts_goes_through_a_slice(
    fresh: Client, five_minutes: ScheduleHandle
) -> None:
    rules = ClockCheckRules(leads=25_000, runs=10, batch=50_000)
    async with check_worker(fresh, rules.activities(), Limits()):
        found = await (await next_of(fresh, five_minutes)).result()
    assert (found.leads, found.next_lead, found.runs, found.next_run) == (20_000, "20000", 10, "")


async def test_schedules_that_got_lost_are_made_again_while_the_worker_runs(
    fresh: Client, five_minutes: ScheduleHandle
) -> None:
    async def is_there() -> bool:
        try:
            return (await five_minutes.describe()).id == names.CLOCK_CHECK_SCHEDULE
        except RPCError:
            return False

    keeping = asyncio.create_task(runtime_client.keep_prepared(fresh, every_seconds=0.2))
    await five_minutes.delete()
    await eventually(is_there)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def test_a_worker_waits_until_its_schedules_are_made(fresh: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[Client] = []

    async def away_at_first(client: Client) -> None:
        attempts.append(client)
        if len(attempts) < 3:
            raise RPCError("not yet", RPCStatusCode.UNAVAILABLE, b"")
        await ensure_schedules(client)

    monkeypatch.setattr(runtime_client, "ensure_schedules", away_at_first)
    settings = TemporalSettings(
        temporal_address=fresh.service_client.config.target_host, temporal_namespace=fresh.namespace
    )
    connected = await connect(settings, wait_seconds=20)
    handle = connected.get_schedule_handle(names.DAILY_RESCORE_SCHEDULE)
    assert (await handle.describe()).id == names.DAILY_RESCORE_SCHEDULE
    await handle.delete()
    assert len(attempts) == 3
