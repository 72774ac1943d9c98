"""The services as a saga meets them: each step writes down that it was taken, fails or waits as the test says."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError


@dataclass
class Gate:
    """Holds a step until the test opens it."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class StepRules:
    """Everything that was done, in order.

    ``ended`` holds the steps that ended well; ``orders`` what each was last told.
    """

    refusals: dict[str, str] = field(default_factory=dict)
    # How often a step finds its part away before it ends well, and when it is to try again; none: as it would anyway.
    outages: Counter[str] = field(default_factory=Counter)
    try_again_after: timedelta | None = None
    gates: dict[str, Gate] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    orders: dict[str, Any] = field(default_factory=dict)
    times: list[tuple[str, datetime]] = field(default_factory=list)

    def hold(self, step: str, *, after_outages: int = 0) -> Gate:
        """Let the next attempt at a step wait, or the one after so many that find its part away."""
        self.outages[step] = after_outages
        self.gates[step] = Gate()
        return self.gates[step]

    async def _take(self, step: str, order: Any) -> None:
        self.attempts[step] += 1
        self.orders[step] = order
        self.times.append((step, activity.info().started_time))
        if self.outages[step]:
            self.outages[step] -= 1
            message = "A part of Leadline does not answer."
            raise ApplicationError(message, type="PART_UNAVAILABLE", next_retry_delay=self.try_again_after)
        gate = self.gates.pop(step, None)
        if gate is not None:
            gate.reached.set()
            await gate.opened.wait()
        if reason := self.refusals.get(step):
            message = f"Refused: {reason}."
            raise ApplicationError(message, type=reason, non_retryable=True)
        self.ended.append(step)
