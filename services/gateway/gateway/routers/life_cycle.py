"""`/leads/{id}/reopen`, `/leads/{id}/restore` and `/leads/bulk-delete`: leads that come back, and many that go."""

from leadline.leads.v1 import lead_service_pb2
from starlette.responses import Response

from gateway.answers.json import ok
from gateway.answers.lead import deletion_outcome, whole_lead
from gateway.clients import Clients, Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import PathId
from gateway.schemas.bulk import BulkDelete, DeletionOutcome
from gateway.schemas.lead import Lead, Reopening

operations = Operations("Leads", lead_service_pb2.DESCRIPTOR.services_by_name["LeadService"])


@operations.add("POST", "/leads/{id}/reopen", "ReopenLead", answer=Lead, body_optional=True)
async def reopen_lead(
    services: Services,
    lead_id: PathId,
    body: Reopening,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Open a disqualified lead again.

    It goes to the stage where it was, or to `stageId`, and passes that stage's gate. Its SLA clock starts anew.
    """
    request = lead_service_pb2.ReopenLeadRequest(lead_id=lead_id, expected_version=if_match, **body.values())
    lead = (await services.call(services.leads.ReopenLead, request, key=idempotency_key)).lead
    return ok(whole_lead(lead), version=lead.version)


@operations.add("POST", "/leads/{id}/restore", "RestoreLead", answer=Lead)
async def restore_lead(
    services: Services, lead_id: PathId, if_match: IfMatch = None, idempotency_key: IdempotencyKey = None
) -> Response:
    """Bring a deleted lead back.

    It is in every answer again as it was, with the SLA deadline that it had.
    """
    request = lead_service_pb2.RestoreLeadRequest(lead_id=lead_id, expected_version=if_match)
    lead = (await services.call(services.leads.RestoreLead, request, key=idempotency_key)).lead
    return ok(whole_lead(lead), version=lead.version)


@operations.add("DELETE", "/leads/bulk-delete", "BulkDeleteLeads", answer=DeletionOutcome)
async def bulk_delete_leads(services: Services, body: BulkDelete) -> Response:
    """Delete many leads.

    Each one by the rules of a single deletion; the answer names those that were not deleted. Where a client or proxy
    drops the body of a DELETE, `POST` does the same.
    """
    return await _delete(services, body, None)


@operations.add("POST", "/leads/bulk-delete", "BulkDeleteLeads", answer=DeletionOutcome, name="bulkDeleteLeadsByPost")
async def bulk_delete_leads_by_post(
    services: Services, body: BulkDelete, idempotency_key: IdempotencyKey = None
) -> Response:
    """Delete many leads, where a DELETE cannot have a body."""
    return await _delete(services, body, idempotency_key)


async def _delete(services: Clients, body: BulkDelete, key: str | None) -> Response:
    request = lead_service_pb2.BulkDeleteLeadsRequest(lead_ids=body.ids, atomic=body.atomic)
    # A thousand leads may take longer than one.
    method = services.leads.BulkDeleteLeads
    return ok(deletion_outcome(await services.call(method, request, key=key, longer_by=services.wait_seconds)))
