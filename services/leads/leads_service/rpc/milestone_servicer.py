"""The part of SlaService that records what clocks say has come."""

from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2_grpc as pb_grpc

from kit.errors import invalid_field
from kit.ids import parse_id
from kit.rpc.guard import Context
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.rpc.situation import Parts
from leads_service.rpc.sla_mapping import clock_to_proto
from leads_service.usecases import sla
from leads_service.usecases.catching_up import CatchingUp, came_late

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


class MilestoneServicer(pb_grpc.SlaServiceServicer):
    """Recording is one transaction."""

    _parts: Parts
    _catching_up: CatchingUp

    async def RecordMilestone(
        self, request: pb.RecordMilestoneRequest, _context: Context
    ) -> pb.RecordMilestoneResponse:
        """Records what a clock says has come, once; for a clock that comes late, what came due of other leads, too."""
        kind = _KINDS.get(request.kind)
        if kind is None:
            raise invalid_field("kind", "NOT_ALLOWED", "Must be at risk, breached or escalation.")
        lead_id, index = parse_id(request.lead_id, "leadId"), request.escalation_index
        situation = self._parts.by_leadline()
        async with self._parts.database.transaction() as tx:
            outcome, lead = await sla.record_milestone(tx, lead_id, kind, index, situation)
        if came_late(outcome, lead, kind, index, situation.now):
            await self._catching_up.catch_up()
        return pb.RecordMilestoneResponse(outcome=_OUTCOMES[outcome], clock=clock_to_proto(lead))
