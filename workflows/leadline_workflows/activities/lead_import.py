"""The activities of the lead-import workflow: take the next rows of the file, end the import before its time."""

import grpc
from leadline.leads.v1 import import_service_pb2 as pb
from leadline.leads.v1.import_service_pb2_grpc import ImportServiceStub
from temporalio import activity

from kit.errors import ErrorKind, LeadlineError
from leadline_workflows.activities.door import Door, as_failure, as_obstacle
from leadline_workflows.activities.stint import for_a_while, heartbeats
from leadline_workflows.contracts import names
from leadline_workflows.contracts.lead_import import EndImport, ImportProgress, ImportRef

# Longer than usual: the clocks of new leads keep Temporal busy, so that the workflow may wait for its next turn.
_STINT_SECONDS = 15.0
# A batch may wait for others that write the same leads.
_BATCH_SECONDS = 30.0
_STATES = {
    pb.IMPORT_STATE_RUNNING: "running",
    pb.IMPORT_STATE_COMPLETED: "completed",
    pb.IMPORT_STATE_CANCELED: "canceled",
    pb.IMPORT_STATE_FAILED: "failed",
}
_NUMBERS = {name: number for number, name in _STATES.items()}


class ImportActivities:
    """Has the leads service go through the file of an import."""

    def __init__(self, door: Door, leads: grpc.aio.Channel) -> None:
        self._door = door
        self._imports = ImportServiceStub(leads)

    @activity.defn(name=names.IMPORT_BATCH)
    async def import_batch(self, order: ImportRef) -> ImportProgress:
        """Have the next rows taken. The leads service knows where it was: a repeated attempt takes none twice."""
        progress = ImportProgress()
        async with heartbeats():
            for _ in for_a_while(_STINT_SECONDS):
                progress = await self._next(order)
                if progress.state != "running":
                    break
        return progress

    @activity.defn(name=names.END_IMPORT)
    async def end_import(self, order: EndImport) -> ImportProgress:
        """End the import, unless it has ended already; how it stands then. One that is not known is over, too."""
        request = pb.EndImportRequest(
            import_id=order.import_id,
            state=_NUMBERS[order.state],
            failure_reason=order.reason,
            failure_message=order.message,
        )
        try:
            answer = await self._door.ask(self._imports.EndImport, request, seconds=_BATCH_SECONDS)
        except LeadlineError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise as_obstacle(error) from None
            activity.logger.warning("there is no such import: %s", order.import_id)
            return ImportProgress(order.state, reason=order.reason, message=order.message)
        return _progress(answer.lead_import)

    async def _next(self, order: ImportRef) -> ImportProgress:
        request = pb.ImportBatchRequest(import_id=order.import_id)
        try:
            answer = await self._door.ask(self._imports.ImportBatch, request, seconds=_BATCH_SECONDS)
        except LeadlineError as error:
            # A deletion that has just begun: it will be known, and then refuses single rows.
            raise (as_obstacle(error) if error.reason == "RETIRING" else as_failure(error)) from None
        return _progress(answer.lead_import)


def _progress(found: pb.Import) -> ImportProgress:
    return ImportProgress(
        state=_STATES[found.state],
        processed=found.processed,
        created=found.created,
        updated=found.updated,
        skipped=found.skipped,
        refused=found.refused,
        processed_bytes=found.processed_bytes,
        size_bytes=found.size_bytes,
        dry_run=found.options.dry_run,
        reason=found.failure_reason,
        message=found.failure_message,
    )
