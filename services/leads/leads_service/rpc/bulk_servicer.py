"""The part of LeadService that changes many leads at once."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.errors import ErrorKind, FieldViolation, LeadlineError, invalid, invalid_field
from kit.ids import parse_id
from kit.rpc.guard import Context
from leads_service.domain.faults import Faults
from leads_service.domain.lead import REST_NAMES
from leads_service.rpc.lead_mapping import masked_fields
from leads_service.rpc.situation import Parts
from leads_service.usecases import bulk
from leads_service.usecases.bulk import Failure

_MOST_LEADS = 1_000
# Locked at once: few enough that nobody waits long for them.
_LEADS_AT_ONCE = 100
# An error travels in trailers, which are small.
_MOST_NAMED = 100
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
        lead_ids = faults.note(lambda: _lead_ids(request.lead_ids)) or []
        given = faults.finish(lambda: _changes(request.fields, request.update_mask))
        if request.atomic:
            async with self._parts.database.transaction() as tx:
                await bulk.update_all(tx, lead_ids, given, self._parts.by_caller())
            return pb.BulkUpdateLeadsResponse(updated=len(lead_ids))
        failures = await self._update_in_parts(lead_ids, given)
        return pb.BulkUpdateLeadsResponse(
            updated=len(lead_ids) - len(failures), failed=[_failure(each) for each in failures]
        )

    async def _update_in_parts(self, lead_ids: Sequence[UUID], given: Mapping[str, Any]) -> list[Failure]:
        failures: list[Failure] = []
        for start in range(0, len(lead_ids), _LEADS_AT_ONCE):
            part = lead_ids[start : start + _LEADS_AT_ONCE]
            try:
                async with self._parts.database.transaction() as tx:
                    failures += await bulk.update_leads(tx, part, given, self._parts.by_caller())
            except LeadlineError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    failures += [Failure(lead_id, error) for lead_id in part]
                elif start:
                    # The caller must hear of what has been changed by now.
                    return failures + [Failure(lead_id, error) for lead_id in lead_ids[start:]]
                else:
                    raise
        return failures


def _lead_ids(texts: Sequence[str]) -> list[UUID]:
    if not 1 <= len(texts) <= _MOST_LEADS:
        raise invalid_field("ids", "OUT_OF_RANGE", f"Must be from 1 to {_MOST_LEADS} ids.")
    found: dict[UUID, None] = {}
    violations: list[FieldViolation] = []
    for place, text in enumerate(texts):
        try:
            _add(found, text, f"ids[{place}]")
        except LeadlineError as error:
            violations += error.violations
    if violations:
        raise invalid(*violations[:_MOST_NAMED])
    return list(found)


def _add(found: dict[UUID, None], text: str, path: str) -> None:
    lead_id = parse_id(text, path)
    if lead_id in found:
        raise invalid_field(path, "DUPLICATE", "Is there twice.")
    found[lead_id] = None


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
