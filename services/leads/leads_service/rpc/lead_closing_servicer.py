"""The part of LeadService that closes leads, and brings closed and deleted ones back."""

from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.ids import parse_id
from kit.rpc.guard import Context
from leads_service.domain.disqualifying import Disqualification
from leads_service.domain.reopening import Reopening
from leads_service.rpc.lead_mapping import json_object_of, lead_to_proto
from leads_service.rpc.situation import Parts, expected_version
from leads_service.usecases import disqualifying, leads, reopening


class LeadClosingServicer(pb_grpc.LeadServiceServicer):
    """Each method is one transaction; repeated under the same idempotency key it gives the first answer."""

    _parts: Parts

    async def DisqualifyLead(self, request: pb.DisqualifyLeadRequest, context: Context) -> pb.DisqualifyLeadResponse:
        """Closes the lead for a reason."""
        key = key_of_call("DisqualifyLead", request, context.invocation_metadata())
        return await self._parts.idempotency.once(
            key, pb.DisqualifyLeadResponse, lambda tx: self._disqualify(tx, request)
        )

    async def _disqualify(self, tx: Writing, request: pb.DisqualifyLeadRequest) -> pb.DisqualifyLeadResponse:
        situation = self._parts.by_caller()
        lead_id, expected = parse_id(request.lead_id, "id"), expected_version(request)
        wanted = Disqualification(
            reason=request.reason,
            notes=request.notes,
            stage_values=json_object_of(request.stage_field_values, "stageFieldValues"),
        )
        lead = await disqualifying.disqualify_lead(tx, lead_id, wanted, expected, situation)
        return pb.DisqualifyLeadResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))

    async def ReopenLead(self, request: pb.ReopenLeadRequest, context: Context) -> pb.ReopenLeadResponse:
        """Opens a disqualified lead again."""
        key = key_of_call("ReopenLead", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.ReopenLeadResponse, lambda tx: self._reopen(tx, request))

    async def _reopen(self, tx: Writing, request: pb.ReopenLeadRequest) -> pb.ReopenLeadResponse:
        situation = self._parts.by_caller()
        lead_id, expected = parse_id(request.lead_id, "id"), expected_version(request)
        wanted = Reopening(
            stage_id=parse_id(request.stage_id, "stageId") if request.HasField("stage_id") else None,
            stage_values=json_object_of(request.stage_field_values, "stageFieldValues"),
        )
        lead = await reopening.reopen_lead(tx, lead_id, wanted, expected, situation)
        return pb.ReopenLeadResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))

    async def RestoreLead(self, request: pb.RestoreLeadRequest, context: Context) -> pb.RestoreLeadResponse:
        """Brings a deleted lead back."""
        key = key_of_call("RestoreLead", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.RestoreLeadResponse, lambda tx: self._restore(tx, request))

    async def _restore(self, tx: Writing, request: pb.RestoreLeadRequest) -> pb.RestoreLeadResponse:
        situation = self._parts.by_caller()
        lead_id, expected = parse_id(request.lead_id, "id"), expected_version(request)
        lead = await leads.restore_lead(tx, lead_id, expected, situation)
        return pb.RestoreLeadResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))
