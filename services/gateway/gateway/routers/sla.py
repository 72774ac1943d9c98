"""`/leads/sla/summary` and `/leads/{id}/sla`."""

from typing import Annotated

from fastapi import Query
from leadline.leads.v1 import sla_service_pb2
from starlette.responses import Response

from gateway.answers import sla
from gateway.answers.json import ok
from gateway.clients import Services
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.lead_query import SummaryQuery
from gateway.schemas.sla import LeadSla, SlaSummary
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


@operations.add("GET", "/leads/{id}/sla", "GetLeadSla", answer=LeadSla)
async def get_lead_sla(services: Services, lead_id: PathId) -> Response:
    """Read how a lead's SLA stands at this moment."""
    request = sla_service_pb2.GetLeadSlaRequest(lead_id=lead_id)
    return ok(sla.lead_sla(await services.call(services.sla.GetLeadSla, request)))
