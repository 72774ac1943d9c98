"""Input, result and steps of the retirement workflow, which deletes a setting that records may use."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StageMove:
    """From a stage to another one, both by id."""

    from_stage_id: str
    to_pipeline_id: str
    to_stage_id: str


@dataclass(frozen=True, slots=True)
class RetirementProgress:
    """How far it is: result of the query and input of the report to settings."""

    total: int = 0
    moved: int = 0

    def with_left(self, left: int) -> "RetirementProgress":
        """How far it is when so many are left. Told by what is left, it is right however often a batch was repeated."""
        return RetirementProgress(self.total, max(self.total - left, 0))


@dataclass(frozen=True, slots=True)
class RetirementInput:
    """Which deletion to carry out. Names are for operators' eyes.

    ``kind`` is pipeline, stage, priority, source, disqualification_reason or team_role. ``stage_ids`` and ``moves``
    are for opportunities, whose records the CRM moves; empty for everything that only leads use. ``progress`` is how
    far a run was that goes on as a new one; starters leave it empty.
    """

    retirement_id: str
    kind: str
    entry_id: str
    name: str
    target_name: str = ""
    has_target: bool = False
    stage_ids: list[str] = field(default_factory=list)
    moves: list[StageMove] = field(default_factory=list)
    progress: RetirementProgress | None = None


@dataclass(frozen=True, slots=True)
class RetirementResult:
    """How it ended: completed with how many records were moved, or failed with the reason after everything is back."""

    completed: bool
    moved: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CountRetiring:
    """Input of count-retiring. Its result is how many records and running conversions use the entry."""

    retirement_id: str
    stage_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MoveRetiring:
    """Input of move-retiring and restore-retiring: some batches of leads, then of opportunities.

    ``progress`` is how far it was, for the report to settings.
    """

    retirement_id: str
    moves: list[StageMove] = field(default_factory=list)
    progress: RetirementProgress = RetirementProgress()


@dataclass(frozen=True, slots=True)
class MovedRetiring:
    """Result of move-retiring and restore-retiring: how many were moved this time, and how many are left."""

    moved: int
    left: int


@dataclass(frozen=True, slots=True)
class RetirementRef:
    """Input of complete-retirement. Its result is the configuration's first revision without the entry."""

    retirement_id: str


@dataclass(frozen=True, slots=True)
class FailRetirement:
    """Input of fail-retirement. ``reason`` is an ErrorReason without its prefix; the message is for people.

    Its result is nothing, or the configuration's first revision without the entry where that is deleted already.
    """

    retirement_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class EndRetirement:
    """Input of end-retirement: the revision of a completed one, None for one that failed."""

    retirement_id: str
    revision: int | None = None
