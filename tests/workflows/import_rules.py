"""The leads service as an import's run meets it: rows that are taken in batches, until none is left or it is ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from temporalio import activity

from leadline_workflows.contracts import names
from leadline_workflows.contracts.lead_import import EndImport, ImportProgress, ImportRef, LeadImportInput
from tests.workflows.step_rules import StepRules

BYTES_OF_A_ROW = 50
USER = "0190c0de-0000-7000-8000-00000000aaaa"


def make_import() -> LeadImportInput:
    """The order of an import."""
    return LeadImportInput(import_id="import-1", file_name="leads.csv", by=USER)


@dataclass
class ImportRules(StepRules):
    """So many rows, of which each batch takes the next: in each hundred, 90 are created, 4 skipped and 6 refused."""

    rows: int = 200
    batch: int = 200
    processed: int = 0
    state: str = "running"
    reason: str = ""
    message: str = ""

    def progress(self) -> ImportProgress:
        """How far it is."""
        hundreds = self.processed // 100
        return ImportProgress(
            self.state,
            processed=self.processed,
            created=hundreds * 90,
            skipped=hundreds * 4,
            refused=hundreds * 6,
            processed_bytes=self.processed * BYTES_OF_A_ROW,
            size_bytes=self.rows * BYTES_OF_A_ROW,
            reason=self.reason,
            message=self.message,
        )

    def activities(self) -> list[Callable[..., Any]]:
        """All steps, under the names that the workflow calls them by."""
        return [self.import_batch, self.end_import]

    @activity.defn(name=names.IMPORT_BATCH)
    async def import_batch(self, order: ImportRef) -> ImportProgress:
        """Take the next rows."""
        await self._take(names.IMPORT_BATCH, order)
        if self.state == "running":
            self.processed = min(self.processed + self.batch, self.rows)
            self.state = "completed" if self.processed == self.rows else "running"
        return self.progress()

    @activity.defn(name=names.END_IMPORT)
    async def end_import(self, order: EndImport) -> ImportProgress:
        """End it, unless it has ended already."""
        await self._take(names.END_IMPORT, order)
        if self.state == "running":
            self.state, self.reason, self.message = order.state, order.reason, order.message
        return self.progress()
