"""The part of LeadService that closes leads."""

from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.ids import parse_id
from kit.rpc.guard import Context
from leads_service.domain.disqualifying import Disqualification
from leads_service.rpc.lead_mapping import json_object_of, lead_to_proto
from leads_service.rpc.situation import Parts, expected_version
from leads_service.usecases import disqualifying


class LeadClosingServicer(pb_grpc.LeadServiceServicer):
    """Each method is one transaction."""

    _parts: Parts

    async def DisqualifyLead(self, request: pb.DisqualifyLeadRequest, _context: Context) -> pb.DisqualifyLeadResponse:
        """Closes the lead for a reason."""
        situation = self._parts.by_caller()
        lead_id, expected = parse_id(request.lead_id, "id"), expected_version(request)
        wanted = Disqualification(
            reason=request.reason,
            notes=request.notes,
            stage_values=json_object_of(request.stage_field_values, "stageFieldValues"),
        )
        async with self._parts.database.transaction() as tx:
            lead = await disqualifying.disqualify_lead(tx, lead_id, wanted, expected, situation)
        return pb.DisqualifyLeadResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))
