"""The leads service as a clock meets it: milestones and operators by the service's rules, and clocks to start from."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import (
    Clock,
    ClockAnswer,
    ClockOperation,
    LeadSlaInput,
    MilestoneAnswer,
    MilestoneKind,
    MilestoneOutcome,
    OperateClock,
    RecordMilestone,
)

HOUR = timedelta(hours=1)


def make_clock(
    created: datetime,
    *,
    version: int = 1,
    at_risk: float = 2,
    deadline: float = 4,
    escalations: list[float] | None = None,
) -> Clock:
    """A clock with its instants in hours after ``created``."""
    return Clock(
        version=version,
        at_risk_at=(created + at_risk * HOUR).isoformat(),
        deadline=(created + deadline * HOUR).isoformat(),
        escalations=[(created + hours * HOUR).isoformat() for hours in escalations or []],
        priority="high",
        stage="New",
        owner="0190c0de-0000-7000-8000-000000000001",
    )


def answered(clock: Clock) -> Clock:
    """The same clock after the first response."""
    return replace(clock, version=clock.version + 1, closed_by="answered")


def standing_still(clock: Clock) -> Clock:
    """The clock as the leads service tells it while it stands still: what would come has no instant."""
    return replace(clock, version=clock.version + 1, at_risk_at="", deadline="", escalations=[], paused=True)


def start_of(
    lead_id: str, clock: Clock, *, who: str = "Alice Johnson, StartupIO", has_deadline: bool = False
) -> LeadSlaInput:
    """What the relay starts a clock with; that of the version before, unless it has its deadline to filter by."""
    return LeadSlaInput(lead_id, who, "Standard Response", clock, has_deadline=has_deadline)


@dataclass
class LeadsRules:
    """Holds the clock that is true. Milestones are recorded once for an instant, and only what came in time counts."""

    clock: Clock
    answered_at: datetime | None = None
    # How far the service's clock runs behind Temporal's.
    behind: timedelta = timedelta()
    outages: int = 0
    recorded: list[str] = field(default_factory=list)
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    # What operators asked for, each under its key, and what is refused of it: the reason and a sentence.
    operated: dict[str, OperateClock] = field(default_factory=dict)
    refusals: dict[ClockOperation, tuple[str, str]] = field(default_factory=dict)
    takes_operators: bool = True
    # As the clock was when it came to stand still, and when that was.
    _stood: tuple[Clock, datetime] | None = None
    _instants: set[tuple[str, str]] = field(default_factory=set)

    @property
    def activities(self) -> list[Callable[..., Any]]:
        """The activities of a clock's worker."""
        return [self.record_milestone, self.operate_clock]

    @activity.defn(name=names.RECORD_MILESTONE)
    async def record_milestone(self, order: RecordMilestone) -> MilestoneAnswer:
        """Decide, record, answer the clock as it is."""
        now = activity.info().started_time
        name = _name(order)
        self.asked.append((name, now))
        self._answers()
        outcome = self._decide(name, self._instant(order), now - self.behind)
        if outcome is MilestoneOutcome.RECORDED:
            self.recorded.append(name)
        clock = self.clock
        return MilestoneAnswer(
            outcome, clock.version, clock.at_risk_at, clock.deadline, clock.escalations, clock.closed_by
        )

    @activity.defn(name=names.OPERATE_CLOCK)
    async def operate_clock(self, order: OperateClock) -> ClockAnswer:
        """Do it once for a key, answer the clock as it is."""
        self._answers(away=not self.takes_operators)
        if refused := self.refusals.get(order.operation):
            raise ApplicationError(refused[1], type=refused[0], non_retryable=True)
        if order.key not in self.operated:
            self.operated[order.key] = order
            self.clock = self._operated(order, activity.info().started_time)
        clock = self.clock
        return ClockAnswer(
            clock.version, clock.at_risk_at, clock.deadline, clock.escalations, clock.closed_by, clock.paused
        )

    def _operated(self, order: OperateClock, now: datetime) -> Clock:
        if order.operation is ClockOperation.PAUSE:
            self._stood = self.clock, now
            return replace(standing_still(self.clock), held=True)
        if order.operation is ClockOperation.RESUME and self._stood is not None:
            before, since = self._stood
            return replace(_later(before, now - since), version=self.clock.version + 1)
        if order.operation is ClockOperation.EXTEND:
            by = datetime.fromisoformat(order.until) - datetime.fromisoformat(self.clock.deadline)
            return _later(self.clock, by)
        return self.clock

    def _answers(self, *, away: bool = False) -> None:
        if self.outages or away:
            self.outages = max(self.outages - 1, 0)
            message = "A part of Leadline does not answer."
            raise ApplicationError(message, type="PART_UNAVAILABLE")

    def answer(self, at: datetime) -> Clock:
        """The first response comes in; the clock after it."""
        self.answered_at = at
        self.clock = answered(self.clock)
        return self.clock

    def _decide(self, name: str, instant: str | None, now: datetime) -> MilestoneOutcome:
        if instant is None:
            return MilestoneOutcome.CLOSED
        due = datetime.fromisoformat(instant)
        # Nobody is told any more of what has been answered since, but what was missed was missed.
        if self.answered_at is not None and (self.answered_at < due or name.startswith("escalation")):
            return MilestoneOutcome.CLOSED
        if now < due:
            return MilestoneOutcome.NOT_DUE
        if (name, instant) in self._instants:
            return MilestoneOutcome.ALREADY_RECORDED
        self._instants.add((name, instant))
        return MilestoneOutcome.RECORDED

    def _instant(self, order: RecordMilestone) -> str | None:
        if order.kind is MilestoneKind.ESCALATION:
            return next(iter(self.clock.escalations[order.escalation_index :]), None)
        return self.clock.at_risk_at if order.kind is MilestoneKind.AT_RISK else self.clock.deadline


def _later(clock: Clock, by: timedelta) -> Clock:
    """The clock with all of its instants so much later."""

    def later(instant: str) -> str:
        return (datetime.fromisoformat(instant) + by).isoformat()

    return replace(
        clock,
        version=clock.version + 1,
        at_risk_at=later(clock.at_risk_at),
        deadline=later(clock.deadline),
        escalations=[later(each) for each in clock.escalations],
    )


def _name(order: RecordMilestone) -> str:
    if order.kind is MilestoneKind.ESCALATION:
        return f"escalation {order.escalation_index + 1}"
    return str(order.kind)
