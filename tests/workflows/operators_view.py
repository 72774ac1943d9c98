"""What an operator reads in the Temporal UI, read the way that the UI reads it."""

from datetime import datetime
from typing import Any

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle
from temporalio.common import SearchAttributeKey

from leadline_workflows.contracts import search_attributes


async def current_details(handle: WorkflowHandle[Any, Any]) -> str:
    """The run's current details, markdown."""
    metadata: WorkflowMetadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return metadata.current_details


async def attributes(handle: WorkflowHandle[Any, Any]) -> dict[str, str | None]:
    """The keywords that the run can be filtered by, by their names."""
    found = (await handle.describe()).typed_search_attributes
    return {name: found.get(SearchAttributeKey.for_keyword(name)) for name in search_attributes.KEYWORDS}


async def deadline(handle: WorkflowHandle[Any, Any]) -> datetime | None:
    """The deadline that the run can be filtered by."""
    found = (await handle.describe()).typed_search_attributes
    return found.get(SearchAttributeKey.for_datetime(search_attributes.SLA_DEADLINE))


async def summaries(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """The summaries of the run's timers and activities, in the order of the history."""
    history = await handle.fetch_history()
    found = [event.user_metadata.summary.data.decode().strip('"') for event in history.events]
    return [summary for summary in found if summary]
