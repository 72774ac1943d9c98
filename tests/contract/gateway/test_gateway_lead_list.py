"""`GET /leads`: every filter arrives, several values by comma, and pages by number or cursor."""

from typing import Any

import httpx
import pytest
from leadline.leads.v1 import lead_pb2, lead_service_pb2, timeline_service_pb2

from kit.errors import FieldViolation, invalid
from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_documented, assert_problem, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import PIPELINE_ID, STAGE_ID, USER_ID, uid

DEFAULTS: dict[str, Any] = {"page": 1, "limit": 25, "sort_by": "createdAt", "sort_dir": "desc"}
FILTERS: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("search=A%C3%A9%20b", {"search": "Aé b"}),
    (f"stageId={STAGE_ID},{uid(99)}", {"stage_ids": [STAGE_ID, uid(99)]}),
    (f"stageId={STAGE_ID.upper()}", {"stage_ids": [STAGE_ID]}),
    (f"pipelineId={PIPELINE_ID}", {"pipeline_ids": [PIPELINE_ID]}),
    ("priority=high,low", {"priorities": ["high", "low"]}),
    ("source=website", {"sources": ["website"]}),
    (f"assignedTo={USER_ID},me,none", {"assigned_to": [USER_ID, "me", "none"]}),
    ("status=open,disqualified", {"statuses": [lead_pb2.LEAD_STATUS_OPEN, lead_pb2.LEAD_STATUS_DISQUALIFIED]}),
    ("slaStatus=at_risk,met_late", {"sla_statuses": ["at_risk", "met_late"]}),
    ("qualified=true", {"qualified": True}),
    ("qualified=false", {"qualified": False}),
    ("createdFrom=2025-01-20T10:00:00Z", {"created_from": samples.CREATED_AT}),
    ("createdTo=2025-01-20T11:00:00%2B01:00", {"created_to": samples.CREATED_AT}),
    ("page=3&limit=100", {"page": 3, "limit": 100}),
    ("sortBy=slaDeadline&sortDir=asc", {"sort_by": "slaDeadline", "sort_dir": "asc"}),
    ("cursor=abc", {"cursor": "abc", "page": 0}),
    ("withTotal=false", {"without_total": True}),
    ("withTotal=true", {}),
]


@pytest.mark.parametrize(("query", "changed"), FILTERS)
async def test_each_filter_arrives(
    query: str, changed: dict[str, Any], admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["ListLeads"] = lead_service_pb2.ListLeadsResponse()
    assert (await admin.get(f"/leads?{query}")).status_code == 200
    assert backend.call.request == lead_service_pb2.ListLeadsRequest(**{**DEFAULTS, **changed})


async def test_a_page_by_its_number(admin: httpx.AsyncClient, backend: Backend) -> None:
    answer = lead_service_pb2.ListLeadsResponse(leads=[samples.LEAD], total=51, next_cursor="abc")
    backend.answers["ListLeads"] = answer
    response = await admin.get("/leads?page=2&limit=10")
    assert_documented(response)
    meta = {"total": 51, "page": 2, "limit": 10, "totalPages": 6, "nextCursor": "abc"}
    assert exact(response) == {"data": [samples.LISTED_LEAD_JSON], "meta": meta}


async def test_the_page_after_a_cursor_has_no_number(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ListLeads"] = lead_service_pb2.ListLeadsResponse(total=50)
    response = await admin.get("/leads?cursor=abc")
    assert_documented(response)
    meta = {"total": 50, "page": None, "limit": 25, "totalPages": 2, "nextCursor": None}
    assert response.json() == {"data": [], "meta": meta}


async def test_a_total_that_nobody_wants_is_left_out(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ListLeads"] = lead_service_pb2.ListLeadsResponse(next_cursor="abc")
    response = await admin.get("/leads?withTotal=false&search=a")
    assert_documented(response)
    assert response.json() == {"data": [], "meta": {"page": 1, "limit": 25, "nextCursor": "abc"}}


@pytest.mark.parametrize(
    ("reason", "field"), [("SEARCH_TOO_SHORT", "search"), ("SEARCH_TOO_BROAD", "search"), ("PAGE_TOO_DEEP", "page")]
)
async def test_what_takes_too_much_is_refused_with_the_parameter_at_fault(
    reason: str, field: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["ListLeads"] = invalid(FieldViolation(field, reason, "Too much."), reason=reason)
    problem = assert_problem(await admin.get("/leads?search=an"), 422, reason.lower())
    assert problem["errors"] == [{"field": field, "code": reason.lower(), "message": "Too much."}]


async def test_what_is_around_a_lead_goes_on_by_cursor_too(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ListNotes"] = timeline_service_pb2.ListNotesResponse(total=50)
    response = await admin.get(f"/leads/{samples.LEAD_ID}/notes?cursor=abc&limit=20")
    assert_documented(response)
    meta = {"total": 50, "page": None, "limit": 20, "totalPages": 3, "nextCursor": None}
    assert response.json() == {"data": [], "meta": meta}
    asked = timeline_service_pb2.ListNotesRequest(lead_id=samples.LEAD_ID, limit=20, cursor="abc")
    assert backend.call.request == asked
