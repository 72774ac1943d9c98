"""The part of SlaService that finds what clocks did not record, and compares clocks with their leads."""

import time
from uuid import UUID

from google.protobuf.wrappers_pb2 import StringValue
from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import IdempotencyKey, key_of_call
from kit.db.waiting import Waiting
from kit.errors import invalid_field
from kit.ids import parse_id, parse_optional_id
from kit.paging import limit_of
from kit.rpc.guard import Context
from kit.rpc.times import wait_seconds
from leads_service.domain.lead import Lead
from leads_service.domain.milestones import MilestoneKind
from leads_service.rpc.lead_ids import distinct_ids
from leads_service.rpc.situation import Parts
from leads_service.rpc.sla_mapping import clock_to_proto
from leads_service.store.clock_checks import ClockCheck
from leads_service.usecases import clock_check, sla
from leads_service.usecases.clock_check import Known

# A call takes so many hundreds of leads: what is left, the next one finds.
_MOST_PARTS = 50
_MOST_CLOCKS, _CLOCKS = 1000, 500
_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 10.0, 30.0


class ClockCheckServicer(pb_grpc.SlaServiceServicer):
    """Records in many short transactions, and waits in none."""

    _parts: Parts
    _waiting: Waiting

    async def CheckBreaches(self, request: pb.CheckBreachesRequest, context: Context) -> pb.CheckBreachesResponse:
        """Records what clocks did not, has clocks compared with their leads, and waits for that."""
        until, key = time.monotonic() + _wait(request), _key(context)
        answer, _ = await self._record(key)
        check = await self._end_of(await self._begin(key), until - time.monotonic())
        answer.repaired += check.repaired
        return answer

    async def RecordMissed(self, _request: pb.RecordMissedRequest, _context: Context) -> pb.RecordMissedResponse:
        """Records what clocks did not."""
        found, is_all = await self._record(None)
        return pb.RecordMissedResponse(
            checked=found.checked,
            at_risk=found.at_risk,
            breached=found.breached,
            escalated=found.escalated,
            repaired=found.repaired,
            is_all=is_all,
        )

    async def _record(self, key: IdempotencyKey | None) -> tuple[pb.CheckBreachesResponse, bool]:
        """In transactions of a hundred leads, each once for an idempotency key; and whether that was all."""
        whole = pb.CheckBreachesResponse()
        for number in range(_MOST_PARTS):
            part = await self._parts.idempotency.once(
                key.part(number) if key else None, pb.CheckBreachesResponse, self._record_part
            )
            for field in part.DESCRIPTOR.fields:
                setattr(whole, field.name, getattr(whole, field.name) + getattr(part, field.name))
            if part.checked < sla.LEADS_AT_ONCE:
                return whole, True
        return whole, False

    async def _record_part(self, tx: Writing) -> pb.CheckBreachesResponse:
        checked = await sla.check_breaches(tx, self._parts.by_leadline())
        return pb.CheckBreachesResponse(
            checked=checked.leads,
            at_risk=checked.recorded[MilestoneKind.AT_RISK],
            breached=checked.recorded[MilestoneKind.BREACHED],
            escalated=checked.recorded[MilestoneKind.ESCALATION],
            repaired=checked.repaired,
        )

    async def _begin(self, key: IdempotencyKey | None) -> UUID:
        """The comparison that is waited for: the first call's, where it is repeated under its key."""

        async def begin(tx: Writing) -> StringValue:
            return StringValue(value=str(await clock_check.begin_check(tx, self._parts.by_leadline())))

        begun = await self._parts.idempotency.once(key.part(_MOST_PARTS) if key else None, StringValue, begin)
        return UUID(begun.value)

    async def _end_of(self, check_id: UUID, seconds: float) -> ClockCheck:
        async def look() -> ClockCheck:
            async with self._parts.database.reading() as connection:
                return await clock_check.get_check(connection, check_id)

        return await self._waiting.end_of(str(check_id), seconds, look, lambda check: check.is_over)

    async def ListClocks(self, request: pb.ListClocksRequest, _context: Context) -> pb.ListClocksResponse:
        """Clocks as they are to be, by the ids of their leads."""
        if request.lead_ids:
            return await self._clocks_of(distinct_ids(request.lead_ids, _MOST_CLOCKS))
        after = parse_optional_id(request.after_lead_id, "afterLeadId")
        limit = limit_of(request.limit, _CLOCKS, _MOST_CLOCKS)
        async with self._parts.database.reading() as connection:
            found = await clock_check.running_clocks(connection, after, limit)
        return pb.ListClocksResponse(clocks=map(_clock_of, found))

    async def _clocks_of(self, lead_ids: list[UUID]) -> pb.ListClocksResponse:
        async with self._parts.database.reading() as connection:
            found = await clock_check.clocks_of(connection, lead_ids)
        known = [_clock_of(lead) for lead in found.values() if lead is not None]
        unknown = [_unknown(lead_id) for lead_id in lead_ids if lead_id not in found]
        return pb.ListClocksResponse(clocks=sorted(known + unknown, key=lambda each: each.lead_id))

    async def RepairClocks(self, request: pb.RepairClocksRequest, _context: Context) -> pb.RepairClocksResponse:
        """Orders clocks anew, in one transaction."""
        wanted, situation = _wanted(request), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            repaired = await clock_check.repair_clocks(tx, wanted, situation)
        return pb.RepairClocksResponse(repaired=repaired)

    async def EndClockCheck(self, request: pb.EndClockCheckRequest, _context: Context) -> pb.EndClockCheckResponse:
        """Tells whoever waits."""
        check_id = parse_id(request.check_id, "checkId")
        if request.repaired < 0:
            raise invalid_field("repaired", "OUT_OF_RANGE", "Must not be negative.")
        async with self._parts.database.transaction() as tx:
            await clock_check.end_check(tx, check_id, request.repaired, self._parts.by_leadline())
        return pb.EndClockCheckResponse()


def _wait(request: pb.CheckBreachesRequest) -> float:
    if not request.HasField("max_wait"):
        return _WAIT_SECONDS
    return wait_seconds(request.max_wait, _LONGEST_WAIT_SECONDS)


def _key(context: Context) -> IdempotencyKey | None:
    """However long the caller waits this time, it is the same request."""
    return key_of_call("CheckBreaches", pb.CheckBreachesRequest(), context.invocation_metadata())


def _wanted(request: pb.RepairClocksRequest) -> dict[UUID, Known]:
    lead_ids = distinct_ids([each.lead_id for each in request.clocks], _MOST_CLOCKS)
    known = [Known(each.known_version, each.listed_version) for each in request.clocks]
    return dict(zip(lead_ids, known, strict=True))


def _clock_of(lead: Lead) -> pb.ClockOfLead:
    return pb.ClockOfLead(lead_id=str(lead.id), clock=clock_to_proto(lead))


def _unknown(lead_id: UUID) -> pb.ClockOfLead:
    return pb.ClockOfLead(lead_id=str(lead_id), clock=pb.SlaClock(closed_by="deleted"))
