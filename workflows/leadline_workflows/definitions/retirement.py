"""The saga that deletes a setting which records may use: counts them, moves them to its successor, deletes the setting.

The leads service has let nothing enter the entry since before the run began. Whatever fails for good, and an
operator's cancel, moves back what was moved and opens the entry again.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import (
    CountRetiring,
    EndRetirement,
    FailRetirement,
    MovedRetiring,
    MoveRetiring,
    RetirementInput,
    RetirementProgress,
    RetirementRef,
    RetirementResult,
)
from leadline_workflows.definitions import failure
from leadline_workflows.definitions.markdown import joined, plain
from leadline_workflows.definitions.saga import stop_if_cancelled, uninterrupted
from leadline_workflows.definitions.saga_view import SagaView

# No step is ever given up for a part that is down: the entry stays closed meanwhile, and an operator can cancel.
_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))
# Longer than an attempt's calls can take together: when it has passed, none of them is still under way.
_ATTEMPT = timedelta(minutes=1)
_SHORTEST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=30)
# Undoing cannot go on as a new run, so that it must not fill its history.
_LONGEST_PAUSE_OF_UNDOING = timedelta(minutes=5)


@workflow.defn(name=names.RETIREMENT)
class RetirementWorkflow:
    """The deletion of one entry; its id is ``retire-<kind>/<entryId>``. Cancelling the run undoes the deletion."""

    @workflow.init
    def __init__(self, start: RetirementInput) -> None:
        self._start = start
        self._progress = start.progress or RetirementProgress()
        self._pause = _SHORTEST_PAUSE
        self._view = SagaView(_subject(start))

    @workflow.run
    async def run(self, start: RetirementInput) -> RetirementResult:
        """Delete the entry, or leave everything as it was."""
        try:
            if start.progress is None:
                await self._count()
            if self._progress.total:
                await self._move_all()
            # Nobody can tell whether a deletion that was torn has happened: it is asked for until it is known.
            await uninterrupted(self._complete())
        except (Exception, asyncio.CancelledError) as error:
            failed = failure.why(error, workflow.cancellation_reason(), stopped="RETIREMENT_FAILED")
            opened = await uninterrupted(self._undo(failed))
            if is_cancelled_exception(error):
                raise
            if opened:
                return RetirementResult(completed=False, reason=failed.reason)
        self._view.over("Deleted.")
        return RetirementResult(completed=True, moved=self._progress.moved)

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> RetirementProgress:
        """How many records there were, and how many of them are no longer there."""
        return self._progress

    async def _count(self) -> None:
        self._view.doing("count the records")
        total: int = await workflow.execute_activity(
            names.COUNT_RETIRING,
            CountRetiring(self._start.retirement_id, self._start.stage_ids),
            result_type=int,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="count the records",
        )
        stop_if_cancelled()
        self._progress = RetirementProgress(total)
        self._view.done(f"records counted: {total:,}")
        if total and not self._start.has_target:
            raise _in_use(total)

    async def _move_all(self) -> None:
        while True:
            batch = await self._move("move the records", names.MOVE_RETIRING)
            stop_if_cancelled()
            if not batch.left:
                break
            await self._wait_if_stuck(batch, _LONGEST_PAUSE)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(replace(self._start, progress=self._progress))
        self._view.done(f"records moved: {self._progress.moved:,}")

    async def _restore_all(self) -> None:
        self._pause = _SHORTEST_PAUSE
        while (batch := await self._move("undo: move the records back", names.RESTORE_RETIRING)).left:
            await self._wait_if_stuck(batch, _LONGEST_PAUSE_OF_UNDOING)
        self._view.done("everything is back")

    async def _move(self, step: str, activity: str) -> MovedRetiring:
        """Have the next records moved, there or back."""
        known = self._progress
        self._view.doing(step, f"{known.moved:,} of {known.total:,} moved.")
        order = MoveRetiring(self._start.retirement_id, self._start.moves, known)
        batch: MovedRetiring = await workflow.execute_activity(
            activity,
            order,
            result_type=MovedRetiring,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            # The undo begins when the step is surely over, so that they cannot overtake each other.
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=step,
        )
        restoring = activity == names.RESTORE_RETIRING
        self._progress = replace(known, moved=batch.left) if restoring else known.with_left(batch.left)
        return batch

    async def _wait_if_stuck(self, batch: MovedRetiring, longest: timedelta) -> None:
        """Where nothing could be moved, conversions are still running: look again after a while."""
        if batch.moved:
            self._pause = _SHORTEST_PAUSE
            return
        self._view.doing("wait for conversions that are still running", f"{batch.left:,} left.")
        await workflow.sleep(self._pause, summary="wait for running conversions")
        self._pause = min(self._pause * 2, longest)

    async def _complete(self) -> None:
        self._view.doing("delete the entry")
        revision: int = await workflow.execute_activity(
            names.COMPLETE_RETIREMENT,
            RetirementRef(self._start.retirement_id),
            result_type=int,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="delete the entry",
        )
        self._view.done("entry deleted")
        await self._end(revision)

    async def _undo(self, failed: failure.Failure) -> bool:
        """Leave everything as it was; false where the entry is deleted already, as a run that was reset may find it."""
        self._view.failed(failed.reason, failed.message)
        # Always: a run that was reset may have moved records of which this one knows nothing.
        await self._restore_all()
        self._view.doing("open the entry again")
        revision: int | None = await workflow.execute_activity(
            names.FAIL_RETIREMENT,
            FailRetirement(self._start.retirement_id, failed.reason, failed.message),
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="open the entry again",
        )
        await self._end(revision)
        self._view.over("Undone; the entry is open again." if revision is None else "Deleted before.")
        return revision is None

    async def _end(self, revision: int | None) -> None:
        """Have the leads service forget the deletion, which it must in the end."""
        self._view.doing("forget the deletion")
        await workflow.execute_activity(
            names.END_RETIREMENT,
            EndRetirement(self._start.retirement_id, revision),
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="forget the deletion",
        )


def _subject(start: RetirementInput) -> str:
    target = f"its records go to **{plain(start.target_name)}**" if start.has_target else "must have no records"
    kind = plain(start.kind.replace("_", " "))
    return joined(f"**{plain(start.name)}**", kind, target, f"retirement {start.retirement_id}")


def _in_use(count: int) -> ApplicationError:
    records = "1 record still uses" if count == 1 else f"{count:,} records still use"
    message = f"{records} this entry. Name another one that takes them."
    return ApplicationError(message, type="IN_USE")
