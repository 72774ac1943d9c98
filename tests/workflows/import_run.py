"""The workflow of imports on a Temporal server, with the leads service that it meets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.lead_import import ImportProgress, LeadImportInput
from leadline_workflows.runtime.worker import Limits, import_worker
from tests.workflows.import_rules import ImportRules, make_import
from tests.workflows.settings_run import closed_on_failure

ImportHandle = WorkflowHandle[Any, ImportProgress]


def make_worker(client: Client, leads: ImportRules, queue: str, *, cached: int = 500) -> Worker:
    """A worker that, when it is stopped, waits for nothing."""
    limits = Limits(cached_workflows=cached, shutdown_timeout=timedelta(0))
    return import_worker(client, leads.activities(), limits, queue=queue)


@asynccontextmanager
async def importing(
    client: Client, leads: ImportRules, start: LeadImportInput | None = None, *, cached: int = 500
) -> AsyncIterator[ImportHandle]:
    """An import that was just ordered, with a worker; its task queue bears its id."""
    queue = names.lead_import_id(new_id())
    async with make_worker(client, leads, queue, cached=cached):
        handle: ImportHandle = await client.start_workflow(
            names.LEAD_IMPORT, start or make_import(), id=queue, task_queue=queue, result_type=ImportProgress
        )
        async with closed_on_failure(handle):
            yield handle
