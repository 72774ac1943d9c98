"""The gRPC door: ConversionRecordService whole, and of RecordService what reads one record."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from google.protobuf.message import Message
from leadline.crm.v1 import conversion_record_service_pb2 as pb
from leadline.crm.v1 import conversion_record_service_pb2_grpc, record_service_pb2, record_service_pb2_grpc
from typing_extensions import override

from examples.own_crm import ensuring, records, steps
from examples.own_crm.company import company_key, person_key
from examples.own_crm.store import Store
from kit.errors import invalid_field, unavailable
from kit.ids import parse_id
from kit.rpc.guard import Context

_MOST = 10
_MOST_COPIES = 100


class ConversionRecords(conversion_record_service_pb2_grpc.ConversionRecordServiceServicer):
    """Each call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @override
    async def MatchRecords(self, request: pb.MatchRecordsRequest, _context: Context) -> pb.MatchRecordsResponse:
        """What is already there for a lead."""
        return await self._store.run(lambda db: _matches(db, request))

    @override
    async def EnsureAccount(self, request: pb.EnsureAccountRequest, _context: Context) -> pb.EnsureAccountResponse:
        """Link or make the account."""
        done = await self._ensure("account", request, lambda db: ensuring.account(db, request))
        return pb.EnsureAccountResponse(account_id=done.record_id, made=done.made, version=done.version)

    @override
    async def EnsureContact(self, request: pb.EnsureContactRequest, _context: Context) -> pb.EnsureContactResponse:
        """Link or make the contact."""
        done = await self._ensure("contact", request, lambda db: ensuring.contact(db, request))
        return pb.EnsureContactResponse(contact_id=done.record_id, made=done.made, version=done.version)

    @override
    async def EnsureOpportunity(
        self, request: pb.EnsureOpportunityRequest, _context: Context
    ) -> pb.EnsureOpportunityResponse:
        """Link or make the opportunity."""
        done = await self._ensure("opportunity", request, lambda db: ensuring.opportunity(db, request))
        return pb.EnsureOpportunityResponse(opportunity_id=done.record_id, made=done.made, version=done.version)

    @override
    async def ReleaseAccount(self, request: pb.ReleaseAccountRequest, _context: Context) -> pb.ReleaseAccountResponse:
        """Undo EnsureAccount."""
        await self._release("account", request)
        return pb.ReleaseAccountResponse()

    @override
    async def ReleaseContact(self, request: pb.ReleaseContactRequest, _context: Context) -> pb.ReleaseContactResponse:
        """Undo EnsureContact."""
        await self._release("contact", request)
        return pb.ReleaseContactResponse()

    @override
    async def ReleaseOpportunity(
        self, request: pb.ReleaseOpportunityRequest, _context: Context
    ) -> pb.ReleaseOpportunityResponse:
        """Undo EnsureOpportunity."""
        await self._release("opportunity", request)
        return pb.ReleaseOpportunityResponse()

    @override
    async def CopyNotes(self, request: pb.CopyNotesRequest, _context: Context) -> pb.CopyNotesResponse:
        """Copy notes."""
        await self._copy("notes", request, [(note.id, note) for note in request.notes])
        return pb.CopyNotesResponse()

    @override
    async def RemoveNotes(self, request: pb.RemoveNotesRequest, _context: Context) -> pb.RemoveNotesResponse:
        """Undo CopyNotes."""
        await self._release("notes", request)
        return pb.RemoveNotesResponse()

    @override
    async def CopyDocuments(self, request: pb.CopyDocumentsRequest, _context: Context) -> pb.CopyDocumentsResponse:
        """Link documents."""
        await self._copy("documents", request, [(document.id, document) for document in request.documents])
        return pb.CopyDocumentsResponse()

    @override
    async def RemoveDocuments(
        self, request: pb.RemoveDocumentsRequest, _context: Context
    ) -> pb.RemoveDocumentsResponse:
        """Undo CopyDocuments."""
        await self._release("documents", request)
        return pb.RemoveDocumentsResponse()

    @override
    async def CopyTeam(self, request: pb.CopyTeamRequest, _context: Context) -> pb.CopyTeamResponse:
        """Add the team."""
        items = [(f"{request.conversion_id} {member.user_id}", member) for member in request.team]
        await self._copy("team", request, items)
        return pb.CopyTeamResponse()

    @override
    async def RemoveTeam(self, request: pb.RemoveTeamRequest, _context: Context) -> pb.RemoveTeamResponse:
        """Undo CopyTeam."""
        await self._release("team", request)
        return pb.RemoveTeamResponse()

    @override
    async def GetConversionRecords(
        self, request: pb.GetConversionRecordsRequest, _context: Context
    ) -> pb.GetConversionRecordsResponse:
        """What a conversion has ensured, and what stands in the way of undoing it."""
        conversion_id = _conversion_of(request)
        return await self._store.run(lambda db: _outcome(db, conversion_id))

    @override
    async def UndoConversion(self, request: pb.UndoConversionRequest, _context: Context) -> pb.UndoConversionResponse:
        """Undo all of it, or nothing."""
        conversion_id = _conversion_of(request)
        await self._store.run(lambda db: steps.undo(db, conversion_id))
        return pb.UndoConversionResponse()

    async def _ensure(self, kind: str, request: Any, work: Any) -> steps.Done:
        conversion_id = _conversion_of(request)
        if request.link_id:
            parse_id(request.link_id, "linkId")
        else:
            parse_id(request.new_id, "newId")
        return await self._store.run(lambda db: steps.ensure(db, conversion_id, kind, lambda: work(db)))

    async def _release(self, kind: str, request: Any) -> None:
        conversion_id = _conversion_of(request)
        await self._store.run(lambda db: steps.release(db, conversion_id, kind))

    async def _copy(self, kind: str, request: Any, items: Sequence[tuple[str, Message]]) -> None:
        conversion_id = _conversion_of(request)
        if len(items) > _MOST_COPIES:
            raise invalid_field(kind, "TOO_MANY", f"Must be at most {_MOST_COPIES}.")
        await self._store.run(lambda db: steps.copy(db, conversion_id, kind, items))


async def _left_out(_reader: object, _request: Message, _context: Context) -> Message:
    raise unavailable("This CRM neither lists records nor keeps a catalogue.")


_LEFT_OUT: Any = _left_out


class RecordReader(record_service_pb2_grpc.RecordServiceServicer):
    """What conversions made, one by one. Lists and the catalogue are not part of this example."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @override
    async def GetAccount(
        self, request: record_service_pb2.GetAccountRequest, _context: Context
    ) -> record_service_pb2.GetAccountResponse:
        """One account."""
        return record_service_pb2.GetAccountResponse(account=await self._whole("account", request.account_id))

    @override
    async def GetContact(
        self, request: record_service_pb2.GetContactRequest, _context: Context
    ) -> record_service_pb2.GetContactResponse:
        """One contact."""
        return record_service_pb2.GetContactResponse(contact=await self._whole("contact", request.contact_id))

    @override
    async def GetOpportunity(
        self, request: record_service_pb2.GetOpportunityRequest, _context: Context
    ) -> record_service_pb2.GetOpportunityResponse:
        """One opportunity."""
        found = await self._whole("opportunity", request.opportunity_id)
        return record_service_pb2.GetOpportunityResponse(opportunity=found)

    # So callers get 503 and not 500.
    ListAccounts = ListContacts = ListOpportunities = ListProducts = _LEFT_OUT
    GetProduct = CreateProduct = UpdateProduct = DeleteProduct = _LEFT_OUT

    async def _whole(self, kind: str, record_id: str) -> Any:
        def read(db: sqlite3.Connection) -> Any:
            record = records.get(db, kind, record_id)
            for name, items in steps.copies_of(db, record_id).items():
                getattr(record, name).extend(items)
            return record

        return await self._store.run(read)


def _conversion_of(request: Any) -> str:
    if not request.conversion_id:
        raise invalid_field("conversionId", "REQUIRED", "Must not be empty.")
    return str(parse_id(request.conversion_id, "conversionId"))


def _matches(db: sqlite3.Connection, request: pb.MatchRecordsRequest) -> pb.MatchRecordsResponse:
    key = company_key(request.company) if request.company else person_key(request.email) if request.email else ""
    accounts = ensuring.accounts_like(db, key, request.email_domain)[:_MOST]
    account = records.find(db, "account", request.account_id)
    linked = account or next(iter(accounts), None)
    contacts = ensuring.contacts_like(db, request.email, linked.id if linked else "")[:_MOST]
    by_phone = records.where(db, "contact", "phone = ?", request.phone_e164 or None)
    return pb.MatchRecordsResponse(
        account_by_company=accounts[0] if accounts else None,
        contact_by_email=contacts[0] if contacts else None,
        contacts_by_phone=by_phone[: -_MOST - 1 : -1],
        account=account,
        contact=records.find(db, "contact", request.contact_id),
        opportunity=records.find(db, "opportunity", request.opportunity_id),
        accounts_by_company=accounts,
        contacts_by_email=contacts,
    )


def _outcome(db: sqlite3.Connection, conversion_id: str) -> pb.GetConversionRecordsResponse:
    kinds = {kind: pb.RecordKind.Value(f"RECORD_KIND_{kind.upper()}") for kind in steps.KINDS}
    found = [(kind, step) for kind in steps.KINDS if (step := steps.of(db, conversion_id, kind)) is not None]
    in_the_way = [
        pb.UndoObstacle(
            kind=kinds[kind], record_id=record_id, reason=pb.UndoObstacleReason.Value(f"UNDO_OBSTACLE_REASON_{why}")
        )
        for kind, record_id, why in steps.obstacles(db, conversion_id)
    ]
    known = [
        pb.ConversionRecord(
            kind=kinds[kind],
            record_id=step["record_id"] or "",
            made=bool(step["made"]),
            version=step["version"],
            released=bool(step["released"]),
        )
        for kind, step in found
    ]
    return pb.GetConversionRecordsResponse(records=known, obstacles=in_the_way)
