"""SlaService: how leads stand with their promised first response, and recording what clocks say."""

from datetime import datetime

from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.errors import invalid_field
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import optional_instant, to_timestamp
from leads_service.domain.lead import Lead
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.sla import Escalation, SlaStatus, remaining_seconds, status_at, time_remaining
from leads_service.rpc.lead_list_mapping import ids_of, owners_of
from leads_service.rpc.situation import Parts, caller_id
from leads_service.store.sla_summary import SummaryFilter
from leads_service.usecases import leads, sla

_KINDS = {
    pb.MILESTONE_KIND_AT_RISK: MilestoneKind.AT_RISK,
    pb.MILESTONE_KIND_BREACHED: MilestoneKind.BREACHED,
    pb.MILESTONE_KIND_ESCALATION: MilestoneKind.ESCALATION,
}
_OUTCOMES = {
    Outcome.RECORDED: pb.MILESTONE_OUTCOME_RECORDED,
    Outcome.ALREADY_RECORDED: pb.MILESTONE_OUTCOME_ALREADY_RECORDED,
    Outcome.NOT_DUE: pb.MILESTONE_OUTCOME_NOT_DUE,
    Outcome.CLOSED: pb.MILESTONE_OUTCOME_CLOSED,
}


# A call takes so many hundreds of leads: what is left, the next one finds.
_MOST_PARTS = 50


class SlaServicer(pb_grpc.SlaServiceServicer):
    """Status is computed when it is read; recording is one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def GetLeadSla(self, request: pb.GetLeadSlaRequest, _context: Context) -> pb.GetLeadSlaResponse:
        """The SLA of one lead, now."""
        async with self._parts.database.reading() as connection:
            lead = await leads.get_lead(connection, parse_id(request.lead_id, "id"))
        return _lead_sla(lead, self._parts.clock())

    async def GetSlaSummary(self, request: pb.GetSlaSummaryRequest, _context: Context) -> pb.GetSlaSummaryResponse:
        """How all leads stand, now."""
        owners, unassigned = owners_of(request.assigned_to, caller_id())
        which = SummaryFilter(
            owners=owners,
            unassigned=unassigned,
            pipeline_ids=ids_of(request.pipeline_ids, "pipelineId"),
            created_from=optional_instant(request, "created_from", "createdFrom"),
            created_to=optional_instant(request, "created_to", "createdTo"),
        )
        async with self._parts.database.reading() as connection:
            counts = await sla.count_sla(connection, which, self._parts.clock())
        return pb.GetSlaSummaryResponse(
            total=counts.total,
            within_sla=counts.total - counts.at_risk - counts.breached,
            at_risk=counts.at_risk,
            breached=counts.breached,
            compliance_rate=str(sla.compliance_rate(counts)),
        )

    async def CheckBreaches(self, request: pb.CheckBreachesRequest, context: Context) -> pb.CheckBreachesResponse:
        """Records what clocks did not, in transactions of a hundred leads, each once for an idempotency key."""
        key = key_of_call("CheckBreaches", request, context.invocation_metadata())
        whole = pb.CheckBreachesResponse()
        for number in range(_MOST_PARTS):
            part = await self._parts.idempotency.once(
                key.part(number) if key else None, pb.CheckBreachesResponse, self._check_part
            )
            for field in part.DESCRIPTOR.fields:
                setattr(whole, field.name, getattr(whole, field.name) + getattr(part, field.name))
            if part.checked < sla.LEADS_AT_ONCE:
                break
        return whole

    async def _check_part(self, tx: Writing) -> pb.CheckBreachesResponse:
        checked = await sla.check_breaches(tx, self._parts.by_leadline())
        return pb.CheckBreachesResponse(
            checked=checked.leads,
            at_risk=checked.recorded[MilestoneKind.AT_RISK],
            breached=checked.recorded[MilestoneKind.BREACHED],
            escalated=checked.recorded[MilestoneKind.ESCALATION],
            repaired=checked.repaired,
        )

    async def RecordMilestone(
        self, request: pb.RecordMilestoneRequest, _context: Context
    ) -> pb.RecordMilestoneResponse:
        """Records what a clock says has come, once."""
        kind = _KINDS.get(request.kind)
        if kind is None:
            raise invalid_field("kind", "NOT_ALLOWED", "Must be at risk, breached or escalation.")
        lead_id, situation = parse_id(request.lead_id, "leadId"), self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            outcome, lead = await sla.record_milestone(tx, lead_id, kind, request.escalation_index, situation)
        return pb.RecordMilestoneResponse(outcome=_OUTCOMES[outcome], clock=_clock(lead))


def _clock(lead: Lead) -> pb.SlaClock:
    clock = pb.SlaClock(version=lead.clock_version, closed_by=lead.clock_closed_by)
    if lead.sla:
        # What stands still has no instants: the clock is told of them when it goes on.
        if lead.sla.is_fixed(lead.sla.at_risk_at):
            clock.at_risk_at.FromDatetime(lead.sla.at_risk_at)
        if lead.sla.is_fixed(lead.sla.deadline):
            clock.deadline.FromDatetime(lead.sla.deadline)
        for escalation in lead.sla.escalations:
            if lead.sla.is_fixed(escalation.at):
                clock.escalations.add().FromDatetime(escalation.at)
    return clock


def _lead_sla(lead: Lead, now: datetime) -> pb.GetLeadSlaResponse:
    promise, status = lead.sla, status_at(lead.sla, lead.first_response_at, now)
    seconds = remaining_seconds(promise, lead.first_response_at, now)
    breached = status in {SlaStatus.BREACHED, SlaStatus.MET_LATE}
    return pb.GetLeadSlaResponse(
        lead_id=str(lead.id),
        sla_policy=promise.policy if promise else None,
        at_risk_at=to_timestamp(promise.at_risk_at) if promise else None,
        response_deadline=to_timestamp(promise.deadline) if promise else None,
        status=status.value,
        time_remaining=None if seconds is None else time_remaining(seconds),
        remaining_seconds=seconds,
        first_response_at=to_timestamp(lead.first_response_at),
        breached_at=to_timestamp(promise.deadline) if promise and breached else None,
        escalations=[_escalation(each) for each in promise.escalations] if promise else (),
    )


def _escalation(escalation: Escalation) -> pb.Escalation:
    return pb.Escalation(
        after_minutes=str(escalation.after_minutes),
        at=to_timestamp(escalation.at),
        assign_to=str(escalation.assign_to) if escalation.assign_to else None,
        escalated_at=to_timestamp(escalation.escalated_at),
    )
