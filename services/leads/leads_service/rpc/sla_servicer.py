"""SlaService: how leads stand with their promised first response, and what clocks and operators do."""

from datetime import datetime

from leadline.leads.v1 import sla_service_pb2 as pb

from kit.db.waiting import Waiting
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import optional_instant, to_timestamp
from leads_service.domain.lead import Lead
from leads_service.domain.sla import Escalation, SlaStatus, remaining_seconds, status_at, time_remaining
from leads_service.rpc.clock_check_servicer import ClockCheckServicer
from leads_service.rpc.clock_operation_servicer import ClockOperationServicer
from leads_service.rpc.lead_list_mapping import ids_of, owners_of
from leads_service.rpc.milestone_servicer import MilestoneServicer
from leads_service.rpc.situation import Parts, caller_id
from leads_service.rpc.sla_preview_servicer import SlaPreviewServicer
from leads_service.store.sla_summary import SummaryFilter
from leads_service.usecases import leads, sla
from leads_service.usecases.catching_up import CatchingUp


class SlaServicer(MilestoneServicer, ClockCheckServicer, ClockOperationServicer, SlaPreviewServicer):
    """Status is computed when it is read."""

    def __init__(self, parts: Parts, waiting: Waiting) -> None:
        self._parts = parts
        self._waiting = waiting
        self._catching_up = CatchingUp(parts.database, parts.by_leadline)

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
        async with self._parts.long_reads.reading() as connection:
            counts = await sla.count_sla(connection, which, self._parts.clock())
        return pb.GetSlaSummaryResponse(
            total=counts.total,
            within_sla=counts.total - counts.at_risk - counts.breached,
            at_risk=counts.at_risk,
            breached=counts.breached,
            compliance_rate=str(sla.compliance_rate(counts)),
        )


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
