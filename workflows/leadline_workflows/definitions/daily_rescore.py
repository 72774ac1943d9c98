"""Asks once a day for all open leads to be scored anew, where a rule depends on time. Started by a Schedule."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from leadline_workflows.contracts import names

# A day's request is made when the leads service is back, however long that takes.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ATTEMPT = timedelta(seconds=15)


@workflow.defn(name=names.DAILY_RESCORE)
class DailyRescoreWorkflow:
    """One day's request; its id is ``daily-rescore-<instant>``. What it asks for is done by ``rescore-leads``."""

    @workflow.run
    async def run(self) -> bool:
        """Ask; false when no rule depends on time."""
        requested: bool = await workflow.execute_activity(
            names.REQUEST_DAILY_RESCORE,
            result_type=bool,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="ask for all open leads to be scored anew",
        )
        asked = "Asked for: rescore-leads does it." if requested else "Nothing to do: no rule depends on time."
        workflow.set_current_details(asked)
        return requested
