"""The leads service as a clock meets it: record-milestone by the service's rules, and clocks to start from."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.sla import (
    Clock,
    LeadSlaInput,
    MilestoneAnswer,
    MilestoneKind,
    MilestoneOutcome,
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


def start_of(lead_id: str, clock: Clock, *, who: str = "Alice Johnson, StartupIO") -> LeadSlaInput:
    """What the relay starts a clock with."""
    return LeadSlaInput(lead_id, who, "Standard Response", clock)


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
    _instants: set[tuple[str, str]] = field(default_factory=set)

    @activity.defn(name=names.RECORD_MILESTONE)
    async def record_milestone(self, order: RecordMilestone) -> MilestoneAnswer:
        """Decide, record, answer the clock as it is."""
        now = activity.info().started_time
        name = _name(order)
        self.asked.append((name, now))
        if self.outages:
            self.outages -= 1
            message = "A part of Leadline does not answer."
            raise ApplicationError(message, type="PART_UNAVAILABLE")
        outcome = self._decide(name, self._instant(order), now - self.behind)
        if outcome is MilestoneOutcome.RECORDED:
            self.recorded.append(name)
        clock = self.clock
        return MilestoneAnswer(
            outcome, clock.version, clock.at_risk_at, clock.deadline, clock.escalations, clock.closed_by
        )

    def answer(self, at: datetime) -> Clock:
        """The first response comes in; the clock after it."""
        self.answered_at = at
        self.clock = answered(self.clock)
        return self.clock

    def _decide(self, name: str, instant: str | None, now: datetime) -> MilestoneOutcome:
        if instant is None:
            return MilestoneOutcome.CLOSED
        due = datetime.fromisoformat(instant)
        if self.answered_at is not None and self.answered_at <= due:
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


def _name(order: RecordMilestone) -> str:
    if order.kind is MilestoneKind.ESCALATION:
        return f"escalation {order.escalation_index + 1}"
    return str(order.kind)
