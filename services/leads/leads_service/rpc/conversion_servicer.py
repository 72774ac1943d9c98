"""ConversionService: checking and converting leads, and what the conversion's workflow asks and reports."""

from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import conversion_service_pb2_grpc as pb_grpc

from kit.context import current_principal
from kit.db.database import Writing
from kit.db.idempotency import IdempotencyKey, key_of_call
from kit.db.waiting import Waiting
from kit.errors import LeadlineError
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import wait_seconds
from leads_service.domain import conversion as rules
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.visibility import hidden_from, identified_by
from leads_service.rpc.conversion_mapping import check_to_proto, conversion_to_proto, request_of
from leads_service.rpc.conversion_run_servicer import ConversionRunServicer, conversion_id_of
from leads_service.rpc.crm_client import CrmClient
from leads_service.rpc.lead_mapping import json_object_of
from leads_service.rpc.situation import Parts, caller_id, expected_version
from leads_service.store.conversions import UNFINISHED, Conversion
from leads_service.usecases import conversion, leads
from leads_service.usecases.conversion import Order
from leads_service.usecases.unconverting import start_unconversion

_LONGEST_WAIT_SECONDS = 60.0

Begun = TypeVar("Begun", pb.ConvertLeadResponse, pb.UnconvertLeadResponse)
AnyRequest = pb.ConvertLeadRequest | pb.UnconvertLeadRequest


class ConversionServicer(ConversionRunServicer, pb_grpc.ConversionServiceServicer):
    """What callers ask for. The CRM is asked outside of transactions; each write is one."""

    def __init__(self, parts: Parts, crm: CrmClient, waiting: Waiting) -> None:
        super().__init__(parts)
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
        wait, key = wait_seconds(request.max_wait, _LONGEST_WAIT_SECONDS), _key("ConvertLead", request, context)
        try:
            begun = await self._begin(key, _order(request))
        except LeadlineError as error:
            begun = await self._begun_before(key, pb.ConvertLeadResponse, error)
        ended = await self._end_of(conversion_id_of(begun.conversion.id), wait)
        return pb.ConvertLeadResponse(conversion=conversion_to_proto(ended))

    async def _begun_before(self, key: IdempotencyKey | None, answer: type[Begun], refusal: LeadlineError) -> Begun:
        """What the first call under the key began: it has reserved the lead, which is why this one is refused."""
        known = await self._parts.idempotency.first_answer(key, answer)
        if known is None:
            raise refusal
        return known

    async def _begin(self, key: IdempotencyKey | None, order: Order) -> pb.ConvertLeadResponse:
        _require_linkable(order.request)
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

    async def UnconvertLead(self, request: pb.UnconvertLeadRequest, context: Context) -> pb.UnconvertLeadResponse:
        """Reserves the lead and waits for the end, as long as the caller wants, as ConvertLead does."""
        wait, key = wait_seconds(request.max_wait, _LONGEST_WAIT_SECONDS), _key("UnconvertLead", request, context)
        lead_id, situation = parse_id(request.lead_id, "id"), self._parts.by_caller()

        async def start(tx: Writing) -> pb.UnconvertLeadResponse:
            started = await start_unconversion(tx, lead_id, caller_id(), expected_version(request), situation)
            return pb.UnconvertLeadResponse(conversion=conversion_to_proto(started))

        try:
            begun = await self._parts.idempotency.once(key, pb.UnconvertLeadResponse, start)
        except LeadlineError as error:
            begun = await self._begun_before(key, pb.UnconvertLeadResponse, error)
        ended = await self._end_of(conversion_id_of(begun.conversion.id), wait)
        return pb.UnconvertLeadResponse(conversion=conversion_to_proto(ended))

    async def _end_of(self, conversion_id: UUID, seconds: float) -> Conversion:
        """The conversion when it has ended, or as it is when the caller has waited long enough."""

        async def look() -> Conversion:
            async with self._parts.database.reading() as connection:
                return await conversion.get_conversion(connection, conversion_id)

        return await self._waiting.end_of(str(conversion_id), seconds, look, lambda each: each.state not in UNFINISHED)


def _key(method: str, request: AnyRequest, context: Context) -> IdempotencyKey | None:
    """However long the caller waits this time, it is the same request."""
    asked = type(request).FromString(request.SerializeToString())
    asked.ClearField("max_wait")
    return key_of_call(method, asked, context.invocation_metadata())


def _require_linkable(request: ConversionRequest) -> None:
    """Let only those link a record who may see it."""
    linked = {"accounts": request.account_id, "contacts": request.contact_id, "opportunities": request.opportunity_id}
    for kind, record_id in linked.items():
        if record_id is not None:
            current_principal().require(f"{kind}:view")


def _order(request: pb.ConvertLeadRequest) -> Order:
    return Order(
        lead_id=parse_id(request.lead_id, "id"),
        request=request_of(request),
        stage_values=json_object_of(request.stage_field_values, "stageFieldValues"),
        started_by=caller_id(),
        expected_version=expected_version(request),
    )
