"""The steps of undoing a conversion that had come to its end."""

import grpc
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1.conversion_record_service_pb2_grpc import ConversionRecordServiceStub
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceStub
from temporalio import activity

from kit.errors import LeadlineError
from leadline_workflows.activities.conversion_plans import ConversionPlans
from leadline_workflows.activities.door import Door, as_obstacle
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionRef, FailUnconversion, Obstacle, RecordsUndone

_CHANGED = "RECORDS_CHANGED"


class UnconversionActivities:
    """Asks the CRM to undo its part, and the leads service to open the lead again. None gives up."""

    def __init__(self, door: Door, plans: ConversionPlans, leads: grpc.aio.Channel, crm: grpc.aio.Channel) -> None:
        self._door = door
        self._plans = plans
        self._conversions = ConversionServiceStub(leads)
        self._records = ConversionRecordServiceStub(crm)

    @activity.defn(name=names.UNDO_RECORDS)
    async def undo_records(self, order: ConversionRef) -> RecordsUndone:
        """Have all that the conversion made undone, or hear what stands in the way."""
        request = records_pb2.UndoConversionRequest(conversion_id=order.conversion_id)
        async with self._plans.waiting(order.conversion_id, "undo the records"):
            try:
                await self._door.ask(self._records.UndoConversion, request)
            except LeadlineError as error:
                if error.reason == _CHANGED:
                    return RecordsUndone(error.reason, error.message, _obstacles(error))
                raise as_obstacle(error) from None
        return RecordsUndone()

    @activity.defn(name=names.COMPLETE_UNCONVERSION)
    async def complete_unconversion(self, order: ConversionRef) -> None:
        """Open the lead again."""
        request = pb.CompleteUnconversionRequest(conversion_id=order.conversion_id)
        await self._door.ask_until_done(self._conversions.CompleteUnconversion, request)

    @activity.defn(name=names.FAIL_UNCONVERSION)
    async def fail_unconversion(self, order: FailUnconversion) -> None:
        """Leave the lead converted. A conversion that is over or unknown holds no lead."""
        request = pb.FailUnconversionRequest(
            conversion_id=order.conversion_id,
            reason=order.reason,
            message=order.message,
            obstacles=[pb.ConversionObstacle(field=each.field, reason=each.reason) for each in order.obstacles],
        )
        await self._door.ask_unless_over(self._conversions.FailUnconversion, request)


def _obstacles(error: LeadlineError) -> list[Obstacle]:
    return [Obstacle(each.field, each.reason) for each in error.violations]
