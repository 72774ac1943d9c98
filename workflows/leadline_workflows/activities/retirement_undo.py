"""The compensations of the retirement workflow. None gives up: refusals are retried until they are healed."""

from contextlib import suppress
from typing import Protocol, TypeVar

import grpc
from leadline.crm.v1.placement_service_pb2 import RestoreOpportunitiesRequest
from leadline.crm.v1.placement_service_pb2_grpc import PlacementServiceStub
from leadline.leads.v1.retirement_service_pb2 import RestoreRetiringRequest
from leadline.leads.v1.retirement_service_pb2_grpc import RetirementServiceStub as LeadsStub
from leadline.settings.v1.retirement_service_pb2 import CompleteRetirementRequest, FailRetirementRequest
from leadline.settings.v1.retirement_service_pb2_grpc import RetirementServiceStub as SettingsStub
from temporalio import activity
from temporalio.exceptions import ApplicationError

from kit.errors import ErrorKind, LeadlineError
from leadline_workflows.activities.door import Door, as_obstacle
from leadline_workflows.activities.retirement_report import Report
from leadline_workflows.activities.stint import for_a_while
from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import FailRetirement, MovedRetiring, MoveRetiring, RetirementProgress

# The deletion is over.
_CLOSED = "RETIREMENT_CLOSED"


class _Restored(Protocol):
    @property
    def left(self) -> int: ...


Request = TypeVar("Request")
Response = TypeVar("Response", bound=_Restored)


class RetirementUndoActivities:
    """Has moved records moved back, and the settings service open the entry again."""

    def __init__(self, door: Door, leads: grpc.aio.Channel, crm: grpc.aio.Channel, settings: grpc.aio.Channel) -> None:
        self._door = door
        self._leads = LeadsStub(leads)
        self._placement = PlacementServiceStub(crm)
        self._settings = SettingsStub(settings)
        self._report = Report(door, settings)

    @activity.defn(name=names.RESTORE_RETIRING)
    async def restore_retiring(self, order: MoveRetiring) -> MovedRetiring:
        """Move the next records back that are still where the deletion put them."""
        if await self._is_gone(order):
            return MovedRetiring(0, 0)
        left = order.progress.moved
        for _ in for_a_while():
            before, left = left, await self._batch(order)
            if not left or left >= before:
                break
        with suppress(ApplicationError):  # it is for those who look, and records are to be back first of all
            await self._report.make(order.retirement_id, RetirementProgress(order.progress.total, left))
        return MovedRetiring(max(order.progress.moved - left, 0), left)

    @activity.defn(name=names.FAIL_RETIREMENT)
    async def fail_retirement(self, order: FailRetirement) -> int | None:
        """Open the entry again, or answer the first revision without it where it is deleted already.

        A deletion that nobody knows keeps nothing closed.
        """
        request = FailRetirementRequest(retirement_id=order.retirement_id, reason=order.reason, message=order.message)
        try:
            await self._door.ask(self._settings.FailRetirement, request)
        except LeadlineError as error:
            if error.reason == _CLOSED:
                return await self._revision(order.retirement_id)
            if error.kind is not ErrorKind.NOT_FOUND:
                raise as_obstacle(error) from None
            activity.logger.warning("there was nothing to open: %s", error.reason)
        return None

    async def _is_gone(self, order: MoveRetiring) -> bool:
        """Whether the entry is deleted, as a run that was reset may find it: nothing goes back there."""
        try:
            return await self._report.make(order.retirement_id, order.progress)
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            return False

    async def _revision(self, retirement_id: str) -> int:
        request = CompleteRetirementRequest(retirement_id=retirement_id)
        return (await self._door.ask_until_done(self._settings.CompleteRetirement, request)).revision

    async def _batch(self, order: MoveRetiring) -> int:
        request = RestoreRetiringRequest(retirement_id=order.retirement_id)
        left = await self._left(self._leads.RestoreRetiring, request)
        if order.moves:
            placed = RestoreOpportunitiesRequest(retirement_id=order.retirement_id)
            left += await self._left(self._placement.RestoreOpportunities, placed)
        return left

    async def _left(self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request) -> int:
        """How many are left to be moved back; none of a deletion that is over or unknown, which keeps no moves."""
        try:
            return (await self._door.ask(method, request)).left
        except LeadlineError as error:
            if error.kind is ErrorKind.NOT_FOUND or error.reason == _CLOSED:
                return 0
            raise as_obstacle(error) from None
