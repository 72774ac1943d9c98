"""LeadService: leads and their way through the stages."""

from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.ids import parse_id
from kit.rpc.guard import Context
from leads_service.rpc.bulk_servicer import BulkServicer
from leads_service.rpc.duplicates_servicer import DuplicatesServicer
from leads_service.rpc.lead_closing_servicer import LeadClosingServicer
from leads_service.rpc.lead_export_servicer import LeadExportServicer
from leads_service.rpc.lead_mapping import given_fields, json_object_of, lead_to_proto, masked_fields
from leads_service.rpc.lead_reading_servicer import LeadReadingServicer
from leads_service.rpc.situation import Parts, caller_id, expected_version
from leads_service.usecases import leads


class LeadServicer(
    LeadReadingServicer,
    BulkServicer,
    LeadClosingServicer,
    LeadExportServicer,
    DuplicatesServicer,
    pb_grpc.LeadServiceServicer,
):
    """Each method is one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def CreateLead(self, request: pb.CreateLeadRequest, context: Context) -> pb.CreateLeadResponse:
        """A new lead; repeated under the same idempotency key, the first answer."""
        key = key_of_call("CreateLead", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.CreateLeadResponse, lambda tx: self._create(tx, request))

    async def _create(self, tx: Writing, request: pb.CreateLeadRequest) -> pb.CreateLeadResponse:
        situation = self._parts.by_caller()
        lead = await leads.create_lead(tx, given_fields(request.fields), caller_id(), situation)
        return pb.CreateLeadResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))

    async def UpdateLead(self, request: pb.UpdateLeadRequest, _context: Context) -> pb.UpdateLeadResponse:
        """Changes what the mask names."""
        situation = self._parts.by_caller()
        lead_id = parse_id(request.lead_id, "id")
        given = masked_fields(request.fields, request.update_mask)
        async with self._parts.database.transaction() as tx:
            lead = await leads.update_lead(tx, lead_id, given, expected_version(request), situation)
        return pb.UpdateLeadResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))

    async def DeleteLead(self, request: pb.DeleteLeadRequest, _context: Context) -> pb.DeleteLeadResponse:
        """Takes the lead out of every answer."""
        lead_id = parse_id(request.lead_id, "id")
        async with self._parts.database.transaction() as tx:
            await leads.delete_lead(tx, lead_id, expected_version(request), self._parts.by_caller())
        return pb.DeleteLeadResponse()

    async def ChangeStage(self, request: pb.ChangeStageRequest, context: Context) -> pb.ChangeStageResponse:
        """Moves the lead through the stage's gate; repeated under the same idempotency key, the first answer."""
        key = key_of_call("ChangeStage", request, context.invocation_metadata())
        return await self._parts.idempotency.once(
            key, pb.ChangeStageResponse, lambda tx: self._change_stage(tx, request)
        )

    async def _change_stage(self, tx: Writing, request: pb.ChangeStageRequest) -> pb.ChangeStageResponse:
        situation = self._parts.by_caller()
        lead_id, stage_id = parse_id(request.lead_id, "id"), parse_id(request.stage_id, "stageId")
        values = json_object_of(request.stage_field_values, "stageFieldValues")
        expected = expected_version(request)
        lead = await leads.change_stage(tx, lead_id, stage_id, values, expected_version=expected, situation=situation)
        return pb.ChangeStageResponse(lead=lead_to_proto(lead, situation.configuration, situation.actor))
