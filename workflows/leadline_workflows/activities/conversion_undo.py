"""The compensations of a conversion. None gives up: refusals are retried until they are healed."""

from typing import Any

import grpc
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1.conversion_record_service_pb2_grpc import ConversionRecordServiceStub
from leadline.leads.v1.conversion_service_pb2 import FailConversionRequest, StartUndoingConversionRequest
from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceStub
from temporalio import activity

from kit.errors import ErrorKind, LeadlineError
from leadline_workflows.activities.conversion_plans import STATES, ConversionPlans
from leadline_workflows.activities.door import Door, as_obstacle
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import ConversionEnd, ConversionRef, ConversionState, FailConversion


class UndoActivities:
    """Asks the CRM to undo what a conversion made there, and the leads service to free the lead."""

    def __init__(self, door: Door, plans: ConversionPlans, leads: grpc.aio.Channel, crm: grpc.aio.Channel) -> None:
        self._door = door
        self._plans = plans
        self._conversions = ConversionServiceStub(leads)
        self._records = ConversionRecordServiceStub(crm)

    @activity.defn(name=names.RELEASE_ACCOUNT)
    async def release_account(self, order: ConversionRef) -> None:
        """Undo ensure-account."""
        request = records_pb2.ReleaseAccountRequest(conversion_id=order.conversion_id)
        await self._undo("account", self._records.ReleaseAccount, request)

    @activity.defn(name=names.RELEASE_CONTACT)
    async def release_contact(self, order: ConversionRef) -> None:
        """Undo ensure-contact."""
        request = records_pb2.ReleaseContactRequest(conversion_id=order.conversion_id)
        await self._undo("contact", self._records.ReleaseContact, request)

    @activity.defn(name=names.RELEASE_OPPORTUNITY)
    async def release_opportunity(self, order: ConversionRef) -> None:
        """Undo ensure-opportunity."""
        request = records_pb2.ReleaseOpportunityRequest(conversion_id=order.conversion_id)
        await self._undo("opportunity", self._records.ReleaseOpportunity, request)

    @activity.defn(name=names.REMOVE_NOTES)
    async def remove_notes(self, order: ConversionRef) -> None:
        """Undo copy-notes."""
        request = records_pb2.RemoveNotesRequest(conversion_id=order.conversion_id)
        await self._undo("notes", self._records.RemoveNotes, request)

    @activity.defn(name=names.REMOVE_DOCUMENTS)
    async def remove_documents(self, order: ConversionRef) -> None:
        """Undo copy-documents."""
        request = records_pb2.RemoveDocumentsRequest(conversion_id=order.conversion_id)
        await self._undo("documents", self._records.RemoveDocuments, request)

    @activity.defn(name=names.REMOVE_TEAM)
    async def remove_team(self, order: ConversionRef) -> None:
        """Undo copy-team."""
        request = records_pb2.RemoveTeamRequest(conversion_id=order.conversion_id)
        await self._undo("team", self._records.RemoveTeam, request)

    async def _undo(self, what: str, method: grpc.aio.UnaryUnaryMultiCallable[Any, Any], request: Any) -> None:
        async with self._plans.waiting(request.conversion_id, f"undo: {what}"):
            await self._door.ask_until_done(method, request)

    @activity.defn(name=names.START_UNDOING)
    async def start_undoing(self, order: FailConversion) -> ConversionEnd:
        """Close the way forward, unless the conversion is over."""
        request = StartUndoingConversionRequest(
            conversion_id=order.conversion_id, reason=order.reason, message=order.message
        )
        try:
            found = (await self._door.ask(self._conversions.StartUndoingConversion, request)).conversion
        except LeadlineError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return ConversionEnd(ConversionState.UNKNOWN)
            raise as_obstacle(error) from None
        ids = (found.account_id or None, found.contact_id or None, found.opportunity_id or None)
        return ConversionEnd(STATES[found.state], *ids)

    @activity.defn(name=names.FAIL_CONVERSION)
    async def fail_conversion(self, order: FailConversion) -> None:
        """Free the lead. A conversion that is over or unknown holds no lead: there is nothing to free."""
        request = FailConversionRequest(conversion_id=order.conversion_id, reason=order.reason, message=order.message)
        await self._door.ask_unless_over(self._conversions.FailConversion, request)
