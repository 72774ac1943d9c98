"""The services as a conversion meets them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionEnd,
    ConversionRecords,
    ConversionRef,
    ConversionState,
    CopyOrder,
    EnsuredRecord,
    FailConversion,
    FailUnconversion,
    PlanOutline,
    RecordsUndone,
)
from tests.workflows.step_rules import StepRules

ACCOUNT, CONTACT, OPPORTUNITY = "account-id", "contact-id", "opportunity-id"
FORWARD = [
    names.ENSURE_ACCOUNT,
    names.ENSURE_CONTACT,
    names.ENSURE_OPPORTUNITY,
    names.COPY_NOTES,
    names.COPY_DOCUMENTS,
    names.COPY_TEAM,
    names.COMPLETE_CONVERSION,
]
# The undo of each step, and what remains at the end of every undoing.
UNDO = {
    names.ENSURE_ACCOUNT: names.RELEASE_ACCOUNT,
    names.ENSURE_CONTACT: names.RELEASE_CONTACT,
    names.ENSURE_OPPORTUNITY: names.RELEASE_OPPORTUNITY,
    names.COPY_NOTES: names.REMOVE_NOTES,
    names.COPY_DOCUMENTS: names.REMOVE_DOCUMENTS,
    names.COPY_TEAM: names.REMOVE_TEAM,
}
WHOLE_PLAN = PlanOutline(
    ConversionState.RUNNING, account=True, contact=True, opportunity=True, notes=True, documents=True, team=True
)


@dataclass
class ConversionRules(StepRules):
    """The plan of one conversion, and everything that was done for it."""

    plan: PlanOutline = WHOLE_PLAN
    undone: RecordsUndone = field(default_factory=RecordsUndone)

    def activities(self) -> list[Callable[..., Any]]:
        """All steps, under the names that the workflow calls them by."""
        return [
            self.read_plan,
            self.ensure_account,
            self.ensure_contact,
            self.ensure_opportunity,
            self.complete_conversion,
            self.start_undoing,
            self.fail_conversion,
            self.undo_records,
            self.complete_unconversion,
            self.fail_unconversion,
            *(self._copying(name) for name in (names.COPY_NOTES, names.COPY_DOCUMENTS, names.COPY_TEAM)),
            *(self._undoing(name) for name in UNDO.values()),
        ]

    def _undoing(self, name: str) -> Callable[[ConversionRef], Any]:
        @activity.defn(name=name)
        async def undo(order: ConversionRef) -> None:
            await self._take(name, order)

        return undo

    def _copying(self, name: str) -> Callable[[CopyOrder], Any]:
        @activity.defn(name=name)
        async def copy(order: CopyOrder) -> int:
            await self._take(name, order)
            return 2

        return copy

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

    @activity.defn(name=names.COMPLETE_CONVERSION)
    async def complete_conversion(self, order: ConversionRecords) -> None:
        """Mark the lead converted."""
        await self._take(names.COMPLETE_CONVERSION, order)

    @activity.defn(name=names.START_UNDOING)
    async def start_undoing(self, order: FailConversion) -> ConversionEnd:
        """Close the way forward, unless the lead is marked converted."""
        await self._take(names.START_UNDOING, order)
        if names.COMPLETE_CONVERSION in self.ended:
            return ConversionEnd(ConversionState.COMPLETED, ACCOUNT, CONTACT, OPPORTUNITY)
        return ConversionEnd(ConversionState.RUNNING)

    @activity.defn(name=names.FAIL_CONVERSION)
    async def fail_conversion(self, order: FailConversion) -> None:
        """Free the lead."""
        await self._take(names.FAIL_CONVERSION, order)

    @activity.defn(name=names.UNDO_RECORDS)
    async def undo_records(self, order: ConversionRef) -> RecordsUndone:
        """Undo all records, or say what stands in the way."""
        await self._take(names.UNDO_RECORDS, order)
        return self.undone

    @activity.defn(name=names.COMPLETE_UNCONVERSION)
    async def complete_unconversion(self, order: ConversionRef) -> None:
        """Open the lead again."""
        await self._take(names.COMPLETE_UNCONVERSION, order)

    @activity.defn(name=names.FAIL_UNCONVERSION)
    async def fail_unconversion(self, order: FailUnconversion) -> None:
        """Leave the lead converted."""
        await self._take(names.FAIL_UNCONVERSION, order)


# All that is planned, begun or not, since a task that was torn may have made it: in reverse order, and last the lead.
UNDOING = [names.START_UNDOING, *reversed(UNDO.values()), names.FAIL_CONVERSION]
