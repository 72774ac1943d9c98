"""Telling the settings service how far a deletion is, for those who look."""

import grpc
from leadline.settings.v1.retirement_pb2 import RETIREMENT_STATE_COMPLETED
from leadline.settings.v1.retirement_service_pb2 import ReportRetirementRequest
from leadline.settings.v1.retirement_service_pb2_grpc import RetirementServiceStub
from temporalio import activity
from temporalio.exceptions import ApplicationError

from leadline_workflows.activities.door import Door
from leadline_workflows.contracts.retirement import RetirementProgress


class Report:
    """What the settings service knows of a deletion's progress."""

    def __init__(self, door: Door, settings: grpc.aio.Channel) -> None:
        self._door = door
        self._settings = RetirementServiceStub(settings)

    async def make(self, retirement_id: str, progress: RetirementProgress) -> bool:
        """Tell it, and hear whether the entry is deleted already.

        Raises:
            ApplicationError: it was not told; final where the service knows no such deletion.
        """
        request = ReportRetirementRequest(retirement_id=retirement_id, total=progress.total, moved=progress.moved)
        known = (await self._door.ask_or_fail(self._settings.ReportRetirement, request)).retirement
        return known.state == RETIREMENT_STATE_COMPLETED

    async def make_if_possible(self, retirement_id: str, progress: RetirementProgress) -> None:
        """Tell it, but let nobody's records wait for that.

        Raises:
            ApplicationError: final: the service knows no such deletion, so that there is none to go on with.
        """
        try:
            await self.make(retirement_id, progress)
        except ApplicationError as error:
            if error.non_retryable:
                raise
            activity.logger.warning("progress was not told: %s", error.type)
