"""The part of LeadService that changes or deletes many leads at once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import IdempotencyKey, key_of_call
from kit.errors import ErrorKind, FieldViolation, LeadlineError, invalid, invalid_field
from kit.rpc.guard import Context
from leads_service.domain.faults import Faults
from leads_service.domain.lead import REST_NAMES, Origin
from leads_service.domain.settling import Situation
from leads_service.rpc.lead_ids import distinct_ids
from leads_service.rpc.lead_mapping import masked_fields
from leads_service.rpc.situation import Parts
from leads_service.usecases import bulk
from leads_service.usecases.bulk import Failure

_MOST_LEADS = 1_000
# Locked at once: few enough that nobody waits long for them.
_LEADS_AT_ONCE = 100
# They are about the call, and no lead's fault.
_OF_THE_KEY = {"IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"}
# Carries out a part, and says which leads it was refused for.
_Work: TypeAlias = Callable[[Writing, Sequence[UUID], Situation], Awaitable[list[Failure]]]
_CHANGEABLE = frozenset(
    {
        "assigned_to",
        "priority",
        "source",
        "stage_id",
        "title",
        "company",
        "estimated_value",
        "description",
        "custom_fields",
    }
)


class BulkServicer(pb_grpc.LeadServiceServicer):
    """A transaction for each hundred leads, one for all where all or none are to be changed."""

    _parts: Parts

    async def BulkUpdateLeads(
        self, request: pb.BulkUpdateLeadsRequest, _context: Context
    ) -> pb.BulkUpdateLeadsResponse:
        """Changes each lead by the rules for one, and says which could not be changed."""
        faults = Faults()
        lead_ids = faults.note(lambda: distinct_ids(request.lead_ids, _MOST_LEADS)) or []
        given = faults.finish(lambda: _changes(request.fields, request.update_mask))
        if request.atomic:
            async with self._parts.database.transaction() as tx:
                await bulk.update_all(tx, lead_ids, given, self._parts.by_caller(Origin.BULK))
            return pb.BulkUpdateLeadsResponse(updated=len(lead_ids))

        async def work(tx: Writing, part: Sequence[UUID], situation: Situation) -> list[Failure]:
            return await bulk.update_leads(tx, part, given, situation)

        failed = await self._in_parts(lead_ids, None, work)
        return pb.BulkUpdateLeadsResponse(updated=len(lead_ids) - len(failed), failed=failed)

    async def BulkDeleteLeads(self, request: pb.BulkDeleteLeadsRequest, context: Context) -> pb.BulkDeleteLeadsResponse:
        """Deletes each lead by the rules for one, and says which could not be deleted."""
        key = key_of_call("BulkDeleteLeads", request, context.invocation_metadata())
        lead_ids = distinct_ids(request.lead_ids, _MOST_LEADS)
        if request.atomic:
            work = partial(self._delete_all, lead_ids)
            return await self._parts.idempotency.once(key, pb.BulkDeleteLeadsResponse, work)
        failed = await self._in_parts(lead_ids, key, bulk.delete_leads)
        return pb.BulkDeleteLeadsResponse(deleted=len(lead_ids) - len(failed), failed=failed)

    async def _delete_all(self, lead_ids: Sequence[UUID], tx: Writing) -> pb.BulkDeleteLeadsResponse:
        await bulk.delete_all(tx, lead_ids, self._parts.by_caller(Origin.BULK))
        return pb.BulkDeleteLeadsResponse(deleted=len(lead_ids))

    async def _in_parts(
        self, lead_ids: Sequence[UUID], key: IdempotencyKey | None, work: _Work
    ) -> list[pb.BulkFailure]:
        """The leads that were refused. Under a key, a part that was carried out before answers what it did then."""
        failed: list[pb.BulkFailure] = []
        for start in range(0, len(lead_ids), _LEADS_AT_ONCE):
            part = lead_ids[start : start + _LEADS_AT_ONCE]
            try:
                failed += await self._part(part, key.part(start) if key else None, work)
            except LeadlineError as error:
                if error.reason in _OF_THE_KEY:
                    raise
                if error.kind is not ErrorKind.UNAVAILABLE:
                    failed += [_failure(Failure(lead_id, error)) for lead_id in part]
                elif start:
                    # The caller must hear of what has been changed by now.
                    return failed + [_failure(Failure(lead_id, error)) for lead_id in lead_ids[start:]]
                else:
                    raise
        return failed

    async def _part(self, part: Sequence[UUID], key: IdempotencyKey | None, work: _Work) -> Sequence[pb.BulkFailure]:
        async def carry_out(tx: Writing) -> pb.BulkDeleteLeadsResponse:
            failures = await work(tx, part, self._parts.by_caller(Origin.BULK))
            return pb.BulkDeleteLeadsResponse(failed=[_failure(each) for each in failures])

        return (await self._parts.idempotency.once(key, pb.BulkDeleteLeadsResponse, carry_out)).failed


def _changes(fields: lead_pb2.LeadFields, mask: FieldMask) -> dict[str, Any]:
    if not mask.paths:
        raise invalid_field("changes", "REQUIRED", "Name at least one field.")
    wrong = [path for path in mask.paths if path not in _CHANGEABLE]
    if wrong:
        message = "Cannot be changed for many leads at once."
        raise invalid(*(FieldViolation(_path(REST_NAMES.get(each, each)), "NOT_ALLOWED", message) for each in wrong))
    return masked_fields(fields, mask, _path)


def _path(name: str) -> str:
    return f"changes.{name}"


def _failure(failure: Failure) -> pb.BulkFailure:
    return pb.BulkFailure(lead_id=str(failure.lead_id), reason=failure.error.reason, message=failure.error.message)
