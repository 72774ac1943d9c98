"""One lead's conversion being undone on a Temporal server, with the services it meets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client, WorkflowHandle

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionState,
    PlanOutline,
    UnconversionInput,
    UnconversionResult,
)
from tests.workflows.conversion_rules import ConversionRules
from tests.workflows.conversion_run import make_worker

ASKED_FOR = PlanOutline(ConversionState.UNCONVERTING, account=True, contact=True, opportunity=True)


@asynccontextmanager
async def unconverting(
    client: Client, services: ConversionRules, *, cached: int = 500
) -> AsyncIterator[WorkflowHandle[Any, UnconversionResult]]:
    """An undoing that was just started, with a worker; its task queue bears its id."""
    lead_id = str(new_id())
    workflow_id = names.lead_unconversion_id(lead_id)
    async with make_worker(client, services, workflow_id, cached=cached):
        yield await client.start_workflow(
            names.UNCONVERT_LEAD,
            UnconversionInput(lead_id, "conversion-1", "Alice Johnson, StartupIO"),
            id=workflow_id,
            task_queue=workflow_id,
            result_type=UnconversionResult,
        )
