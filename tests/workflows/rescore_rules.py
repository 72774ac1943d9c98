"""The leads service as a rescore run meets it: a pass over its open leads that begins anew whenever it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity

from leadline_workflows.contracts import names
from leadline_workflows.contracts.rescore import RescoreProgress
from tests.workflows.step_rules import StepRules


@dataclass
class RescoreRules(StepRules):
    """So many open leads, of which each batch scores the next; every tenth gets another score.

    ``begun`` counts the passes that began, ``completed`` those that came to their end.
    """

    total: int = 1000
    batch: int = 1000
    state: str = "requested"
    processed: int = 0
    begun: int = 0
    completed: int = 0
    time_based: bool = True
    # What happens just before a batch answers.
    last_moment: Callable[[], Any] = field(default=lambda: None)

    def request(self) -> None:
        """What the leads service does in the transaction that orders or signals the run."""
        self.state = "requested"

    def activities(self) -> list[Callable[..., Any]]:
        """All steps, under the names that the workflows call them by."""
        return [self.rescore_batch, self.request_daily_rescore]

    @activity.defn(name=names.RESCORE_BATCH)
    async def rescore_batch(self) -> RescoreProgress:
        """Score the next leads."""
        await self._take(names.RESCORE_BATCH, None)
        if self.state == "requested":
            self.state, self.processed = "running", 0
            self.begun += 1
        if self.state == "running":
            self.processed = min(self.processed + self.batch, self.total)
            if self.processed == self.total:
                self.state = "completed"
                self.completed += 1
        answer = RescoreProgress(self.state, self.processed, self.total, self.processed // 10)
        self.last_moment()
        return answer

    @activity.defn(name=names.REQUEST_DAILY_RESCORE)
    async def request_daily_rescore(self) -> bool:
        """Ask for a pass if a rule depends on time."""
        await self._take(names.REQUEST_DAILY_RESCORE, None)
        return self.time_based
