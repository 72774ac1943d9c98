"""The part of SlaService that says what a policy would promise."""

from leadline.leads.v1 import sla_service_pb2 as pb
from leadline.leads.v1 import sla_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.errors import invalid_field
from kit.rpc.guard import Context
from kit.rpc.times import optional_instant, to_timestamp
from leads_service.domain.configuration import Configuration, Settings
from leads_service.domain.settings_document import settings_from_document
from leads_service.domain.sla_preview import Trial, preview
from leads_service.rpc.lead_mapping import json_object_of
from leads_service.rpc.situation import Parts, caller_id

_GIVEN = {"priority", "source", "pipeline_id"}


class SlaPreviewServicer(pb_grpc.SlaServiceServicer):
    """Asks no database."""

    _parts: Parts

    async def PreviewSla(self, request: pb.PreviewSlaRequest, context: Context) -> pb.PreviewSlaResponse:
        """What would be promised to a lead; repeated under the same idempotency key, the first answer."""
        key = key_of_call("PreviewSla", request, context.invocation_metadata())
        if key is None:
            return self._preview(request)

        async def work(_tx: Writing) -> pb.PreviewSlaResponse:
            return self._preview(request)

        return await self._parts.idempotency.once(key, pb.PreviewSlaResponse, work)

    def _preview(self, request: pb.PreviewSlaRequest) -> pb.PreviewSlaResponse:
        situation = self._parts.by_caller()
        found = preview(_trial(request), _settings(request, situation.configuration), situation)
        return pb.PreviewSlaResponse(
            policy=found.policy,
            at_risk_at=to_timestamp(found.at_risk_at),
            response_deadline=to_timestamp(found.deadline),
            elapsed_business_seconds=found.elapsed_seconds,
        )


def _trial(request: pb.PreviewSlaRequest) -> Trial:
    created_at = optional_instant(request, "created_at", "createdAt")
    if created_at is None:
        raise invalid_field("createdAt", "REQUIRED", "Must be given.")
    return Trial(
        created_at=created_at,
        given={field.name: value for field, value in request.ListFields() if field.name in _GIVEN},
        created_by=caller_id(),
        until=optional_instant(request, "until", "until"),
    )


def _settings(request: pb.PreviewSlaRequest, configuration: Configuration) -> Settings:
    if not request.HasField("document"):
        return configuration.settings
    try:
        return settings_from_document(json_object_of(request.document, "document"))
    except ValueError as error:
        raise invalid_field("document", "NOT_ALLOWED", f"Makes no sense: {error}.") from error
