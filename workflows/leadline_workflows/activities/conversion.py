"""The forward steps of a conversion but for what is copied. Each knows the plan itself: the run carries only ids."""

import grpc
from leadline.crm.v1.conversion_record_service_pb2_grpc import ConversionRecordServiceStub
from leadline.leads.v1 import conversion_service_pb2
from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceStub
from temporalio import activity

from kit.errors import ErrorKind, LeadlineError
from leadline_workflows.activities import conversion_requests as requests
from leadline_workflows.activities.conversion_plans import STATES, ConversionPlans
from leadline_workflows.activities.door import Door, as_failure
from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionRecords,
    ConversionRef,
    ConversionState,
    EnsuredRecord,
    PlanOutline,
)


class ConversionActivities:
    """Asks the CRM for the records of a conversion, and the leads service to mark the lead converted."""

    def __init__(self, door: Door, plans: ConversionPlans, leads: grpc.aio.Channel, crm: grpc.aio.Channel) -> None:
        self._door = door
        self._plans = plans
        self._conversions = ConversionServiceStub(leads)
        self._records = ConversionRecordServiceStub(crm)

    @activity.defn(name=names.READ_PLAN)
    async def read_plan(self, order: ConversionRef) -> PlanOutline:
        """Say what is planned, without what it says."""
        try:
            plan = await self._plans.read(order.conversion_id)
        except LeadlineError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return PlanOutline(ConversionState.UNKNOWN)
            raise as_failure(error) from None
        return PlanOutline(
            state=STATES[plan.state],
            account=plan.HasField("account"),
            contact=plan.HasField("contact"),
            opportunity=plan.HasField("opportunity"),
            notes=plan.has_notes,
            documents=plan.has_documents,
            team=plan.has_team,
            undone_because=plan.undone_because,
        )

    @activity.defn(name=names.ENSURE_ACCOUNT)
    async def ensure_account(self, order: ConversionRecords) -> EnsuredRecord:
        """Have the account linked or made."""
        async with self._plans.waiting(order.conversion_id, "ensure account"):
            request = requests.account(await self._plans.known(order.conversion_id))
            response = await self._door.ask_or_fail(self._records.EnsureAccount, request)
        return EnsuredRecord(response.account_id, response.made)

    @activity.defn(name=names.ENSURE_CONTACT)
    async def ensure_contact(self, order: ConversionRecords) -> EnsuredRecord:
        """Have the contact linked or made, at the account that the conversion ensured."""
        async with self._plans.waiting(order.conversion_id, "ensure contact"):
            request = requests.contact(await self._plans.known(order.conversion_id), order)
            response = await self._door.ask_or_fail(self._records.EnsureContact, request)
        return EnsuredRecord(response.contact_id, response.made)

    @activity.defn(name=names.ENSURE_OPPORTUNITY)
    async def ensure_opportunity(self, order: ConversionRecords) -> EnsuredRecord:
        """Have the opportunity linked or made with its lines, for the account and contact that were ensured."""
        async with self._plans.waiting(order.conversion_id, "ensure opportunity"):
            request = requests.opportunity(await self._plans.known(order.conversion_id), order)
            response = await self._door.ask_or_fail(self._records.EnsureOpportunity, request)
        return EnsuredRecord(response.opportunity_id, response.made)

    @activity.defn(name=names.COMPLETE_CONVERSION)
    async def complete_conversion(self, order: ConversionRecords) -> None:
        """Have the lead marked converted."""
        request = conversion_service_pb2.CompleteConversionRequest(
            conversion_id=order.conversion_id,
            account_id=order.account_id,
            contact_id=order.contact_id,
            opportunity_id=order.opportunity_id,
        )
        await self._door.ask_or_fail(self._conversions.CompleteConversion, request)
