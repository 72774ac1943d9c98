"""The durable clock of one lead: has each milestone recorded when it comes, until somebody answers the lead.

The leads service is the truth and decides in its own transaction whether a milestone counts; this is the
clock. It stays open after its last milestone: an overdue lead is an open run.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from leadline_workflows.contracts.sla import (
    Clock,
    ClockAnswer,
    ClockOperation,
    LeadSlaInput,
    LeadSlaResult,
    MilestoneAnswer,
    MilestoneOutcome,
    OperateClock,
    RecordMilestone,
)
from leadline_workflows.definitions import lead_sla_view, milestones
from leadline_workflows.definitions.lead_sla_operations import ClockOperations, refusal
from leadline_workflows.definitions.lead_sla_view import View
from leadline_workflows.definitions.milestones import Milestone

# A milestone is never given up: while the leads service is away or refuses us, the activity is seen retrying.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
_ATTEMPT = timedelta(seconds=15)
# An operator who asks wants to hear that nobody answers.
_OPERATOR = timedelta(seconds=30)
_SHORTEST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=1)


@workflow.defn(name=names.LEAD_SLA)
class LeadSlaWorkflow(ClockOperations):
    """One lead's SLA clock; its id is ``lead-sla/<leadId>``."""

    @workflow.init
    def __init__(self, start: LeadSlaInput) -> None:
        self._start = start
        self._clock = start.clock
        self._labelled = start.labelled or start.clock.version
        self._held_by = start.held_by
        self._recorded = dict(start.recorded)
        # What a closed clock has asked about, and need not ask about again whatever the answer was.
        self._settled: dict[str, str] = {}
        self._pause = _SHORTEST_PAUSE
        self._not_before: datetime | None = None

    @workflow.run
    async def run(self, _start: LeadSlaInput) -> LeadSlaResult:
        """Run until the clock is closed and everything that came due before that is recorded."""
        self._show()
        while not self._is_over():
            await self._step()
            self._show()
            if workflow.info().is_continue_as_new_suggested() and not self._clock.closed_by:
                await self._go_on_as_new()
        return LeadSlaResult(self._clock.closed_by, list(self._recorded))

    @workflow.signal(name=names.CLOCK_CHANGED)
    def clock_changed(self, clock: Clock) -> None:
        """Take over a newer clock; the same one twice, or an older one, changes nothing."""
        if clock.version > self._clock.version:
            self._clock = clock
            self._not_before = None
        elif clock.version > self._labelled:
            # Its instants are known from the leads service's own answer, which carries no labels. That says whether it
            # stands still, too, and is newer: runs that began before do not go by it, for the sake of their replay.
            newest = clock.version == self._clock.version or not self._start.has_deadline
            standing = clock if newest else self._clock
            self._clock = replace(
                self._clock,
                priority=clock.priority,
                stage=clock.stage,
                owner=clock.owner,
                policy=clock.policy,
                paused=standing.paused,
                held=standing.held,
            )
        else:
            return
        self._labelled = clock.version
        self._show()

    @workflow.query(name=names.CLOCK)
    def clock(self) -> Clock:
        """The clock as it is known here."""
        return self._clock

    async def _operate(self, operation: ClockOperation, order: OperatorOrder, *, until: str = "") -> Clock:
        """Have the leads service do what an operator asks for, once for an update, and take over its clock.

        Fails with the leads service's sentence where it refuses, and when it does not answer within 30 seconds.
        """
        update = workflow.current_update_info()
        key = f"{workflow.info().first_execution_run_id}/{update.id if update else ''}"
        try:
            answer: ClockAnswer = await workflow.execute_activity(
                names.OPERATE_CLOCK,
                OperateClock(self._start.lead_id, operation, order.by, order.reason, key, until),
                result_type=ClockAnswer,
                start_to_close_timeout=_ATTEMPT,
                schedule_to_close_timeout=_OPERATOR,
                retry_policy=_RETRY,
                summary=f"operator: {operation}",
            )
        except ActivityError as error:
            raise refusal(error) from error
        if operation is ClockOperation.PAUSE:
            self._held_by = f"{order.by}: {order.reason}"
        self._adopt(answer, held={ClockOperation.PAUSE: True, ClockOperation.RESUME: False}.get(operation))
        self._show()
        return self._clock

    async def _ask_ahead(self) -> Clock:
        """Ask about the next milestone now, take over the leads service's clock, and answer it."""
        asked = self._next() or next(reversed(milestones.milestones(self._clock)), None)
        if asked is not None:
            await self._ask(asked, give_up_after=_OPERATOR)
            self._show()
        return self._clock

    def _next(self) -> Milestone | None:
        """The milestone to wait for; of a closed clock, only what came due while it was still running."""
        if not self._clock.closed_by:
            return milestones.next_open(self._clock, self._recorded)
        milestone = milestones.next_open(self._clock, self._recorded | self._settled)
        return milestone if milestone and milestone.at <= workflow.now() else None

    def _is_over(self) -> bool:
        return bool(self._clock.closed_by) and self._next() is None and workflow.all_handlers_finished()

    def _is_long(self) -> bool:
        """Whether the run is to go on as a new one although nothing comes due: operators have asked much of it."""
        # Runs that began before have waited on: they would not replay.
        suggested = self._start.has_deadline and workflow.info().is_continue_as_new_suggested()
        return suggested and not self._clock.closed_by

    async def _step(self) -> None:
        milestone = self._next()
        if milestone is None:
            await workflow.wait_condition(lambda: self._is_over() or self._next() is not None or self._is_long())
        elif await self._has_come(milestone):
            self._tell(recording=milestone.title)
            outcome = await self._ask(milestone)
            self._pause_after(milestone, outcome)

    async def _has_come(self, milestone: Milestone) -> bool:
        """Wait until it is time for the milestone; false when something else is to be waited for instead."""
        at = self._time_for(milestone)
        wait = at - workflow.now()
        if wait <= timedelta(0):
            return True
        try:
            await workflow.wait_condition(
                lambda: self._next() != milestone or self._time_for(milestone) != at or self._is_long(),
                timeout=wait,
                timeout_summary=f"SLA: {milestone.title}",
            )
        except TimeoutError:
            return True
        return False

    def _time_for(self, milestone: Milestone) -> datetime:
        return max(milestone.at, self._not_before) if self._not_before else milestone.at

    async def _ask(self, milestone: Milestone, *, give_up_after: timedelta | None = None) -> MilestoneOutcome:
        """Have the milestone recorded, and take over what the answer says of the clock."""
        answer: MilestoneAnswer = await workflow.execute_activity(
            names.RECORD_MILESTONE,
            RecordMilestone(self._start.lead_id, milestone.kind, milestone.escalation_index),
            result_type=MilestoneAnswer,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=give_up_after,
            retry_policy=_RETRY,
            summary=f"record: {milestone.title}",
        )
        self._adopt(answer)
        if answer.outcome in {MilestoneOutcome.RECORDED, MilestoneOutcome.ALREADY_RECORDED}:
            # What is recorded is the milestone of the clock that the answer knows.
            self._recorded[milestone.name] = milestones.instant_of(answer, milestone.name) or milestone.instant
        if self._clock.closed_by:
            self._settled[milestone.name] = milestone.instant
        return answer.outcome

    def _adopt(self, answer: MilestoneAnswer | ClockAnswer, *, held: bool | None = None) -> None:
        """Take over what the answer says of the clock, if it is newer: that heals a missed signal, too."""
        if answer.version <= self._clock.version:
            return
        self._clock = replace(
            self._clock,
            version=answer.version,
            at_risk_at=answer.at_risk_at,
            deadline=answer.deadline,
            escalations=answer.escalations,
            closed_by=answer.closed_by,
            paused=self._clock.paused if answer.paused is None else answer.paused,
            held=self._clock.held if held is None else held,
        )
        self._not_before = None

    def _pause_after(self, milestone: Milestone, outcome: MilestoneOutcome) -> None:
        """A milestone that is still to be recorded, although it is time here, is not asked about again at once."""
        in_vain = outcome is MilestoneOutcome.NOT_DUE or self._next() == milestone
        if in_vain and not self._clock.closed_by:
            self._not_before = workflow.now() + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        else:
            self._not_before = None
            self._pause = _SHORTEST_PAUSE

    def _show(self) -> None:
        self._tell()
        known = workflow.info().typed_search_attributes
        workflow.upsert_search_attributes(lead_sla_view.changes(self._start, self._clock, self._recorded, known))

    def _tell(self, *, recording: str = "") -> None:
        day = workflow.info().start_time.astimezone(UTC).date()
        view = View(self._start, self._clock, self._recorded, day, self._held_by, recording)
        workflow.set_current_details(lead_sla_view.details(view))

    async def _go_on_as_new(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        known = replace(self._start, clock=self._clock, recorded=self._recorded)
        workflow.continue_as_new(replace(known, labelled=self._labelled, held_by=self._held_by))
