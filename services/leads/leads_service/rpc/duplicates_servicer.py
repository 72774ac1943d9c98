"""The part of LeadService that finds duplicates."""

from leadline.leads.v1 import lead_service_pb2 as pb
from leadline.leads.v1 import lead_service_pb2_grpc as pb_grpc

from kit.db.database import Reading
from kit.db.idempotency import key_of_call
from kit.rpc.guard import Context
from leads_service.domain.configuration import Configuration
from leads_service.domain.duplicates import Duplicate, sought
from leads_service.domain.lead import Actor
from leads_service.domain.visibility import hidden_from
from leads_service.rpc.situation import Parts, caller
from leads_service.usecases.duplicates import find_duplicates

# What is shown of a duplicate, by REST name.
_SHOWN = {"firstName": "first_name", "lastName": "last_name", "email": "email"}


class DuplicatesServicer(pb_grpc.LeadServiceServicer):
    """One question to the database."""

    _parts: Parts

    async def CheckDuplicates(self, request: pb.CheckDuplicatesRequest, context: Context) -> pb.CheckDuplicatesResponse:
        """Leads that may be the same person; repeated under the same idempotency key, the first answer."""
        key = key_of_call("CheckDuplicates", request, context.invocation_metadata())
        if key is not None:
            idempotency = self._parts.idempotency
            return await idempotency.once(key, pb.CheckDuplicatesResponse, lambda tx: self._check(tx, request))
        async with self._parts.database.reading() as connection:
            return await self._check(connection, request)

    async def _check(self, connection: Reading, request: pb.CheckDuplicatesRequest) -> pb.CheckDuplicatesResponse:
        configuration, viewer = self._parts.configuration.current(), caller()
        given = {descriptor.name: value for descriptor, value in request.ListFields()}
        found = await find_duplicates(connection, sought(given, configuration))
        shown = [_duplicate(each, viewer, configuration) for each in found]
        return pb.CheckDuplicatesResponse(duplicates=shown)


def _duplicate(duplicate: Duplicate, viewer: Actor, configuration: Configuration) -> pb.DuplicateLead:
    """That it matches is said of a lead whatever its stage hides; its values are not."""
    lead = duplicate.lead
    hidden = sorted(hidden_from(viewer, lead.stage_id, configuration) & _SHOWN.keys())
    values = {attribute: getattr(lead, attribute) for name, attribute in _SHOWN.items() if name not in hidden}
    return pb.DuplicateLead(id=str(lead.id), match_field=duplicate.match_field, hidden_fields=hidden, **values)
