"""What may happen to conversions, times where: each step of each way through, with each fault."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from leadline_workflows.contracts import names
from tests.faults.faulty_worker import BREAK, HOLD_AFTER, HOLD_BEFORE, LINGER, REFUSE, WAIT

OPEN, CONVERTED = "open", "converted"


class Way(StrEnum):
    """What is going on when a fault comes."""

    CONVERTING = "converting"
    # A conversion that is refused at its last step, so that all is undone.
    COMPENSATING = "compensating"
    UNCONVERTING = "unconverting"
    # One whose account has changed since, so that it stays converted.
    STAYING = "staying converted"


STEPS: dict[Way, Sequence[str]] = {
    Way.CONVERTING: (
        names.READ_PLAN,
        names.ENSURE_ACCOUNT,
        names.ENSURE_CONTACT,
        names.ENSURE_OPPORTUNITY,
        names.COPY_NOTES,
        names.COPY_DOCUMENTS,
        names.COPY_TEAM,
        names.COMPLETE_CONVERSION,
    ),
    Way.COMPENSATING: (
        names.START_UNDOING,
        names.REMOVE_TEAM,
        names.REMOVE_DOCUMENTS,
        names.REMOVE_NOTES,
        names.RELEASE_OPPORTUNITY,
        names.RELEASE_CONTACT,
        names.RELEASE_ACCOUNT,
        names.FAIL_CONVERSION,
    ),
    Way.UNCONVERTING: (names.READ_PLAN, names.UNDO_RECORDS, names.COMPLETE_UNCONVERSION),
    Way.STAYING: (names.UNDO_RECORDS, names.FAIL_UNCONVERSION),
}


class Fault(StrEnum):
    """What happens there."""

    REFUSED = "it is refused for good"
    BROKEN = "it fails again and again at first"
    LATE = "it times out after its work"
    CANCELLED = "the run is cancelled"
    CANCELLED_WAITING = "the run is cancelled while it waits for it"
    TERMINATED = "the run is terminated"
    WORKER_KILLED_BEFORE = "the worker is killed before it"
    WORKER_KILLED_DURING = "the worker is killed during it"
    WORKER_KILLED_AFTER = "the worker is killed after it"
    TORN_AND_CANCELLED = "the worker is killed during it, and the run cancelled before another takes it"
    CRM_KILLED = "the crm service is killed during it"
    LEADS_KILLED = "the leads service is killed during it"
    DATABASE_RESTARTED = "the database is restarted"


# These happen to one lead alone, and may come side by side.
OF_ONE_LEAD = frozenset(
    {Fault.REFUSED, Fault.BROKEN, Fault.LATE, Fault.CANCELLED, Fault.CANCELLED_WAITING, Fault.TERMINATED}
)
# What tears a task before the leads service knows that all is undone: the next one may go either way.
_FORGETTING = frozenset(
    {Fault.TERMINATED, Fault.WORKER_KILLED_BEFORE, Fault.WORKER_KILLED_DURING, Fault.TORN_AND_CANCELLED}
)
_ORDERS = {
    Fault.REFUSED: REFUSE,
    Fault.BROKEN: BREAK,
    Fault.LATE: LINGER,
    Fault.CANCELLED_WAITING: WAIT,
    Fault.WORKER_KILLED_AFTER: HOLD_AFTER,
}


@dataclass(frozen=True)
class Cell:
    """One fault at one step."""

    way: Way
    step: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.way}, {self.step}: {self.fault}"

    @property
    def order(self) -> str:
        """What the worker is to do at the step."""
        return _ORDERS.get(self.fault, HOLD_BEFORE)

    @property
    def undoes(self) -> bool:
        """Whether the lead is converted before, and that is to be undone."""
        return self.way in {Way.UNCONVERTING, Way.STAYING}

    @property
    def stands_still(self) -> bool:
        """Whether it waits at the step for what is to happen."""
        return self.order in {HOLD_BEFORE, HOLD_AFTER, WAIT}

    @property
    def outcomes(self) -> frozenset[str]:
        """What the lead may be afterwards."""
        converting = self.way is Way.CONVERTING
        if converting and self.fault in {Fault.CANCELLED, Fault.TORN_AND_CANCELLED}:
            # A run whose parts are all there converts in one task, and hears of a cancel only after it.
            return frozenset({OPEN, CONVERTED})
        if converting and self.fault is Fault.CANCELLED_WAITING:
            # Nothing tears the last step.
            return frozenset({CONVERTED if self.step == names.COMPLETE_CONVERSION else OPEN})
        if converting and self.fault is Fault.REFUSED:
            return frozenset({OPEN})
        if self.step == names.START_UNDOING and self.fault in _FORGETTING:
            return frozenset({OPEN, CONVERTED})
        return frozenset({CONVERTED if self.way in {Way.CONVERTING, Way.STAYING} else OPEN})


def cells() -> list[Cell]:
    """The whole matrix. Only steps forward can be refused for good: the others are asked for until they are done."""
    everywhere = [(way, step) for way, steps in STEPS.items() for step in steps]
    pairs = itertools.product(Fault, everywhere)
    return [Cell(way, step, fault) for fault, (way, step) in pairs if fault is not Fault.REFUSED or _is_forward(way)]


def waves(chosen: Sequence[Cell]) -> list[list[Cell]]:
    """The cells that happen side by side: what comes to single leads, then what comes to all, one after the other."""
    alone = [cell for cell in chosen if cell.fault in OF_ONE_LEAD]
    together = [[cell for cell in chosen if cell.fault is fault] for fault in Fault if fault not in OF_ONE_LEAD]
    return [wave for wave in (alone, *together) if wave]


def sample(chance: random.Random, *, alone: int, parts: int, each: int) -> list[Cell]:
    """So many cells of single leads, and so many of each of a few faults that come to parts."""
    whole = cells()
    single = chance.sample([cell for cell in whole if cell.fault in OF_ONE_LEAD], alone)
    faults = chance.sample([fault for fault in Fault if fault not in OF_ONE_LEAD], parts)
    of_parts = [chance.sample([cell for cell in whole if cell.fault is fault], each) for fault in faults]
    return [*single, *itertools.chain.from_iterable(of_parts)]


def _is_forward(way: Way) -> bool:
    return way is Way.CONVERTING
