"""Finds what SLA clocks did not record, leads without a clock, and clocks other than their lead's, and mends it.

A scheduled check goes through a slice of all leads and of all open clocks, from where the one before stopped. One that
somebody asked for goes through all of them.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

from leadline_workflows.contracts import names
from leadline_workflows.contracts.clock_check import (
    CheckClocksInput,
    CheckStep,
    ClockCheckProgress,
    EndClockCheck,
    LeadsCompared,
    Missed,
    RunsCompared,
    Slice,
)
from leadline_workflows.definitions import clock_check_view as view

# Never given up: while the leads service is away or refuses us, the activity is seen retrying.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
# Longer than a stint and its last page can take.
_ATTEMPT = timedelta(minutes=2)
_HEARTBEAT = timedelta(seconds=45)


@workflow.defn(name=names.CHECK_SLA_CLOCKS)
class CheckSlaClocksWorkflow:
    """A check. Its id is ``check-sla-clocks-<instant>``, or ``check-sla-clocks/<checkId>`` where it was asked for."""

    @workflow.init
    def __init__(self, start: CheckClocksInput) -> None:
        self._start = start
        self._progress = start.progress or _begun(start)

    @workflow.run
    async def run(self, start: CheckClocksInput) -> ClockCheckProgress:
        """Go through everything, or through the next slice of it."""
        while self._progress.step is not CheckStep.OVER:
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(replace(start, progress=self._progress))
            self._show()
            await self._go_on()
        if start.check_id:
            await self._end(start.check_id)
        self._show()
        return self._progress

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> ClockCheckProgress:
        """How far the check is."""
        return self._progress

    async def _go_on(self) -> None:
        if self._progress.step is CheckStep.RECORD:
            await self._record()
        elif self._progress.step is CheckStep.LEADS:
            await self._compare_leads()
        else:
            await self._compare_runs()

    async def _record(self) -> None:
        missed: Missed = await self._do(names.RECORD_MISSED, "record what clocks missed", Missed)
        known = self._progress
        self._progress = replace(
            known,
            step=CheckStep.LEADS if missed.is_all else CheckStep.RECORD,
            missed=known.missed + missed.leads,
            at_risk=known.at_risk + missed.at_risk,
            breached=known.breached + missed.breached,
            escalated=known.escalated + missed.escalated,
            repaired=known.repaired + missed.repaired,
        )

    async def _compare_leads(self) -> None:
        known = self._progress
        order = Slice(known.next_lead, self._left(known.leads))
        found: LeadsCompared = await self._do(names.COMPARE_LEADS, "find leads without a clock", LeadsCompared, order)
        leads = known.leads + found.leads
        self._progress = replace(
            known,
            step=CheckStep.LEADS if self._goes_on(found.next, leads) else CheckStep.RUNS,
            leads=leads,
            without_run=known.without_run + found.without_run,
            repaired=known.repaired + found.repaired,
            next_lead=found.next,
        )

    async def _compare_runs(self) -> None:
        known = self._progress
        order = Slice(known.next_run, self._left(known.runs))
        found: RunsCompared = await self._do(names.COMPARE_RUNS, "find wrong clocks", RunsCompared, order)
        runs = known.runs + found.runs
        self._progress = replace(
            known,
            step=CheckStep.RUNS if self._goes_on(found.next, runs) else CheckStep.OVER,
            runs=runs,
            without_lead=known.without_lead + found.without_lead,
            different=known.different + found.different,
            silent=known.silent + found.silent,
            repaired=known.repaired + found.repaired,
            next_run=found.next,
        )

    def _left(self, done: int) -> int:
        return self._start.most and max(self._start.most - done, 1)

    def _goes_on(self, following: str, done: int) -> bool:
        return bool(following) and (not self._start.most or done < self._start.most)

    async def _end(self, check_id: str) -> None:
        order = EndClockCheck(check_id, self._progress.repaired)
        await self._do(names.END_CLOCK_CHECK, "tell who waits", type(None), order)

    async def _do(self, activity: str, summary: str, result: type, *order: object) -> Any:
        return await workflow.execute_activity(
            activity,
            args=order,
            result_type=result,
            start_to_close_timeout=_ATTEMPT,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=_RETRY,
            summary=summary,
        )

    def _show(self) -> None:
        workflow.set_current_details(view.details(self._progress))


def _begun(start: CheckClocksInput) -> ClockCheckProgress:
    """At the beginning, or where the scheduled check before this one stopped."""
    if start.check_id:
        return ClockCheckProgress()
    before: ClockCheckProgress | None = workflow.get_last_completion_result(ClockCheckProgress)
    return ClockCheckProgress(next_lead=before.next_lead, next_run=before.next_run) if before else ClockCheckProgress()
