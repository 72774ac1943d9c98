"""The part of SlaService by which operators act on clocks."""

from functools import partial

from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.errors import invalid_field
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import optional_instant
from leads_service.domain import operating
from leads_service.domain.operating import Operation, Wish
from leads_service.rpc.situation import Parts
from leads_service.rpc.sla_mapping import clock_to_proto
from leads_service.usecases.operating import operate_clock

_PLAIN: dict[str, Operation] = {"pause": operating.hold, "resume": operating.resume, "read": operating.read}


class ClockOperationServicer(pb_grpc.SlaServiceServicer):
    """Each call is one transaction; repeated under the same idempotency key it gives the first answer."""

    _parts: Parts

    async def OperateClock(self, request: pb.OperateClockRequest, context: Context) -> pb.OperateClockResponse:
        """Moves, pauses, lets go on or reads the clock of a lead."""
        key = key_of_call("OperateClock", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.OperateClockResponse, lambda tx: self._operate(tx, request))

    async def _operate(self, tx: Writing, request: pb.OperateClockRequest) -> pb.OperateClockResponse:
        lead_id, operation = parse_id(request.lead_id, "leadId"), _operation(request)
        wish = Wish(by=request.by, reason=request.reason)
        lead = await operate_clock(tx, lead_id, operation, wish, self._parts.by_leadline())
        return pb.OperateClockResponse(clock=clock_to_proto(lead))


def _operation(request: pb.OperateClockRequest) -> Operation:
    until = optional_instant(request, "extend_until", "until")
    if until is not None:
        return partial(operating.extend, until)
    plain = _PLAIN.get(request.WhichOneof("operation") or "")
    if plain is None:
        raise invalid_field("operation", "REQUIRED", "Must be one of extendUntil, pause, resume and read.")
    return plain
