"""The plans of conversions, and telling the leads service at which step one waits."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceStub
from temporalio import activity
from temporalio.exceptions import ApplicationError

from kit.errors import LeadlineError
from kit.rpc.times import to_timestamp
from leadline_workflows.activities.door import Door, as_failure
from leadline_workflows.contracts.conversion import ConversionState

STATES = {
    pb.CONVERSION_STATE_RUNNING: ConversionState.RUNNING,
    pb.CONVERSION_STATE_COMPLETED: ConversionState.COMPLETED,
    pb.CONVERSION_STATE_FAILED: ConversionState.FAILED,
    pb.CONVERSION_STATE_UNCONVERTING: ConversionState.UNCONVERTING,
    pb.CONVERSION_STATE_UNCONVERTED: ConversionState.UNCONVERTED,
}
_MOST_PLANS = 500


class ConversionPlans:
    """Reads plans. What a plan says never changes, so that each is read once; its state is read when asked for."""

    def __init__(self, door: Door, leads: grpc.aio.Channel) -> None:
        self._door = door
        self._conversions = ConversionServiceStub(leads)
        self._known: OrderedDict[str, pb.ConversionPlan] = OrderedDict()

    async def read(self, conversion_id: str) -> pb.ConversionPlan:
        """The plan as it stands now.

        Raises:
            LeadlineError: what the leads service answered, or that it does not answer.
        """
        request = pb.GetConversionPlanRequest(conversion_id=conversion_id)
        plan = (await self._door.ask(self._conversions.GetConversionPlan, request)).plan
        self._known[conversion_id] = plan
        if len(self._known) > _MOST_PLANS:
            self._known.popitem(last=False)
        return plan

    async def known(self, conversion_id: str) -> pb.ConversionPlan:
        """The plan, whatever its state has become.

        Raises:
            ApplicationError: as of any question to the leads service.
        """
        plan = self._known.get(conversion_id)
        if plan is not None:
            return plan
        try:
            return await self.read(conversion_id)
        except LeadlineError as error:
            raise as_failure(error) from None

    @asynccontextmanager
    async def waiting(self, conversion_id: str, step: str) -> AsyncIterator[None]:
        """Around what a step does: tells the leads service that it waits, and what for, or that it goes on."""
        try:
            yield
        except ApplicationError as error:
            if not error.non_retryable and not activity.info().is_local:
                await self._report(conversion_id, _wait(step, error))
            raise
        if activity.info().attempt > 1 and not activity.info().is_local:
            await self._report(conversion_id, None)

    async def _report(self, conversion_id: str, waits: pb.ConversionWait | None) -> None:
        request = pb.ReportConversionRequest(conversion_id=conversion_id, waits=waits)
        try:
            await self._door.ask(self._conversions.ReportConversion, request)
        except (LeadlineError, ApplicationError) as error:
            # Nobody depends on it: where the step stands is seen in Temporal all the same.
            activity.logger.warning("cannot report what a conversion waits for: %r", error)


def _wait(step: str, error: ApplicationError) -> pb.ConversionWait:
    since = to_timestamp(activity.info().scheduled_time)
    return pb.ConversionWait(step=step, since=since, reason=error.type or "INTERNAL", message=error.message)
