"""`/leads`: create, read, list, change, delete, change of stage, disqualification, bulk changes, duplicates."""

from typing import Annotated

from fastapi import Query
from leadline.leads.v1 import lead_pb2, lead_service_pb2
from starlette.responses import Response

from gateway.answers.json import created, no_content, ok
from gateway.answers.lead import bulk_outcome, duplicate, lead_page, whole_lead
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.bulk import BulkOutcome, BulkUpdate
from gateway.schemas.duplicates import DuplicateCheck, Duplicates
from gateway.schemas.lead import Disqualification, Lead, LeadChanges, LeadList, NewLead, StageChange
from gateway.schemas.lead_query import LeadQuery
from kit.errors import invalid_field

operations = Operations("Leads", lead_service_pb2.DESCRIPTOR.services_by_name["LeadService"])


@operations.add("GET", "/leads/{id}", "GetLead", answer=Lead)
async def get_lead(services: Services, lead_id: PathId) -> Response:
    """Read a lead."""
    request = lead_service_pb2.GetLeadRequest(lead_id=lead_id)
    lead = (await services.call(services.leads.GetLead, request)).lead
    return ok(whole_lead(lead), version=lead.version)


@operations.add("POST", "/leads", "CreateLead", answer=Lead, status=201)
async def create_lead(services: Services, body: NewLead, idempotency_key: IdempotencyKey = None) -> Response:
    """Create a lead.

    Without pipeline and stage it goes to the first stage of the default pipeline.
    """
    request = lead_service_pb2.CreateLeadRequest(fields=lead_pb2.LeadFields(**body.values()))
    lead = (await services.call(services.leads.CreateLead, request, key=idempotency_key)).lead
    return created(whole_lead(lead), f"/leads/{lead.id}", version=lead.version)


@operations.add("GET", "/leads", "ListLeads", answer=LeadList)
async def list_leads(services: Services, query: Annotated[LeadQuery, Query()]) -> Response:
    """List leads.

    Filters combine with and, several values of one (by comma) with or. `meta.nextCursor` as `cursor` pages on
    without counting from the start. Where very many leads have what is searched for, the total is not counted: 422, and
    `withTotal=false` answers without it.
    """
    if query.cursor and query.page is not None:
        raise invalid_field("page", "NOT_TOGETHER", "Give a page or a cursor, not both.")
    page = None if query.cursor else query.page or 1
    request = lead_service_pb2.ListLeadsRequest(
        page=page or 0,
        limit=query.limit,
        cursor=query.cursor,
        without_total=not query.with_total,
        **query.which(),
    )
    answer = await services.call(services.leads.ListLeads, request)
    return lead_page(answer, page=page, limit=query.limit, with_total=query.with_total)


# Before the lead with an id, which would take `bulk-update` for one.
@operations.add("PUT", "/leads/bulk-update", "BulkUpdateLeads", answer=BulkOutcome)
async def bulk_update_leads(services: Services, body: BulkUpdate) -> Response:
    """Change many leads in the same way.

    Each lead is changed whole or not at all, by the rules of a single change; the answer names those that were not.
    """
    request = lead_service_pb2.BulkUpdateLeadsRequest(
        lead_ids=body.ids,
        fields=lead_pb2.LeadFields(**body.changes.values()),
        update_mask=body.changes.mask(),
        atomic=body.atomic,
    )
    # A thousand leads may take longer than one.
    answer = await services.call(services.leads.BulkUpdateLeads, request, longer_by=services.wait_seconds)
    return ok(bulk_outcome(answer))


@operations.add("PUT", "/leads/{id}", "UpdateLead", answer=Lead)
async def update_lead(services: Services, lead_id: PathId, body: LeadChanges, if_match: IfMatch = None) -> Response:
    """Change a lead.

    Only the given fields change; null clears one.
    """
    request = lead_service_pb2.UpdateLeadRequest(
        lead_id=lead_id,
        fields=lead_pb2.LeadFields(**body.values()),
        update_mask=body.mask(),
        expected_version=if_match,
    )
    lead = (await services.call(services.leads.UpdateLead, request)).lead
    return ok(whole_lead(lead), version=lead.version)


@operations.add("DELETE", "/leads/{id}", "DeleteLead", status=204)
async def delete_lead(services: Services, lead_id: PathId, if_match: IfMatch = None) -> Response:
    """Delete a lead.

    It leaves every answer and its SLA clock is closed; nothing of it is lost.
    """
    request = lead_service_pb2.DeleteLeadRequest(lead_id=lead_id, expected_version=if_match)
    await services.call(services.leads.DeleteLead, request)
    return no_content()


@operations.add("POST", "/leads/{id}/change-stage", "ChangeStage", answer=Lead)
async def change_stage(
    services: Services,
    lead_id: PathId,
    body: StageChange,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Move a lead to another stage.

    What the stage requires comes in `stageFieldValues`, or the lead has it already.
    """
    request = lead_service_pb2.ChangeStageRequest(lead_id=lead_id, expected_version=if_match, **body.values())
    lead = (await services.call(services.leads.ChangeStage, request, key=idempotency_key)).lead
    return ok(whole_lead(lead), version=lead.version)


@operations.add("POST", "/leads/{id}/disqualify", "DisqualifyLead", answer=Lead)
async def disqualify_lead(
    services: Services,
    lead_id: PathId,
    body: Disqualification,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Disqualify a lead.

    It goes to its pipeline's lost stage, where there is one, and is read-only from then on but for notes, activities
    and documents.
    """
    request = lead_service_pb2.DisqualifyLeadRequest(lead_id=lead_id, expected_version=if_match, **body.values())
    lead = (await services.call(services.leads.DisqualifyLead, request, key=idempotency_key)).lead
    return ok(whole_lead(lead), version=lead.version)


@operations.add("POST", "/leads/check-duplicates", "CheckDuplicates", answer=Duplicates)
async def check_duplicates(
    services: Services, body: DuplicateCheck, idempotency_key: IdempotencyKey = None
) -> Response:
    """Look for leads with an e-mail address or a phone number.

    Each match once, newest first, at most 25.
    """
    request = lead_service_pb2.CheckDuplicatesRequest(**body.values())
    answer = await services.call(services.leads.CheckDuplicates, request, key=idempotency_key)
    return ok({"duplicates": [duplicate(each) for each in answer.duplicates]})
