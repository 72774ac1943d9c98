"""Steps of a run that waits for other parts: at once in its own task, or retried where operators see it and may act.

A step is first tried as a local activity, so that one workflow task carries a whole saga while all parts are there. One
that finds its part away goes on as an activity of its own, which Temporal retries without a word in the history.

What local activities did is in the history only when their task is over. A task that is lost is done again from its
beginning, and a cancel may have come by then: so a step after which nothing may be undone must not be one of them,
unless whoever carries it out does not let it be undone afterwards.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

from leadline_workflows.contracts import names
from leadline_workflows.contracts import search_attributes as attributes
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.definitions import failure
from leadline_workflows.definitions.saga_view import SagaView

_ATTENTION = SearchAttributeKey.for_keyword(attributes.ATTENTION)
WAITING = "waiting"
COMPENSATION_FAILING = "compensation failing"

_AT_ONCE = timedelta(seconds=5)
# A second local attempt may be ended by the timer of the first (temporalio/sdk-rust#1454).
_ONE_ATTEMPT = RetryPolicy(maximum_attempts=1)
_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30))
_ATTEMPT = timedelta(seconds=30)
# So long a lead waits, locked, for a part that is down; then what was done is undone.
_LONGEST_WAIT = timedelta(hours=24)


class GivenUpError(Exception):
    """An operator has given up what the run waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. ``summary`` is what operators read of it.

    Without ``bound`` it is tried until it is done, and cannot be given up: what it leaves undone would stay half done.
    One that is ``decisive`` is in the history before it begins.
    """

    activity: str
    order: Any
    summary: str
    result_type: type | None = None
    bound: timedelta | None = _LONGEST_WAIT
    undoes: bool = False
    decisive: bool = False
    attempt: timedelta = _ATTEMPT
    heartbeat: timedelta | None = None


class Steps:
    """Takes the steps of one run, one after the other."""

    def __init__(self, view: SagaView) -> None:
        self._view = view
        self._waiting_for: Step | None = None
        self._attempts: workflow.ActivityHandle[Any] | None = None
        self._again = False
        self._given_up: OperatorOrder | None = None

    async def take(self, step: Step) -> Any:
        """The result of the step.

        Raises:
            FailureError: it was refused, its time is over, or the run is cancelled.
            GivenUpError: an operator has given it up.
        """
        self._stop_if_given_up(step)
        self._view.doing(step.summary)
        if step.decisive:
            return await self._retried(step)
        try:
            return await self._at_once(step)
        except FailureError as error:
            if _is_final(error):
                raise
            return await self._in_time(step, failure.why(error, None, stopped=""))

    async def _at_once(self, step: Step) -> Any:
        return await workflow.execute_local_activity(
            step.activity,
            step.order,
            result_type=step.result_type,
            start_to_close_timeout=_AT_ONCE,
            retry_policy=_ONE_ATTEMPT,
            summary=step.summary,
        )

    async def _in_time(self, step: Step, failed: failure.Failure) -> Any:
        self._view.waiting(step.summary, workflow.now(), failed.reason, failed.message)
        workflow.upsert_search_attributes([_ATTENTION.value_set(COMPENSATION_FAILING if step.undoes else WAITING)])
        # Not by finally, which would also run when a worker lets go of the run.
        try:
            result = await self._retried(step)
        except (Exception, asyncio.CancelledError):
            workflow.upsert_search_attributes([_ATTENTION.value_unset()])
            raise
        workflow.upsert_search_attributes([_ATTENTION.value_unset()])
        return result

    async def _retried(self, step: Step) -> Any:
        self._waiting_for = step
        try:
            return await self._attempted(step)
        finally:
            self._waiting_for = None

    async def _attempted(self, step: Step) -> Any:
        while True:
            self._again = False
            self._attempts = workflow.start_activity(
                step.activity,
                step.order,
                result_type=step.result_type,
                start_to_close_timeout=step.attempt,
                heartbeat_timeout=step.heartbeat,
                schedule_to_close_timeout=step.bound,
                retry_policy=_RETRY,
                # What follows begins when the step is surely over, so that they cannot overtake each other.
                cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=step.summary,
            )
            try:
                result = await self._attempts
            except ActivityError:
                self._stop_if_given_up(step)
                if not self._again or workflow.cancellation_reason() is not None:
                    raise
            else:
                self._stop_if_given_up(step)
                return result

    def _stop_if_given_up(self, step: Step) -> None:
        if self._given_up is not None and step.bound is not None:
            raise GivenUpError

    def why_given_up(self) -> failure.Failure | None:
        """Who gave it up, and why."""
        order = self._given_up
        return failure.said("CONVERSION_FAILED", f"Given up by {order.by}: {order.reason}") if order else None

    @property
    def waiting_for(self) -> Step | None:
        """The step whose part is away."""
        return self._waiting_for

    def try_again(self) -> None:
        """Try the step that waits now."""
        self._again = True
        self._cancel_attempts()

    def give_up(self, order: OperatorOrder) -> None:
        """Give up the step that waits."""
        self._given_up = order
        self._cancel_attempts()

    def _cancel_attempts(self) -> None:
        if self._attempts is not None:
            self._attempts.cancel()


class OperatorsActions:
    """The updates by which operators act on a run that takes steps."""

    _steps: Steps

    @workflow.update(name=names.RETRY_NOW)
    def retry_now(self, order: OperatorOrder) -> str:  # noqa: ARG002 - the history keeps who asked, and why
        """Try the step that waits again now; answers its name."""
        waiting = self._steps.waiting_for
        self._steps.try_again()
        return waiting.summary if waiting else ""

    @retry_now.validator
    def _may_retry(self, order: OperatorOrder) -> None:
        failure.refuse_for(order.misfit)
        failure.refuse_for(
            None if self._steps.waiting_for else "The run waits for nothing: there is nothing to try again."
        )

    @workflow.update(name=names.GIVE_UP)
    def give_up(self, order: OperatorOrder) -> str:
        """Stop waiting, and undo what was done; answers the name of the step."""
        waiting = self._steps.waiting_for
        self._steps.give_up(order)
        return waiting.summary if waiting else ""

    @give_up.validator
    def _may_give_up(self, order: OperatorOrder) -> None:
        failure.refuse_for(order.misfit)
        waiting = self._steps.waiting_for
        if waiting is None:
            failure.refuse_for("The run waits for nothing: cancel it to have everything undone.")
        elif waiting.bound is None:
            failure.refuse_for(f"It cannot be left half done: {waiting.summary} is tried until it is done.")


def _is_final(error: FailureError) -> bool:
    """Whether trying again changes nothing. A local activity's failure comes without an ActivityError around it."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return is_cancelled_exception(error) or (isinstance(cause, ApplicationError) and cause.non_retryable)
