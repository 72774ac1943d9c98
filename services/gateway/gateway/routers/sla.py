"""`/leads/sla/summary`, `/leads/sla/check-breaches` and `/leads/{id}/sla`."""

from typing import Annotated

from fastapi import Query
from leadline.leads.v1 import sla_service_pb2
from starlette.responses import Response

from gateway.answers import sla
from gateway.answers.json import ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.lead_query import SummaryQuery
from gateway.schemas.sla import BreachCheck, LeadSla, SlaSummary
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
    """Record what SLA clocks should have recorded and did not.

    Up to 5,000 leads at a time, those that wait the longest first; their clocks are started again where they are
    missing.
    """
    method, request = services.sla.CheckBreaches, sla_service_pb2.CheckBreachesRequest()
    answer = await services.call(method, request, key=idempotency_key, longer_by=services.wait_seconds)
    return ok(sla.breach_check(answer))


@operations.add("GET", "/leads/{id}/sla", "GetLeadSla", answer=LeadSla)
async def get_lead_sla(services: Services, lead_id: PathId) -> Response:
    """Read how a lead's SLA stands at this moment."""
    request = sla_service_pb2.GetLeadSlaRequest(lead_id=lead_id)
    return ok(sla.lead_sla(await services.call(services.sla.GetLeadSla, request)))
