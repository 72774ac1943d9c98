"""ConversionService: checking and converting leads, and what the conversion's workflow asks and reports."""

import time
from uuid import UUID

from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import conversion_service_pb2_grpc as pb_grpc

from kit.errors import invalid_field
from kit.ids import parse_id, parse_optional_id
from kit.rpc.guard import Context
from leads_service.conversion_waiting import ConversionWaiting, within
from leads_service.domain import conversion as rules
from leads_service.rpc.conversion_mapping import check_to_proto, conversion_to_proto, plan_to_proto, request_of
from leads_service.rpc.crm_client import CrmClient
from leads_service.rpc.situation import Parts, caller_id, expected_version
from leads_service.store.conversions import RUNNING, Conversion
from leads_service.usecases import conversion, leads

_LONGEST_WAIT_SECONDS = 60.0


class ConversionServicer(pb_grpc.ConversionServiceServicer):
    """The CRM is asked outside of transactions; each write is one."""

    def __init__(self, parts: Parts, crm: CrmClient, waiting: ConversionWaiting) -> None:
        self._parts = parts
        self._crm = crm
        self._waiting = waiting

    async def CheckConversion(
        self, request: pb.CheckConversionRequest, _context: Context
    ) -> pb.CheckConversionResponse:
        """What a conversion would need and find."""
        configuration = self._parts.configuration.current()
        async with self._parts.database.reading() as connection:
            lead = await leads.get_lead(connection, parse_id(request.lead_id, "id"))
        return check_to_proto(rules.readiness(lead, configuration), await self._crm.match(lead))

    async def ConvertLead(self, request: pb.ConvertLeadRequest, _context: Context) -> pb.ConvertLeadResponse:
        """Reserves the lead and waits for the end, as long as the caller wants."""
        situation = self._parts.by_caller()
        lead_id, wanted, wait = parse_id(request.lead_id, "id"), request_of(request), _wait(request)
        rules.check_request(wanted, situation.configuration)
        async with self._parts.database.reading() as connection:
            rules.require_convertible(await leads.get_lead(connection, lead_id), situation.configuration)
        wanted = await self._crm.resolve_links(wanted)
        async with self._parts.database.transaction() as tx:
            started = await conversion.start_conversion(
                tx, lead_id, wanted, caller_id(), expected_version=expected_version(request), situation=situation
            )
        return pb.ConvertLeadResponse(conversion=conversion_to_proto(await self._end_of(started, wait)))

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

    async def _end_of(self, started: Conversion, seconds: float) -> Conversion:
        """The conversion when it has ended, or as it is when the caller has waited long enough."""
        deadline, current = time.monotonic() + seconds, started
        async with self._waiting.expecting(str(started.id)) as event:
            while current.state == RUNNING and (left := deadline - time.monotonic()) > 0:
                await within(event, left)
                event.clear()
                async with self._parts.database.reading() as connection:
                    current = await conversion.get_conversion(connection, started.id)
        return current


def _conversion_id(text: str) -> UUID:
    return parse_id(text, "conversionId")


def _wait(request: pb.ConvertLeadRequest) -> float:
    seconds = request.max_wait.seconds + request.max_wait.nanos / 1e9
    if not 0 <= seconds <= _LONGEST_WAIT_SECONDS:
        raise invalid_field("maxWait", "OUT_OF_RANGE", f"Must be from 0 to {_LONGEST_WAIT_SECONDS:.0f} seconds.")
    return seconds
