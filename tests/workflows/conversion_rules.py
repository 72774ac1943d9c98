"""The services as a conversion meets them: each step writes down that it was taken, fails or waits as the test says."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionRecords,
    ConversionRef,
    ConversionState,
    CopyNotes,
    EnsuredRecord,
    FailConversion,
    PlanOutline,
)

ACCOUNT, CONTACT, OPPORTUNITY = "account-id", "contact-id", "opportunity-id"
FORWARD = [
    names.ENSURE_ACCOUNT,
    names.ENSURE_CONTACT,
    names.ENSURE_OPPORTUNITY,
    names.COPY_NOTES,
    names.COMPLETE_CONVERSION,
]
# The undo of each step, and what remains at the end of every undoing.
UNDO = {
    names.ENSURE_ACCOUNT: names.RELEASE_ACCOUNT,
    names.ENSURE_CONTACT: names.RELEASE_CONTACT,
    names.ENSURE_OPPORTUNITY: names.RELEASE_OPPORTUNITY,
    names.COPY_NOTES: names.REMOVE_NOTES,
}


@dataclass
class Gate:
    """Holds a step until the test opens it."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class ConversionRules:
    """The plan of one conversion, and everything that was done for it, in order.

    ``ended`` holds the steps that ended well; ``orders`` what each was last told.
    """

    plan: PlanOutline = field(
        default_factory=lambda: PlanOutline(ConversionState.RUNNING, account=True, contact=True, opportunity=True)
    )
    refusals: dict[str, str] = field(default_factory=dict)
    # How often a step finds its part away before it ends well, and when it is to try again; none: as it would anyway.
    outages: Counter[str] = field(default_factory=Counter)
    try_again_after: timedelta | None = None
    gates: dict[str, Gate] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    orders: dict[str, Any] = field(default_factory=dict)

    def hold(self, step: str) -> Gate:
        """Let the next attempt at a step wait."""
        self.gates[step] = Gate()
        return self.gates[step]

    async def _take(self, step: str, order: Any) -> None:
        self.attempts[step] += 1
        self.orders[step] = order
        gate = self.gates.pop(step, None)
        if gate is not None:
            gate.reached.set()
            await gate.opened.wait()
        if self.outages[step]:
            self.outages[step] -= 1
            message = "A part of Leadline does not answer."
            raise ApplicationError(message, type="PART_UNAVAILABLE", next_retry_delay=self.try_again_after)
        if reason := self.refusals.get(step):
            message = f"Refused: {reason}."
            raise ApplicationError(message, type=reason, non_retryable=True)
        self.ended.append(step)

    def activities(self) -> list[Callable[..., Any]]:
        """All steps, under the names that the workflow calls them by."""
        return [
            self.read_plan,
            self.ensure_account,
            self.ensure_contact,
            self.ensure_opportunity,
            self.copy_notes,
            self.complete_conversion,
            self.fail_conversion,
            *(self._undoing(name) for name in UNDO.values()),
        ]

    def _undoing(self, name: str) -> Callable[[ConversionRef], Any]:
        @activity.defn(name=name)
        async def undo(order: ConversionRef) -> None:
            await self._take(name, order)

        return undo

    @activity.defn(name=names.READ_PLAN)
    async def read_plan(self, order: ConversionRef) -> PlanOutline:
        """Answer the plan."""
        await self._take(names.READ_PLAN, order)
        return self.plan

    @activity.defn(name=names.ENSURE_ACCOUNT)
    async def ensure_account(self, order: ConversionRecords) -> EnsuredRecord:
        """Link an account."""
        await self._take(names.ENSURE_ACCOUNT, order)
        return EnsuredRecord(ACCOUNT, made=False)

    @activity.defn(name=names.ENSURE_CONTACT)
    async def ensure_contact(self, order: ConversionRecords) -> EnsuredRecord:
        """Make a contact."""
        await self._take(names.ENSURE_CONTACT, order)
        return EnsuredRecord(CONTACT, made=True)

    @activity.defn(name=names.ENSURE_OPPORTUNITY)
    async def ensure_opportunity(self, order: ConversionRecords) -> EnsuredRecord:
        """Make an opportunity."""
        await self._take(names.ENSURE_OPPORTUNITY, order)
        return EnsuredRecord(OPPORTUNITY, made=True)

    @activity.defn(name=names.COPY_NOTES)
    async def copy_notes(self, order: CopyNotes) -> int:
        """Copy two notes."""
        await self._take(names.COPY_NOTES, order)
        return 2

    @activity.defn(name=names.COMPLETE_CONVERSION)
    async def complete_conversion(self, order: ConversionRecords) -> None:
        """Mark the lead converted."""
        await self._take(names.COMPLETE_CONVERSION, order)

    @activity.defn(name=names.FAIL_CONVERSION)
    async def fail_conversion(self, order: FailConversion) -> None:
        """Free the lead."""
        await self._take(names.FAIL_CONVERSION, order)


def undone_from(step: str) -> list[str]:
    """What must be undone when a step has begun, in the order in which it must be, and the freeing of the lead."""
    begun = FORWARD[: FORWARD.index(step) + 1]
    return [UNDO[each] for each in reversed(begun) if each in UNDO] + [names.FAIL_CONVERSION]
