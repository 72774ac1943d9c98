"""One lead's conversion on a Temporal server, with the services it meets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionState, LeadConversionInput, LeadConversionResult
from leadline_workflows.runtime.worker import Limits, conversion_worker
from tests.workflows.conversion_rules import ACCOUNT, CONTACT, OPPORTUNITY, ConversionRules

Handle = WorkflowHandle[Any, LeadConversionResult]

CONVERTED = LeadConversionResult(ConversionState.COMPLETED, ACCOUNT, CONTACT, OPPORTUNITY)


def make_worker(client: Client, services: ConversionRules, queue: str, *, cached: int = 500) -> Worker:
    """A worker that, when it is stopped, waits for nothing."""
    limits = Limits(cached_workflows=cached, shutdown_timeout=timedelta(0))
    return conversion_worker(client, services.activities(), limits, queue=queue)


@asynccontextmanager
async def converting(client: Client, services: ConversionRules, *, cached: int = 500) -> AsyncIterator[Handle]:
    """A conversion that was just started, with a worker; its task queue bears its id."""
    lead_id = str(new_id())
    workflow_id = names.lead_conversion_id(lead_id)
    async with make_worker(client, services, workflow_id, cached=cached):
        yield await client.start_workflow(
            names.CONVERT_LEAD,
            LeadConversionInput(lead_id, "conversion-1", "Alice Johnson, StartupIO", leads_decide=True),
            id=workflow_id,
            task_queue=workflow_id,
            result_type=LeadConversionResult,
        )
