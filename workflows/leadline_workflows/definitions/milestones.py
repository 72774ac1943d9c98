"""What comes due on a clock, and what the clock stands at: pure rules over `contracts.sla`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from leadline_workflows.contracts.sla import Clock, MilestoneAnswer, MilestoneKind


@dataclass(frozen=True, slots=True)
class Milestone:
    """An instant of a clock that is to be recorded. ``name`` is unique on its clock."""

    name: str
    kind: MilestoneKind
    at: datetime
    escalation_index: int = 0

    @property
    def instant(self) -> str:
        """The instant as it is kept beside the name."""
        return self.at.isoformat()

    @property
    def title(self) -> str:
        """The name for people."""
        return self.name.replace("_", " ")


def milestones(clock: Clock | MilestoneAnswer) -> list[Milestone]:
    """The clock's milestones in the order in which they come."""
    found = [
        _milestone("at_risk", MilestoneKind.AT_RISK, clock.at_risk_at),
        _milestone("breached", MilestoneKind.BREACHED, clock.deadline),
    ]
    for index, instant in enumerate(clock.escalations):
        found.append(_milestone(f"escalation {index + 1}", MilestoneKind.ESCALATION, instant, index))
    # Sorting is stable: at one instant, at risk comes before breached before escalations.
    return sorted((each for each in found if each), key=lambda milestone: milestone.at)


def _milestone(name: str, kind: MilestoneKind, instant: str, index: int = 0) -> Milestone | None:
    if not instant:
        return None
    return Milestone(name, kind, datetime.fromisoformat(instant).astimezone(UTC), index)


def next_open(clock: Clock, done: Mapping[str, str]) -> Milestone | None:
    """The first milestone that is not done for the instant that it has now.

    A deadline that moves makes its milestone open again.
    """
    for milestone in milestones(clock):
        if done.get(milestone.name) != milestone.instant:
            return milestone
    return None


def instant_of(clock: Clock | MilestoneAnswer, name: str) -> str | None:
    """The instant of the milestone of that name."""
    return next((each.instant for each in milestones(clock) if each.name == name), None)


def status(clock: Clock, recorded: Mapping[str, str]) -> str:
    """The SLA status that the recorded milestones amount to, for operators to filter by (spec: SLA).

    ``closed`` for what was deleted or closed for a reason that is no answer.
    """
    breached = _is_recorded(clock, recorded, "breached")
    if clock.closed_by in {"answered", "converted", "disqualified"}:
        return "met_late" if breached else "met"
    if clock.closed_by:
        return "closed"
    if breached:
        return "breached"
    if clock.paused:
        return "paused"
    return "at_risk" if _is_recorded(clock, recorded, "at_risk") else "on_track"


def _is_recorded(clock: Clock, recorded: Mapping[str, str], name: str) -> bool:
    instant = instant_of(clock, name)
    return instant is not None and recorded.get(name) == instant
