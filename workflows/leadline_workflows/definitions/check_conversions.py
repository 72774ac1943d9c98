"""Has conversions ordered anew whose run is gone: terminated, or lost with the database of Temporal.

The new run finishes what was begun, or undoes it: each step is known to the services by its conversion.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionsChecked

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ATTEMPT = timedelta(minutes=10)
_HEARTBEAT = timedelta(seconds=45)


@workflow.defn(name=names.CHECK_CONVERSIONS)
class CheckConversionsWorkflow:
    """One check; its id is ``check-conversions-<instant>``."""

    @workflow.run
    async def run(self) -> ConversionsChecked:
        """Look at all unfinished conversions once."""
        found: ConversionsChecked = await workflow.execute_activity(
            names.ORDER_LOST_CONVERSIONS,
            result_type=ConversionsChecked,
            start_to_close_timeout=_ATTEMPT,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=_RETRY,
            summary="order conversions without a run",
        )
        workflow.set_current_details(
            f"{found.unfinished:,} conversions unfinished for more than two minutes, "
            f"{found.ordered:,} of them without a run and ordered anew."
        )
        return found
