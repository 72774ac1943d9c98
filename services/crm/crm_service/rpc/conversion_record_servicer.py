"""ConversionRecordService: the seam of lead conversion."""

from leadline.crm.v1 import conversion_record_service_pb2 as pb
from leadline.crm.v1 import conversion_record_service_pb2_grpc as pb_grpc
from typing_extensions import override

from crm_service.rpc import mapping, requests
from crm_service.usecases import ensuring, notes, releasing
from crm_service.usecases.matching import match_records
from kit.db.database import Database
from kit.rpc.guard import Context


class ConversionRecordServicer(pb_grpc.ConversionRecordServiceServicer):
    """Each write is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def MatchRecords(self, request: pb.MatchRecordsRequest, context: Context) -> pb.MatchRecordsResponse:
        sought = requests.sought(request)
        async with self._database.reading() as connection:
            found = await match_records(connection, sought)
        return mapping.matches_message(found)

    @override
    async def EnsureAccount(self, request: pb.EnsureAccountRequest, context: Context) -> pb.EnsureAccountResponse:
        conversion_id, wanted = requests.conversion_id(request), requests.account_wanted(request)
        async with self._database.transaction() as tx:
            ensured = await ensuring.ensure_account(tx, conversion_id, wanted)
        return pb.EnsureAccountResponse(account_id=str(ensured.record_id), made=ensured.made)

    @override
    async def ReleaseAccount(self, request: pb.ReleaseAccountRequest, context: Context) -> pb.ReleaseAccountResponse:
        conversion_id = requests.conversion_id(request)
        async with self._database.transaction() as tx:
            await releasing.release_account(tx, conversion_id)
        return pb.ReleaseAccountResponse()

    @override
    async def EnsureContact(self, request: pb.EnsureContactRequest, context: Context) -> pb.EnsureContactResponse:
        conversion_id, wanted = requests.conversion_id(request), requests.contact_wanted(request)
        async with self._database.transaction() as tx:
            ensured = await ensuring.ensure_contact(tx, conversion_id, wanted)
        return pb.EnsureContactResponse(contact_id=str(ensured.record_id), made=ensured.made)

    @override
    async def ReleaseContact(self, request: pb.ReleaseContactRequest, context: Context) -> pb.ReleaseContactResponse:
        conversion_id = requests.conversion_id(request)
        async with self._database.transaction() as tx:
            await releasing.release_contact(tx, conversion_id)
        return pb.ReleaseContactResponse()

    @override
    async def EnsureOpportunity(
        self, request: pb.EnsureOpportunityRequest, context: Context
    ) -> pb.EnsureOpportunityResponse:
        conversion_id, wanted = requests.conversion_id(request), requests.opportunity_wanted(request)
        async with self._database.transaction() as tx:
            ensured = await ensuring.ensure_opportunity(tx, conversion_id, wanted)
        return pb.EnsureOpportunityResponse(opportunity_id=str(ensured.record_id), made=ensured.made)

    @override
    async def ReleaseOpportunity(
        self, request: pb.ReleaseOpportunityRequest, context: Context
    ) -> pb.ReleaseOpportunityResponse:
        conversion_id = requests.conversion_id(request)
        async with self._database.transaction() as tx:
            await releasing.release_opportunity(tx, conversion_id)
        return pb.ReleaseOpportunityResponse()

    @override
    async def CopyNotes(self, request: pb.CopyNotesRequest, context: Context) -> pb.CopyNotesResponse:
        conversion_id, copied = requests.conversion_id(request), requests.notes(request)
        async with self._database.transaction() as tx:
            await notes.copy_notes(tx, conversion_id, copied)
        return pb.CopyNotesResponse()

    @override
    async def RemoveNotes(self, request: pb.RemoveNotesRequest, context: Context) -> pb.RemoveNotesResponse:
        conversion_id = requests.conversion_id(request)
        async with self._database.transaction() as tx:
            await notes.remove_notes(tx, conversion_id)
        return pb.RemoveNotesResponse()
