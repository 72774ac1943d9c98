"""Input and messages of the lead-sla workflow. Instants are absolute, ISO 8601 with offset, UTC."""

from dataclasses import dataclass, field
from enum import StrEnum

from leadline_workflows.contracts import search_attributes
from leadline_workflows.contracts.operators import OperatorOrder


@dataclass(frozen=True, slots=True)
class Clock:
    """One lead's clock as the leads service last promised it.

    ``closed_by`` says why nothing more is to come: answered, converted, disqualified, deleted; empty while it
    runs. ``version`` grows by each change; a clock that is not newer than the known one is ignored. An empty
    instant is one that the clock does not have.
    """

    version: int
    at_risk_at: str
    deadline: str
    escalations: list[str] = field(default_factory=list)
    closed_by: str = ""
    # What operators see and filter by.
    priority: str = ""
    stage: str = ""
    owner: str = ""
    # Empty: the policy that the run started with.
    policy: str = ""
    # The clock stands still: the instants that it would have come to are not there.
    paused: bool = False
    # It stands still because an operator says so, and not only for the lead's stage.
    held: bool = False

    def labels(self, lead_id: str, status: str) -> dict[str, str]:
        """The keywords that operators filter its run by."""
        return {
            search_attributes.LEAD_ID: lead_id,
            search_attributes.SLA_STATUS: status,
            search_attributes.PRIORITY: self.priority,
            search_attributes.STAGE: self.stage,
            search_attributes.OWNER: self.owner,
        }


@dataclass(frozen=True, slots=True)
class LeadSlaInput:
    """What a clock starts with. ``who`` and ``policy`` are for operators' eyes.

    ``recorded``, ``labelled`` and ``held_by`` are what a run that goes on as a new one hands on: the instants that it
    has recorded by their milestones, of which version it has the labels, and who has it stand still. Starters leave
    them empty. ``revives`` tells the starter that an earlier run may have ended and is to be followed by another.
    ``has_deadline``: the run is started with its search attributes and keeps that of its deadline, which runs that
    began before do not have.
    """

    lead_id: str
    who: str
    policy: str
    clock: Clock
    recorded: dict[str, str] = field(default_factory=dict)
    revives: bool = False
    has_deadline: bool = False
    labelled: int = 0
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class LeadSlaResult:
    """How the clock ended, ``closed_by`` as in ``Clock``, and the milestones that it had recorded."""

    closed_by: str
    recorded: list[str]


class MilestoneKind(StrEnum):
    """What comes due on a clock."""

    AT_RISK = "at_risk"
    BREACHED = "breached"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class RecordMilestone:
    """Input of record-milestone. ``escalation_index`` counts from 0 and says nothing for the other kinds."""

    lead_id: str
    kind: MilestoneKind
    escalation_index: int = 0


class MilestoneOutcome(StrEnum):
    """What the leads service decided, in its own transaction."""

    RECORDED = "recorded"
    ALREADY_RECORDED = "already_recorded"
    # The clock has moved, or runs a little behind ours: its time is later.
    NOT_DUE = "not_due"
    # Answered, closed or deleted in time: nothing is recorded.
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class MilestoneAnswer:
    """Result of record-milestone: the outcome, and the instants of the clock as they are now."""

    outcome: MilestoneOutcome
    version: int
    at_risk_at: str = ""
    deadline: str = ""
    escalations: list[str] = field(default_factory=list)
    closed_by: str = ""
    # None: an answer of the version before, which does not say.
    paused: bool | None = None


@dataclass(frozen=True, slots=True)
class ExtendDeadline(OperatorOrder):
    """A later deadline; the instant in ISO 8601 with offset."""

    until: str = ""


class ClockOperation(StrEnum):
    """What an operator does with a clock."""

    EXTEND = "extend"
    PAUSE = "pause"
    RESUME = "resume"
    READ = "read"


@dataclass(frozen=True, slots=True)
class OperateClock:
    """Input of operate-clock. What is done under one key is done once; ``until`` is for extending."""

    lead_id: str
    operation: ClockOperation
    by: str
    reason: str
    key: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """Result of operate-clock: the clock as it is now."""

    version: int
    at_risk_at: str = ""
    deadline: str = ""
    escalations: list[str] = field(default_factory=list)
    closed_by: str = ""
    paused: bool = False
