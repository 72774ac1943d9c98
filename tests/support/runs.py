"""How runs of workflows stand, as Temporal says itself: lists of them lag behind where many have just begun."""

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from tests.support.waiting import eventually


async def run_status(temporal: Client, workflow_id: str) -> WorkflowExecutionStatus | None:
    """How the newest run of a workflow stands; nothing while there is none."""
    try:
        return (await temporal.get_workflow_handle(workflow_id).describe()).status
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def begun(temporal: Client, workflow_id: str, *, within: float = 20.0) -> None:
    """Wait until a workflow has a run."""
    await eventually(lambda: run_status(temporal, workflow_id), lambda status: status is not None, within=within)


async def run_is(temporal: Client, workflow_id: str, expected: WorkflowExecutionStatus) -> None:
    """Wait until the newest run of a workflow stands so: callers are answered a moment before a run is closed."""
    await eventually(lambda: run_status(temporal, workflow_id), lambda status: status is expected)
