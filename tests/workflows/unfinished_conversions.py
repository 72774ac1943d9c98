"""The check of conversions on a Temporal server, and its case whose history is recorded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError

from kit.ids import new_id
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionsChecked
from leadline_workflows.runtime.worker import Limits, check_worker
from tests.workflows.settings_cases import Case, Handle


@asynccontextmanager
async def checking(
    client: Client, found: ConversionsChecked, *, outages: int = 0
) -> AsyncIterator[WorkflowHandle[Any, ConversionsChecked]]:
    """A check that was just started, which finds what is said after so many failed attempts."""
    left, queue = [outages], f"check-conversions-{new_id()}"

    @activity.defn(name=names.ORDER_LOST_CONVERSIONS)
    async def order_lost_conversions() -> ConversionsChecked:
        if left[0]:
            left[0] -= 1
            message = "A part of Leadline does not answer."
            raise ApplicationError(message, type="PART_UNAVAILABLE", next_retry_delay=timedelta(milliseconds=1))
        return found

    async with check_worker(client, [order_lost_conversions], Limits(shutdown_timeout=timedelta(0)), queue=queue):
        yield await client.start_workflow(
            names.CHECK_CONVERSIONS, id=queue, task_queue=queue, result_type=ConversionsChecked
        )


async def lost_ones_ordered(client: Client) -> Handle:
    """A check that found some, at its second attempt."""
    async with checking(client, ConversionsChecked(5, 2), outages=1) as handle:
        await handle.result()
    return handle


CONVERSION_CHECK_CASES: dict[str, list[Case]] = {names.CHECK_CONVERSIONS: [lost_ones_ordered]}
