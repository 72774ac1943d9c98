"""The workflow of checks on a Temporal server, with the leads and runs that it meets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleHandle,
    ScheduleSpec,
    WorkflowHandle,
)
from temporalio.worker import Worker

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import CheckClocksInput, ClockCheckProgress
from leadline_workflows.runtime.worker import Limits, check_worker
from tests.support.waiting import eventually
from tests.workflows.clock_check_rules import ClockCheckRules
from tests.workflows.settings_run import closed_on_failure

CheckHandle = WorkflowHandle[Any, ClockCheckProgress]


def make_worker(client: Client, rules: ClockCheckRules, queue: str, *, cached: int = 500) -> Worker:
    """A worker that, when it is stopped, waits for nothing."""
    limits = Limits(cached_workflows=cached, shutdown_timeout=timedelta(0))
    return check_worker(client, rules.activities(), limits, queue=queue)


@asynccontextmanager
async def checking(
    client: Client, rules: ClockCheckRules, start: CheckClocksInput | None = None, *, cached: int = 500
) -> AsyncIterator[CheckHandle]:
    """A check that was just asked for, with a worker; its task queue bears its id."""
    queue = names.clock_check_id(new_id())
    async with make_worker(client, rules, queue, cached=cached):
        handle: CheckHandle = await client.start_workflow(
            names.CHECK_SLA_CLOCKS,
            start or CheckClocksInput("check-1"),
            id=queue,
            task_queue=queue,
            result_type=ClockCheckProgress,
        )
        async with closed_on_failure(handle):
            yield handle


@asynccontextmanager
async def scheduled(client: Client, queue: str, most: int) -> AsyncIterator[ScheduleHandle]:
    """A Schedule of checks that only starts what a test has it start."""
    action = ScheduleActionStartWorkflow(
        names.CHECK_SLA_CLOCKS, CheckClocksInput(most=most), id=queue, task_queue=queue
    )
    handle = await client.create_schedule(queue, Schedule(action=action, spec=ScheduleSpec()))
    try:
        yield handle
    finally:
        await handle.delete()


async def next_of(client: Client, schedule: ScheduleHandle) -> CheckHandle:
    """The run of the Schedule that is started now, once it has ended."""
    before = (await schedule.describe()).info.num_actions
    await schedule.trigger()

    async def started() -> list[ScheduleActionExecutionStartWorkflow]:
        info = (await schedule.describe()).info
        actions = [each.action for each in info.recent_actions] if info.num_actions > before else []
        return [each for each in actions if isinstance(each, ScheduleActionExecutionStartWorkflow)]

    *_, newest = await eventually(started)
    # Within one second, the next run has the same id.
    handle: CheckHandle = client.get_workflow_handle(
        newest.workflow_id, run_id=newest.first_execution_run_id, result_type=ClockCheckProgress
    )
    await handle.result()

    async def is_heard() -> bool:
        return not (await schedule.describe()).info.running_actions

    # Only then does the Schedule hand on what the run came to.
    await eventually(is_heard)
    return handle
