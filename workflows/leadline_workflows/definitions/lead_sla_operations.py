"""The updates by which operators act on a lead-sla run, and what is refused before anything is recorded."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import Clock, ClockOperation, ExtendDeadline
from leadline_workflows.definitions import failure

_FURTHEST = timedelta(days=366)
_LONGEST_ID = 200


class ClockOperations:
    """The updates of a run. The leads service decides; what the run knows to be in vain is not asked for."""

    _clock: Clock
    _operate: Callable[..., Awaitable[Clock]]
    _ask_ahead: Callable[[], Awaitable[Clock]]

    @workflow.update(name=names.EXTEND_DEADLINE)
    async def extend_deadline(self, order: ExtendDeadline) -> Clock:
        """Move the deadline to a later instant; what lies ahead moves along."""
        return await self._operate(ClockOperation.EXTEND, order, until=order.until)

    @extend_deadline.validator
    def _may_extend(self, order: ExtendDeadline) -> None:
        failure.refuse_for(_misfit(self._clock, order) or _moving(self._clock, order.until, workflow.now()))

    @workflow.update(name=names.PAUSE)
    async def pause(self, order: OperatorOrder) -> Clock:
        """Have the clock stand still, at whatever stage the lead is, until ``resume``."""
        return await self._operate(ClockOperation.PAUSE, order)

    @pause.validator
    def _may_pause(self, order: OperatorOrder) -> None:
        failure.refuse_for(_misfit(self._clock, order) or _pausing(self._clock, workflow.now()))

    @workflow.update(name=names.RESUME)
    async def resume(self, order: OperatorOrder) -> Clock:
        """Let a clock go on that an operator has stand still."""
        return await self._operate(ClockOperation.RESUME, order)

    @resume.validator
    def _may_resume(self, order: OperatorOrder) -> None:
        held = None if self._clock.held else "No operator has this clock stand still."
        failure.refuse_for(_misfit(self._clock, order) or held)

    @workflow.update(name=names.REFRESH)
    async def refresh(self, order: OperatorOrder | None = None) -> Clock:
        """Read the clock anew from the leads service, take it over, and answer it.

        Without an order it is one that a run of the version before has accepted.
        """
        if order is None:
            return await self._ask_ahead()
        return await self._operate(ClockOperation.READ, order)

    @refresh.validator
    def _may_refresh(self, order: OperatorOrder | None = None) -> None:
        failure.refuse_for(_misfit(self._clock, order or OperatorOrder()))


def refusal(error: ActivityError) -> ApplicationError:
    """Why the leads service did not do it, as the failure of an update."""
    why = failure.why(error, None, stopped="CANCELLED")
    message = why.message
    if why.reason == "PART_UNAVAILABLE":
        message = "The leads service did not answer in time. If it has done it all the same, the clock will hear of it."
    return ApplicationError(message, type=why.reason, non_retryable=True)


def _misfit(clock: Clock, order: OperatorOrder) -> str | None:
    update = workflow.current_update_info()
    if clock.closed_by:
        return f"The clock is over: the lead is {clock.closed_by}."
    if update is not None and len(update.id) > _LONGEST_ID:
        return f"The update's id must have at most {_LONGEST_ID} characters."
    return order.misfit


def _moving(clock: Clock, until: str, now: datetime) -> str | None:
    """Why the deadline cannot be moved there; nothing if it can."""
    at = _instant(until)
    if clock.paused or clock.held:
        return "The clock stands still: it has no deadline to move. Let it go on first."
    if at is None:
        return 'Say until when, an instant with its offset: {"until": "2025-01-20T16:00:00Z"}.'
    if at <= now or (clock.deadline and at <= datetime.fromisoformat(clock.deadline)):
        return f"The new deadline must be later than now and than the one that there is, {clock.deadline}."
    return "The new deadline must be at most a year ahead." if at > now + _FURTHEST else None


def _pausing(clock: Clock, now: datetime) -> str | None:
    """Why the clock cannot be paused; nothing if it can."""
    if clock.paused or clock.held:
        return "The clock stands still already."
    if clock.deadline and datetime.fromisoformat(clock.deadline) <= now:
        return "The deadline has passed: what is overdue stays overdue. Extend it first."
    return None


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
