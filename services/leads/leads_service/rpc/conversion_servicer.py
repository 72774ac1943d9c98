"""ConversionService: checking and converting leads, and what the conversion's workflow asks and reports."""

from dataclasses import replace
from uuid import UUID

from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import conversion_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import IdempotencyKey, key_of_call
from kit.db.waiting import Waiting
from kit.errors import LeadlineError, invalid_field
from kit.ids import parse_id, parse_optional_id
from kit.rpc.guard import Context
from leads_service.domain import conversion as rules
from leads_service.domain.visibility import hidden_from, identified_by
from leads_service.rpc.conversion_mapping import check_to_proto, conversion_to_proto, plan_to_proto, request_of
from leads_service.rpc.crm_client import CrmClient
from leads_service.rpc.lead_mapping import json_object_of
from leads_service.rpc.situation import Parts, caller_id, expected_version
from leads_service.store.conversions import RUNNING, Conversion
from leads_service.usecases import conversion, leads
from leads_service.usecases.conversion import Order

_LONGEST_WAIT_SECONDS = 60.0


class ConversionServicer(pb_grpc.ConversionServiceServicer):
    """The CRM is asked outside of transactions; each write is one."""

    def __init__(self, parts: Parts, crm: CrmClient, waiting: Waiting) -> None:
        self._parts = parts
        self._crm = crm
        self._waiting = waiting

    async def CheckConversion(
        self, request: pb.CheckConversionRequest, _context: Context
    ) -> pb.CheckConversionResponse:
        """What a conversion would need and find."""
        situation = self._parts.by_caller()
        async with self._parts.database.reading() as connection:
            lead = await leads.get_lead(connection, parse_id(request.lead_id, "id"))
        hidden = hidden_from(situation.actor, lead.stage_id, situation.configuration)
        ready = rules.readiness(lead, situation.configuration, hidden)
        return check_to_proto(ready, await self._crm.match(identified_by(lead, hidden)), hidden)

    async def ConvertLead(self, request: pb.ConvertLeadRequest, context: Context) -> pb.ConvertLeadResponse:
        """Reserves the lead and waits for the end, as long as the caller wants.

        Repeated under the same idempotency key, it waits for the conversion that the first call began.
        """
        wait, key = _wait(request), _key(request, context)
        try:
            begun = await self._begin(key, _order(request))
        except LeadlineError:
            # The first call has reserved the lead, which is why this one is refused.
            known = await self._parts.idempotency.first_answer(key, pb.ConvertLeadResponse)
            if known is None:
                raise
            begun = known
        ended = await self._end_of(_conversion_id(begun.conversion.id), wait)
        return pb.ConvertLeadResponse(conversion=conversion_to_proto(ended))

    async def _begin(self, key: IdempotencyKey | None, order: Order) -> pb.ConvertLeadResponse:
        situation = self._parts.by_caller()
        async with self._parts.database.reading() as connection:
            await conversion.check_order(connection, order, situation)
        resolved = replace(order, request=await self._crm.resolve_links(order.request))

        async def start(tx: Writing) -> pb.ConvertLeadResponse:
            started = await conversion.start_conversion(tx, resolved, situation)
            return pb.ConvertLeadResponse(conversion=conversion_to_proto(started))

        return await self._parts.idempotency.once(key, pb.ConvertLeadResponse, start)

    async def GetConversion(self, request: pb.GetConversionRequest, _context: Context) -> pb.GetConversionResponse:
        """The lead's newest conversion."""
        async with self._parts.database.reading() as connection:
            lead = await leads.get_lead(connection, parse_id(request.lead_id, "id"))
            newest = await conversion.newest_conversion(connection, lead.id)
        return pb.GetConversionResponse(conversion=conversion_to_proto(newest))

    async def GetConversionPlan(
        self, request: pb.GetConversionPlanRequest, _context: Context
    ) -> pb.GetConversionPlanResponse:
        """What is to be made or linked."""
        async with self._parts.database.reading() as connection:
            found = await conversion.get_conversion(connection, _conversion_id(request.conversion_id))
        return pb.GetConversionPlanResponse(plan=plan_to_proto(found))

    async def CompleteConversion(
        self, request: pb.CompleteConversionRequest, _context: Context
    ) -> pb.CompleteConversionResponse:
        """Marks the lead converted."""
        ids = {
            "account_id": parse_optional_id(request.account_id, "accountId"),
            "contact_id": parse_optional_id(request.contact_id, "contactId"),
            "opportunity_id": parse_optional_id(request.opportunity_id, "opportunityId"),
        }
        conversion_id, situation = _conversion_id(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ended = await conversion.complete_conversion(tx, conversion_id, ids, situation)
        return pb.CompleteConversionResponse(conversion=conversion_to_proto(ended))

    async def FailConversion(self, request: pb.FailConversionRequest, _context: Context) -> pb.FailConversionResponse:
        """Frees the lead."""
        conversion_id, situation = _conversion_id(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ended = await conversion.fail_conversion(tx, conversion_id, request.reason, request.message, situation)
        return pb.FailConversionResponse(conversion=conversion_to_proto(ended))

    async def _end_of(self, conversion_id: UUID, seconds: float) -> Conversion:
        """The conversion when it has ended, or as it is when the caller has waited long enough."""

        async def look() -> Conversion:
            async with self._parts.database.reading() as connection:
                return await conversion.get_conversion(connection, conversion_id)

        return await self._waiting.end_of(str(conversion_id), seconds, look, lambda each: each.state != RUNNING)


def _key(request: pb.ConvertLeadRequest, context: Context) -> IdempotencyKey | None:
    """However long the caller waits this time, it is the same request."""
    asked = pb.ConvertLeadRequest()
    asked.CopyFrom(request)
    asked.ClearField("max_wait")
    return key_of_call("ConvertLead", asked, context.invocation_metadata())


def _conversion_id(text: str) -> UUID:
    return parse_id(text, "conversionId")


def _order(request: pb.ConvertLeadRequest) -> Order:
    return Order(
        lead_id=parse_id(request.lead_id, "id"),
        request=request_of(request),
        stage_values=json_object_of(request.stage_field_values, "stageFieldValues"),
        started_by=caller_id(),
        expected_version=expected_version(request),
    )


def _wait(request: pb.ConvertLeadRequest) -> float:
    seconds = request.max_wait.seconds + request.max_wait.nanos / 1e9
    if not 0 <= seconds <= _LONGEST_WAIT_SECONDS:
        raise invalid_field("maxWait", "OUT_OF_RANGE", f"Must be from 0 to {_LONGEST_WAIT_SECONDS:.0f} seconds.")
    return seconds
