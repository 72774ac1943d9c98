"""Carries out an import: has the leads service take the rows of its file, in batches, until none is left.

The leads service keeps how far the import is, with the leads of each batch. Whatever fails for good, and an operator's
cancel, ends the import there; what it has done stays.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import is_cancelled_exception

from leadline_workflows.contracts import names, search_attributes
from leadline_workflows.contracts.lead_import import EndImport, ImportProgress, ImportRef, LeadImportInput
from leadline_workflows.definitions import failure
from leadline_workflows.definitions.markdown import joined, plain
from leadline_workflows.definitions.saga import uninterrupted
from leadline_workflows.definitions.saga_view import SagaView

# Never given up for a part that is down: rows wait, and an operator can cancel.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))
# Longer than a stint and its last call can take.
_ATTEMPT = timedelta(minutes=1)
_HEARTBEAT = timedelta(seconds=10)
_OWNER = SearchAttributeKey.for_keyword(search_attributes.OWNER)


@workflow.defn(name=names.LEAD_IMPORT)
class LeadImportWorkflow:
    """The one run of an import; its id is ``lead-import/<importId>``. Cancelling the run ends the import."""

    @workflow.init
    def __init__(self, start: LeadImportInput) -> None:
        self._start = start
        self._progress = start.progress or ImportProgress()
        by = f"ordered by {plain(start.by)}" if start.by else ""
        self._view = SagaView(joined(f"**{plain(start.file_name)}**", f"import {start.import_id}", by))

    @workflow.run
    async def run(self, start: LeadImportInput) -> ImportProgress:
        """Import until the leads service says that it has ended."""
        if start.progress is None and start.by:
            workflow.upsert_search_attributes([_OWNER.value_set(start.by)])
        try:
            await self._import_all()
        except (Exception, asyncio.CancelledError) as error:
            await uninterrupted(self._end(error))
            # A cancel may come too late: then the import is what it is without.
            if is_cancelled_exception(error) and self._progress.state == "canceled":
                raise
        self._view.over(f"{self._progress.state.capitalize()}. {_so_far(self._progress, start.file_name)}.")
        return self._progress

    @workflow.query(name=names.PROGRESS)
    def progress(self) -> ImportProgress:
        """How far the import is."""
        return self._progress

    async def _import_all(self) -> None:
        while self._progress.state == "running":
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(replace(self._start, progress=self._progress))
            await self._import_next()

    async def _import_next(self) -> None:
        self._view.doing("import the next rows", f"{_so_far(self._progress, self._start.file_name)}.")
        self._progress = await workflow.execute_activity(
            names.IMPORT_BATCH,
            ImportRef(self._start.import_id),
            result_type=ImportProgress,
            start_to_close_timeout=_ATTEMPT,
            heartbeat_timeout=_HEARTBEAT,
            retry_policy=_RETRY,
            summary="import the next rows",
        )

    async def _end(self, error: BaseException) -> None:
        """Have the leads service end the import. One that has ended meanwhile stays as it ended."""
        failed = failure.why(error, workflow.cancellation_reason(), stopped="CANCELED")
        self._view.failed(failed.reason, failed.message)
        self._view.doing("end the import")
        canceled = is_cancelled_exception(error)
        order = EndImport(
            self._start.import_id,
            "canceled" if canceled else "failed",
            "" if canceled else failed.reason,
            failed.message,
        )
        self._progress = await workflow.execute_activity(
            names.END_IMPORT,
            order,
            result_type=ImportProgress,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_RETRY,
            summary="end the import",
        )


def _so_far(known: ImportProgress, file_name: str) -> str:
    """``1,200 rows: 1,100 created, 40 skipped, 60 refused · 34 % of leads.csv``"""
    counts = {
        "created": known.created,
        "updated": known.updated,
        "skipped": known.skipped,
        "refused": known.refused,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    rows = f"{known.processed:,} rows" + (f": {told}" if told else "")
    read = 100 * known.processed_bytes // known.size_bytes if known.size_bytes else 0
    return joined("dry run" if known.dry_run else "", rows, f"{read} % of {file_name}")
