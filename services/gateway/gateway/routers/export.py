"""`/leads/export`: all leads of a list as CSV."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from leadline.leads.v1 import lead_service_pb2
from starlette.responses import Response

from gateway.clients import Services
from gateway.downloads import CSV, download
from gateway.operations import Operations
from gateway.schemas.lead_query import ExportQuery

operations = Operations("Leads", lead_service_pb2.DESCRIPTOR.services_by_name["LeadService"])


@operations.add("GET", "/leads/export", "ExportLeads", media="text/csv")
async def export_leads(services: Services, query: Annotated[ExportQuery, Query()]) -> Response:
    """Export leads as CSV.

    All leads that a list with these filters has, in its order, however many they are. The columns have the names of a
    lead's fields; what its stage hides from the caller is empty. A file that breaks off is not whole: the connection
    ends with an error then.
    """
    request = lead_service_pb2.ExportLeadsRequest(listing=lead_service_pb2.ListLeadsRequest(**query.which()))
    answers = services.stream(services.leads.ExportLeads, request)
    return await download(answers, lambda each: each.csv, CSV, f"leads-{datetime.now(UTC):%Y-%m-%d}.csv")
