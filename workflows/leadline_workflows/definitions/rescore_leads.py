"""Scores all open leads anew, in batches. The leads service keeps how far the pass is, and begins it again when asked.

Several changes in a row end in one pass: the run waits until they have stopped coming for a moment.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreInput, RescoreProgress

# Never given up: while the leads service is away or refuses us, the activity is seen retrying.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ATTEMPT = timedelta(seconds=30)
_HEARTBEAT = timedelta(seconds=15)
_QUIET = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(seconds=10)
_OVER = {"completed", "none"}


@workflow.defn(name=names.RESCORE_LEADS)
class RescoreLeadsWorkflow:
    """The one run of its kind; its id is ``rescore-leads``. Cancelled, it is taken up by whoever asks next."""

    @workflow.init
    def __init__(self, start: RescoreInput) -> None:
        self._progress = start.progress or RescoreProgress()
        self._requests = 0

    @workflow.run
    async def run(self, start: RescoreInput) -> RescoreProgress:
        """Run until everything is scored that was asked for."""
        if start.progress is None:
            await self._wait_for_quiet()
        while True:
            heard = self._requests
            await self._score_next()
            if self._progress.state in _OVER:
                if heard == self._requests:
                    return self._progress
                # Asked for while the last batch was under way: that batch may not have known of it.
                await self._wait_for_quiet()
            if workflow.info().is_continue_as_new_suggested():
                # The new run asks the leads service before it does anything else, so no request is lost.
                workflow.continue_as_new(RescoreInput(self._progress))

    @workflow.signal(name=names.RESCORE_REQUESTED)
    def rescore_requested(self) -> None:
        """Hear that leads are to be scored anew, once more."""
        self._requests += 1

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> RescoreProgress:
        """How far the pass is."""
        return self._progress

    async def _wait_for_quiet(self) -> None:
        """Wait until no request has come for two seconds, but not longer than ten."""
        workflow.set_current_details("Asked to score all open leads anew; waits for more changes to come along.")
        latest, wait = workflow.now() + _LONGEST_WAIT, _QUIET
        while wait > timedelta(0) and not await self._is_quiet_for(wait):
            wait = min(_QUIET, latest - workflow.now())

    async def _is_quiet_for(self, wait: timedelta) -> bool:
        heard = self._requests
        try:
            await workflow.wait_condition(
                lambda: self._requests != heard, timeout=wait, timeout_summary="wait for more changes"
            )
        except TimeoutError:
            return True
        return False

    async def _score_next(self) -> None:
        self._show("Scoring all open leads anew")
        self._progress = await workflow.execute_activity(
            names.RESCORE_BATCH,
            result_type=RescoreProgress,
            start_to_close_timeout=_ATTEMPT,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=_RETRY,
            summary="score the next leads",
        )
        self._show("Done" if self._progress.state in _OVER else "Scoring all open leads anew")

    def _show(self, what: str) -> None:
        known = self._progress
        scored = f"{known.processed:,} of {known.total:,} scored, {known.changed:,} changed"
        workflow.set_current_details(f"**{what}**: {scored}.")
