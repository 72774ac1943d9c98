"""`/leads/sla/summary`, `/leads/sla/check-breaches`, `/leads/{id}/sla` and `/lead-settings/sla/preview`."""

from typing import Annotated

from fastapi import Query
from leadline.leads.v1 import sla_service_pb2
from leadline.settings.v1 import settings_service_pb2
from starlette.responses import Response

from gateway.answers import sla
from gateway.answers.json import ok
from gateway.body import json_text
from gateway.clients import Services
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.lead_query import SummaryQuery
from gateway.schemas.sla import BreachCheck, LeadSla, SlaPreview, SlaSummary, SlaTrial
from kit.rpc.times import to_timestamp

operations = Operations("SLA", sla_service_pb2.DESCRIPTOR.services_by_name["SlaService"])


@operations.add("GET", "/leads/sla/summary", "GetSlaSummary", answer=SlaSummary)
async def get_sla_summary(services: Services, query: Annotated[SummaryQuery, Query()]) -> Response:
    """Count leads by how their SLA stands."""
    request = sla_service_pb2.GetSlaSummaryRequest(
        assigned_to=query.assigned_to,
        pipeline_ids=query.pipeline_id,
        created_from=to_timestamp(query.created_from),
        created_to=to_timestamp(query.created_to),
    )
    return ok(sla.summary(await services.call(services.sla.GetSlaSummary, request)))


@operations.add("POST", "/leads/sla/check-breaches", "CheckBreaches", answer=BreachCheck)
async def check_breaches(services: Services, idempotency_key: IdempotencyKey = None) -> Response:
    """Record what SLA clocks should have recorded and did not, and bring lost clocks back.

    Up to 5,000 leads at a time, those that wait the longest first. All clocks are then compared with their leads;
    the answer waits for that, ten seconds in all. The same is done every five minutes.
    """
    method, request = services.sla.CheckBreaches, sla_service_pb2.CheckBreachesRequest()
    answer = await services.call(method, request, key=idempotency_key, longer_by=services.wait_seconds)
    return ok(sla.breach_check(answer))


@operations.add("GET", "/leads/{id}/sla", "GetLeadSla", answer=LeadSla)
async def get_lead_sla(services: Services, lead_id: PathId) -> Response:
    """Read how a lead's SLA stands at this moment."""
    request = sla_service_pb2.GetLeadSlaRequest(lead_id=lead_id)
    return ok(sla.lead_sla(await services.call(services.sla.GetLeadSla, request)))


@operations.add("POST", "/lead-settings/sla/preview", "PreviewSla", answer=SlaPreview)
async def preview_sla(services: Services, body: SlaTrial, idempotency_key: IdempotencyKey = None) -> Response:
    """Try what the SLA promises.

    To a lead that is created at some time, by the settings in force or by a draft of their section `sla`. Nothing is
    stored.
    """
    given = body.values()
    if given.pop("sla", None) is not None:
        asked = settings_service_pb2.CheckSettingsRequest(changes=json_text({"sla": body.sla}))
        checked = await services.call(services.settings.CheckSettings, asked, key=idempotency_key)
        given["document"] = checked.document
    request = sla_service_pb2.PreviewSlaRequest(**given)
    return ok(sla.preview(await services.call(services.sla.PreviewSla, request, key=idempotency_key)))
