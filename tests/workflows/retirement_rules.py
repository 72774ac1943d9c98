"""The services as the deletion of a setting meets them: records that are moved away, or back."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from temporalio import activity

from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import (
    CountRetiring,
    EndRetirement,
    FailRetirement,
    MovedRetiring,
    MoveRetiring,
    RetirementInput,
    RetirementRef,
    StageMove,
)
from tests.workflows.step_rules import StepRules

REVISION = 17
MOVES = [StageMove("stage-1", "pipeline-2", "stage-2")]


def make_retirement(*, has_target: bool = True) -> RetirementInput:
    """The deletion of a stage of opportunities."""
    return RetirementInput(
        retirement_id="retirement-1",
        kind="stage",
        entry_id="stage-1",
        name="Proposal",
        target_name="Negotiation" if has_target else "",
        has_target=has_target,
        stage_ids=["stage-1"],
        moves=MOVES if has_target else [],
    )


@dataclass
class RetirementRules(StepRules):
    """So many records that use the entry, and conversions that are still running there.

    ``locked`` is how many of the moved records cannot be moved back for now.
    """

    records: int = 0
    conversions: int = 0
    locked: int = 0
    batch: int = 100
    moved: int = 0
    deleted: bool = False
    opened: bool = False
    # With which revision the leads service was told that it is over.
    told: list[int | None] | None = None

    def activities(self) -> list[Callable[..., Any]]:
        """All steps, under the names that the workflow calls them by."""
        return [
            self.count_retiring,
            self.move_retiring,
            self.restore_retiring,
            self.complete_retirement,
            self.fail_retirement,
            self.end_retirement,
        ]

    def pauses(self, step: str) -> list[float]:
        """The seconds between the attempts at a step."""
        times = [at for name, at in self.times if name == step]
        return [(later - earlier).total_seconds() for earlier, later in pairwise(times)]

    def assert_gone(self) -> None:
        """The entry is deleted and nothing uses it."""
        assert (self.deleted, self.opened, self.told) == (True, False, [REVISION])
        assert self.left == 0

    def assert_untouched(self) -> None:
        """The entry is open again, with all its records."""
        assert (self.deleted, self.opened, self.told) == (False, True, [None])
        assert self.moved == 0

    @property
    def left(self) -> int:
        """What still uses the entry."""
        return self.records - self.moved + self.conversions

    @activity.defn(name=names.COUNT_RETIRING)
    async def count_retiring(self, order: CountRetiring) -> int:
        """Count."""
        await self._take(names.COUNT_RETIRING, order)
        return self.left

    @activity.defn(name=names.MOVE_RETIRING)
    async def move_retiring(self, order: MoveRetiring) -> MovedRetiring:
        """Move the next ones."""
        await self._take(names.MOVE_RETIRING, order)
        moved = min(self.batch, self.records - self.moved)
        self.moved += moved
        return MovedRetiring(moved, self.left)

    @activity.defn(name=names.RESTORE_RETIRING)
    async def restore_retiring(self, order: MoveRetiring) -> MovedRetiring:
        """Move the next ones back."""
        await self._take(names.RESTORE_RETIRING, order)
        if self.deleted:
            return MovedRetiring(0, 0)
        moved = min(self.batch, max(self.moved - self.locked, 0))
        self.moved -= moved
        return MovedRetiring(moved, self.moved)

    @activity.defn(name=names.COMPLETE_RETIREMENT)
    async def complete_retirement(self, order: RetirementRef) -> int:
        """Delete the entry."""
        await self._take(names.COMPLETE_RETIREMENT, order)
        self.deleted = True
        return REVISION

    @activity.defn(name=names.FAIL_RETIREMENT)
    async def fail_retirement(self, order: FailRetirement) -> int | None:
        """Open the entry again, if it is there."""
        await self._take(names.FAIL_RETIREMENT, order)
        if self.deleted:
            return REVISION
        self.opened = True
        return None

    @activity.defn(name=names.END_RETIREMENT)
    async def end_retirement(self, order: EndRetirement) -> None:
        """Forget the deletion."""
        await self._take(names.END_RETIREMENT, order)
        self.told = [*(self.told or []), order.revision]
