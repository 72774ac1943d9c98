"""The Schedules on the real server: made once, brought to what is wanted, and left alone where they are right."""

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
from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.runtime import client as runtime_client
from leadline_workflows.runtime.client import connect
from leadline_workflows.runtime.schedules import daily_rescore, ensure_schedules
from tests.support.waiting import eventually
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.servers import start_temporal
from tests.workflows.settings_run import make_worker


@pytest.fixture(scope="module")
async def fresh() -> AsyncIterator[Client]:
    """A client of a namespace of our own: Schedules have no id of a test."""
    async with await start_temporal(keywords=search_attributes.KEYWORDS) as environment:
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
    await daily.pause(note="until Monday")
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
