"""The part of ConversionService that workflows call: what is planned, how it goes, how it ended, what is unfinished."""

from typing import Any
from uuid import UUID

from leadline.leads.v1 import conversion_service_pb2 as pb
from leadline.leads.v1 import conversion_service_pb2_grpc as pb_grpc

from kit.ids import parse_id, parse_optional_id
from kit.paging import limit_of
from kit.rpc.guard import Context
from kit.rpc.times import optional_instant
from leads_service.rpc.conversion_mapping import (
    conversion_to_proto,
    plan_to_proto,
    unfinished_to_proto,
    wait_of,
)
from leads_service.rpc.lead_ids import distinct_ids
from leads_service.rpc.situation import Parts
from leads_service.store import conversions
from leads_service.usecases import conversion, unconverting

_MOST, _USUAL = 1_000, 200


class ConversionRunServicer(pb_grpc.ConversionServiceServicer):
    """Each write is one transaction, and may be repeated."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def GetConversionPlan(
        self, request: pb.GetConversionPlanRequest, _context: Context
    ) -> pb.GetConversionPlanResponse:
        """What is to be made or linked."""
        async with self._parts.database.reading() as connection:
            found = await conversion.get_conversion(connection, conversion_id_of(request.conversion_id))
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
        conversion_id, situation = conversion_id_of(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ended = await conversion.complete_conversion(tx, conversion_id, ids, situation)
        return pb.CompleteConversionResponse(conversion=conversion_to_proto(ended))

    async def StartUndoingConversion(
        self, request: pb.StartUndoingConversionRequest, _context: Context
    ) -> pb.StartUndoingConversionResponse:
        """Closes the way forward."""
        conversion_id, situation = conversion_id_of(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            found = await conversion.start_undoing(tx, conversion_id, request.reason, request.message, situation)
        return pb.StartUndoingConversionResponse(conversion=conversion_to_proto(found))

    async def FailConversion(self, request: pb.FailConversionRequest, _context: Context) -> pb.FailConversionResponse:
        """Frees the lead."""
        conversion_id, situation = conversion_id_of(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ended = await conversion.fail_conversion(tx, conversion_id, request.reason, request.message, situation)
        return pb.FailConversionResponse(conversion=conversion_to_proto(ended))

    async def ReportConversion(
        self, request: pb.ReportConversionRequest, _context: Context
    ) -> pb.ReportConversionResponse:
        """Keeps what it waits for."""
        async with self._parts.database.transaction() as tx:
            await conversions.keep_wait(tx, conversion_id_of(request.conversion_id), wait_of(request))
        return pb.ReportConversionResponse()

    async def CompleteUnconversion(
        self, request: pb.CompleteUnconversionRequest, _context: Context
    ) -> pb.CompleteUnconversionResponse:
        """Opens the lead again."""
        conversion_id, situation = conversion_id_of(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ended = await unconverting.complete_unconversion(tx, conversion_id, situation)
        return pb.CompleteUnconversionResponse(conversion=conversion_to_proto(ended))

    async def FailUnconversion(
        self, request: pb.FailUnconversionRequest, _context: Context
    ) -> pb.FailUnconversionResponse:
        """Leaves the lead converted."""
        conversion_id, situation = conversion_id_of(request.conversion_id), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ended = await unconverting.fail_unconversion(tx, conversion_id, _failure(request), situation)
        return pb.FailUnconversionResponse(conversion=conversion_to_proto(ended))

    async def ListUnfinishedConversions(
        self, request: pb.ListUnfinishedConversionsRequest, _context: Context
    ) -> pb.ListUnfinishedConversionsResponse:
        """A page by id."""
        before = optional_instant(request, "ordered_before", "orderedBefore") or self._parts.clock()
        after = parse_optional_id(request.after_conversion_id, "afterConversionId")
        async with self._parts.database.reading() as connection:
            found = await conversions.unfinished(connection, before, after, limit_of(request.limit, _USUAL, _MOST))
        return pb.ListUnfinishedConversionsResponse(conversions=map(unfinished_to_proto, found))

    async def OrderConversions(
        self, request: pb.OrderConversionsRequest, _context: Context
    ) -> pb.OrderConversionsResponse:
        """Orders those anew that are still unfinished."""
        ids, situation = distinct_ids(request.conversion_ids, _MOST), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            ordered = await unconverting.order_anew(tx, ids, situation)
        return pb.OrderConversionsResponse(ordered=ordered)


def conversion_id_of(text: str) -> UUID:
    """The id of a conversion.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    return parse_id(text, "conversionId")


def _failure(request: pb.FailUnconversionRequest) -> dict[str, Any]:
    return {
        "failure_reason": request.reason,
        "failure_message": request.message[:500],
        "obstacles": [{"field": each.field, "reason": each.reason} for each in request.obstacles[:10]],
    }
