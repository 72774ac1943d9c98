"""SettingsService: what stands under /lead-settings."""

from leadline.settings.v1 import settings_service_pb2 as pb
from leadline.settings.v1 import settings_service_pb2_grpc

from kit import jsontext
from kit.db.database import Reading
from kit.db.idempotency import key_of_call
from kit.ids import parse_id
from kit.rpc.guard import Context
from settings_service.rpc import mapping
from settings_service.rpc.list_calls import ListCalls
from settings_service.rpc.pipeline_calls import PipelineCalls
from settings_service.rpc.requests import expected_version
from settings_service.rpc.scoring_calls import ScoringCalls
from settings_service.rpc.stage_calls import StageCalls
from settings_service.store import retirements, singles
from settings_service.usecases.document import check_document, update_document
from settings_service.usecases.retirements import get_retirement


class SettingsServicer(
    PipelineCalls, StageCalls, ListCalls, ScoringCalls, settings_service_pb2_grpc.SettingsServiceServicer
):
    """The calls of each family, the settings document, and how deletions stand."""

    async def GetSettings(self, _request: pb.GetSettingsRequest, _context: Context) -> pb.GetSettingsResponse:
        """The settings document."""
        async with self._database.reading() as connection:
            found = await singles.read_document(connection)
        return pb.GetSettingsResponse(settings=mapping.document_message(found))

    async def UpdateSettings(self, request: pb.UpdateSettingsRequest, _context: Context) -> pb.UpdateSettingsResponse:
        """Merges changes into the document."""
        async with self._database.transaction() as tx:
            saved = await update_document(tx, request.changes, expected_version(request))
        return pb.UpdateSettingsResponse(settings=mapping.document_message(saved))

    async def CheckSettings(self, request: pb.CheckSettingsRequest, context: Context) -> pb.CheckSettingsResponse:
        """What changes would make of the document; repeated under the same idempotency key, the first answer."""
        key = key_of_call("CheckSettings", request, context.invocation_metadata())
        if key is not None:
            return await self._idempotency.once(key, pb.CheckSettingsResponse, lambda tx: _checked(tx, request))
        async with self._database.reading() as connection:
            return await _checked(connection, request)

    async def GetRetirement(self, request: pb.GetRetirementRequest, _context: Context) -> pb.GetRetirementResponse:
        """How a deletion stands."""
        retirement_id = parse_id(request.retirement_id, "id")
        async with self._database.reading() as connection:
            found = await get_retirement(connection, retirement_id)
        return pb.GetRetirementResponse(retirement=mapping.retirement_message(found))

    async def ListRetirements(
        self, _request: pb.ListRetirementsRequest, _context: Context
    ) -> pb.ListRetirementsResponse:
        """Those that are running, and the newest that are over."""
        async with self._database.reading() as connection:
            found = await retirements.newest(connection)
        return pb.ListRetirementsResponse(retirements=map(mapping.retirement_message, found))


async def _checked(connection: Reading, request: pb.CheckSettingsRequest) -> pb.CheckSettingsResponse:
    return pb.CheckSettingsResponse(document=jsontext.dumps(await check_document(connection, request.changes)))
