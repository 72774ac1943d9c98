"""The workflows of the settings queue on a Temporal server, with the services that they meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError
from temporalio.worker import Worker

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.outbox import RETIREMENT_ID
from leadline_workflows.contracts.rescore import RescoreInput, RescoreProgress
from leadline_workflows.contracts.retirement import RetirementInput, RetirementResult
from leadline_workflows.runtime.worker import Limits, settings_worker
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.retirement_rules import RetirementRules, make_retirement

RescoreHandle = WorkflowHandle[Any, RescoreProgress]
RetirementHandle = WorkflowHandle[Any, RetirementResult]


def make_worker(client: Client, services: RescoreRules | RetirementRules, queue: str, *, cached: int = 500) -> Worker:
    """A worker that, when it is stopped, waits for nothing."""
    limits = Limits(cached_workflows=cached, shutdown_timeout=timedelta(0))
    return settings_worker(client, services.activities(), limits, queue=queue)


async def ask_for_rescore(client: Client, workflow_id: str) -> RescoreHandle:
    """What the relay does with an order: start the run, or tell the running one."""
    return await client.start_workflow(
        names.RESCORE_LEADS,
        RescoreInput(),
        id=workflow_id,
        task_queue=workflow_id,
        result_type=RescoreProgress,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=names.RESCORE_REQUESTED,
    )


@asynccontextmanager
async def rescoring(client: Client, leads: RescoreRules, *, cached: int = 500) -> AsyncIterator[RescoreHandle]:
    """A run that was just asked for, with a worker; its task queue bears its id."""
    workflow_id = f"{names.RESCORE_LEADS}-{new_id()}"
    async with make_worker(client, leads, workflow_id, cached=cached):
        handle = await ask_for_rescore(client, workflow_id)
        async with closed_on_failure(handle):
            yield handle


@asynccontextmanager
async def retiring(
    client: Client, services: RetirementRules, start: RetirementInput | None = None, *, cached: int = 500
) -> AsyncIterator[RetirementHandle]:
    """A deletion that was just ordered, with a worker; its task queue bears its id."""
    queue = names.retirement_id("stage", new_id())
    async with make_worker(client, services, queue, cached=cached):
        handle = await start_retirement(client, queue, start or make_retirement())
        async with closed_on_failure(handle):
            yield handle


@asynccontextmanager
async def closed_on_failure(handle: WorkflowHandle[Any, Any]) -> AsyncIterator[None]:
    """A run that a failed test leaves behind would keep the test server from skipping time for all others."""
    try:
        yield
    except BaseException:
        with suppress(RPCError):
            await handle.terminate()
        raise


async def start_retirement(client: Client, queue: str, start: RetirementInput) -> RetirementHandle:
    """What the relay does with an order."""
    return await client.start_workflow(
        names.RETIREMENT,
        start,
        id=queue,
        task_queue=queue,
        memo={RETIREMENT_ID: start.retirement_id},
        result_type=RetirementResult,
    )
