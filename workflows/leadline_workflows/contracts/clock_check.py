"""Input, result and steps of the check-sla-clocks workflow, which compares clocks with their leads."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# What a scheduled check goes through at most, of leads and of runs. The next one goes on from there.
SLICE: Final = 20_000


class CheckStep(StrEnum):
    """What a check does, one after the other."""

    RECORD = "record"
    LEADS = "leads"
    RUNS = "runs"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class ClockCheckProgress:
    """How far a check is and what it has done: result of the workflow and of its query.

    ``missed`` leads had something due that was not recorded: ``at_risk``, ``breached`` and ``escalated`` say what was
    recorded. ``leads`` and ``runs`` were compared. ``repaired`` clocks were ordered anew: those on which something was
    recorded, those without a run, and those whose run knew another clock than the lead has.
    """

    step: CheckStep = CheckStep.RECORD
    missed: int = 0
    at_risk: int = 0
    breached: int = 0
    escalated: int = 0
    leads: int = 0
    without_run: int = 0
    runs: int = 0
    without_lead: int = 0
    different: int = 0
    # Runs that looked different and did not say what they know.
    silent: int = 0
    repaired: int = 0
    # Where the next check goes on: behind this lead, and from the run on that started then. Empty: at the beginning.
    next_lead: str = ""
    next_run: str = ""


@dataclass(frozen=True, slots=True)
class CheckClocksInput:
    """What a check starts with. One that was asked for has an id, under which somebody waits, and has no bound.

    ``most`` is how many leads, and how many runs, it goes through; 0 is all. ``progress`` is how far a run was that
    goes on as a new one; starters leave it empty.
    """

    check_id: str = ""
    most: int = 0
    progress: ClockCheckProgress | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """Result of record-missed: on how many leads something was due, what was recorded, and whether that was all."""

    leads: int = 0
    at_risk: int = 0
    breached: int = 0
    escalated: int = 0
    repaired: int = 0
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """Input of compare-leads and compare-runs: from where on, and how many at most; 0 is all."""

    begin: str
    most: int


@dataclass(frozen=True, slots=True)
class LeadsCompared:
    """Result of compare-leads. ``next`` is where the next one goes on; empty when none is left."""

    next: str = ""
    leads: int = 0
    without_run: int = 0
    repaired: int = 0


@dataclass(frozen=True, slots=True)
class RunsCompared:
    """Result of compare-runs. ``next`` is where the next one goes on; empty when none is left."""

    next: str = ""
    runs: int = 0
    without_lead: int = 0
    different: int = 0
    silent: int = 0
    repaired: int = 0


@dataclass(frozen=True, slots=True)
class EndClockCheck:
    """Input of end-clock-check."""

    check_id: str
    repaired: int
