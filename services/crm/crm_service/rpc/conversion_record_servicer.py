"""ConversionRecordService: the seam of lead conversion."""

from collections.abc import Sequence
from uuid import UUID

from leadline.crm.v1 import conversion_record_service_pb2 as pb
from leadline.crm.v1 import conversion_record_service_pb2_grpc as pb_grpc
from typing_extensions import override

from crm_service.rpc import conversion_mapping as mapping
from crm_service.rpc import requests
from crm_service.store.copies import DOCUMENTS, NOTES, TEAM, C, Copies
from crm_service.usecases import copies, ensuring, releasing
from crm_service.usecases.matching import match_records
from crm_service.usecases.undoing import conversion_records, undo_conversion
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
        return pb.EnsureAccountResponse(
            account_id=str(ensured.record_id), made=ensured.made, version=ensured.record_version
        )

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
        return pb.EnsureContactResponse(
            contact_id=str(ensured.record_id), made=ensured.made, version=ensured.record_version
        )

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
        return pb.EnsureOpportunityResponse(
            opportunity_id=str(ensured.record_id), made=ensured.made, version=ensured.record_version
        )

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
        await self._copy(NOTES, requests.conversion_id(request), requests.notes(request))
        return pb.CopyNotesResponse()

    @override
    async def RemoveNotes(self, request: pb.RemoveNotesRequest, context: Context) -> pb.RemoveNotesResponse:
        await self._remove(NOTES, requests.conversion_id(request))
        return pb.RemoveNotesResponse()

    @override
    async def CopyDocuments(self, request: pb.CopyDocumentsRequest, context: Context) -> pb.CopyDocumentsResponse:
        await self._copy(DOCUMENTS, requests.conversion_id(request), requests.documents(request))
        return pb.CopyDocumentsResponse()

    @override
    async def RemoveDocuments(self, request: pb.RemoveDocumentsRequest, context: Context) -> pb.RemoveDocumentsResponse:
        await self._remove(DOCUMENTS, requests.conversion_id(request))
        return pb.RemoveDocumentsResponse()

    @override
    async def CopyTeam(self, request: pb.CopyTeamRequest, context: Context) -> pb.CopyTeamResponse:
        await self._copy(TEAM, requests.conversion_id(request), requests.team(request))
        return pb.CopyTeamResponse()

    @override
    async def RemoveTeam(self, request: pb.RemoveTeamRequest, context: Context) -> pb.RemoveTeamResponse:
        await self._remove(TEAM, requests.conversion_id(request))
        return pb.RemoveTeamResponse()

    @override
    async def GetConversionRecords(
        self, request: pb.GetConversionRecordsRequest, context: Context
    ) -> pb.GetConversionRecordsResponse:
        conversion_id = requests.conversion_id(request)
        async with self._database.reading() as connection:
            found = await conversion_records(connection, conversion_id)
        return mapping.outcome_message(found)

    @override
    async def UndoConversion(self, request: pb.UndoConversionRequest, context: Context) -> pb.UndoConversionResponse:
        conversion_id = requests.conversion_id(request)
        async with self._database.transaction() as tx:
            await undo_conversion(tx, conversion_id)
        return pb.UndoConversionResponse()

    async def _copy(self, kind: Copies[C], conversion_id: UUID, copied: Sequence[C]) -> None:
        async with self._database.transaction() as tx:
            await copies.copy(tx, kind, conversion_id, copied)

    async def _remove(self, kind: Copies[C], conversion_id: UUID) -> None:
        async with self._database.transaction() as tx:
            await copies.remove(tx, kind, conversion_id)
