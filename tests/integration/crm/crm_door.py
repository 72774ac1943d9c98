"""A client of the crm service for its tests: conversions and readers, in few words."""

from typing import Any
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from leadline.crm.v1 import conversion_record_service_pb2 as conversion_pb
from leadline.crm.v1 import (
    conversion_record_service_pb2_grpc,
    placement_service_pb2_grpc,
    record_service_pb2_grpc,
    records_pb2,
)
from leadline.crm.v1 import placement_service_pb2 as placement_pb
from leadline.crm.v1 import record_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from kit.rpc.calls import call, open_channel
from tests.support import tokens

TIMEOUT = 10.0
OWNER = str(tokens.USER_ID)
PIPELINE, STAGE, LEAD = str(new_id()), str(new_id()), str(new_id())
# What each list can be ordered by.
SORTS = {
    "accounts": ("createdAt", "updatedAt", "name"),
    "contacts": ("createdAt", "updatedAt", "firstName", "lastName"),
    "opportunities": ("createdAt", "updatedAt", "name", "value"),
    "products": ("name", "unitPrice", "createdAt", "updatedAt"),
}


def unique(name: str = "Acme") -> str:
    """A name that no other test uses."""
    return f"{name} {new_id().hex}"


def note(content: str = "Called back.", note_id: UUID | None = None, seconds: int = 1_700_000_000) -> Any:
    """A lead's note."""
    made = Timestamp(seconds=seconds)
    return records_pb2.RecordNote(id=str(note_id or new_id()), content=content, created_by=OWNER, created_at=made)


def document(name: str = "Offer.pdf", document_id: UUID | None = None, seconds: int = 1_700_000_000) -> Any:
    """A link to a lead's document."""
    made = Timestamp(seconds=seconds)
    return records_pb2.RecordDocument(
        id=str(document_id or new_id()),
        lead_id=LEAD,
        name=name,
        content_type="application/pdf",
        size_bytes=48_213,
        created_by=OWNER,
        created_at=made,
    )


def member(user_id: str | None = None, role: str = "sales_rep", seconds: int = 1_700_000_000) -> Any:
    """A user of a lead's team."""
    added = Timestamp(seconds=seconds)
    return records_pb2.RecordMember(user_id=user_id or str(new_id()), role=role, added_by=OWNER, added_at=added)


def sold(quantity: str = "2", unit_price: str = "10.00", discount: str = "", **fields: str) -> Any:
    """A lead's product line, to be copied."""
    ids = {"id": str(new_id()), "product_id": str(new_id()), "product_name": "Plan"}
    return conversion_pb.NewOpportunityLine(**ids | fields, quantity=quantity, unit_price=unit_price, discount=discount)


class CrmDoor:
    """One channel to one replica."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.channel = open_channel(address)
        self.records = record_service_pb2_grpc.RecordServiceStub(self.channel)
        self.conversions = conversion_record_service_pb2_grpc.ConversionRecordServiceStub(self.channel)
        self.placement = placement_service_pb2_grpc.PlacementServiceStub(self.channel)

    async def ask(self, method: Any, request: Any, token: str | None = None, key: str | None = None) -> Any:
        token = token or tokens.admin_token()
        return await call(method, request, token=token, timeout=TIMEOUT, idempotency_key=key)

    async def account(self, record_id: str) -> records_pb2.Account | None:
        request = pb.GetAccountRequest(account_id=record_id)
        return await self._read(self.records.GetAccount, request, "account")  # type: ignore[no-any-return]

    async def contact(self, record_id: str) -> records_pb2.Contact | None:
        request = pb.GetContactRequest(contact_id=record_id)
        return await self._read(self.records.GetContact, request, "contact")  # type: ignore[no-any-return]

    async def opportunity(self, record_id: str) -> records_pb2.Opportunity | None:
        request = pb.GetOpportunityRequest(opportunity_id=record_id)
        return await self._read(self.records.GetOpportunity, request, "opportunity")  # type: ignore[no-any-return]

    async def accounts(self, search: str = "", **asked: Any) -> Any:
        return await self.ask(self.records.ListAccounts, pb.ListAccountsRequest(search=search, **asked))

    async def contacts(self, search: str = "", account_id: str = "", **asked: Any) -> Any:
        request = pb.ListContactsRequest(search=search, account_id=account_id, **asked)
        return await self.ask(self.records.ListContacts, request)

    async def opportunities(self, search: str = "", account_id: str = "", **asked: Any) -> Any:
        request = pb.ListOpportunitiesRequest(search=search, account_id=account_id, **asked)
        return await self.ask(self.records.ListOpportunities, request)

    async def products(self, search: str = "", **asked: Any) -> Any:
        return await self.ask(self.records.ListProducts, pb.ListProductsRequest(search=search, **asked))

    async def match(self, **sought: str) -> conversion_pb.MatchRecordsResponse:
        request = conversion_pb.MatchRecordsRequest(**sought)
        return await self.ask(self.conversions.MatchRecords, request)  # type: ignore[no-any-return]

    async def add_product(self, key: str | None = None, **fields: Any) -> records_pb2.Product:
        request = pb.CreateProductRequest(fields=pb.ProductFields(**fields))
        return (await self.ask(self.records.CreateProduct, request, key=key)).product  # type: ignore[no-any-return]

    async def product(self, product_id: str) -> records_pb2.Product | None:
        request = pb.GetProductRequest(product_id=product_id)
        return await self._read(self.records.GetProduct, request, "product")  # type: ignore[no-any-return]

    async def count_at(self, *stage_ids: str) -> int:
        request = placement_pb.CountOpportunitiesRequest(stage_ids=stage_ids)
        return int((await self.ask(self.placement.CountOpportunities, request)).opportunities)

    async def move(self, retirement_id: str, *moves: tuple[str, str, str], limit: int = 0) -> tuple[int, int]:
        """Each move is from a stage to a pipeline and its stage; how many were moved, and how many are left."""
        request = placement_pb.MoveOpportunitiesRequest(
            retirement_id=retirement_id,
            moves=[
                placement_pb.StageMove(from_stage_id=from_, to_pipeline_id=pipeline, to_stage_id=to)
                for from_, pipeline, to in moves
            ],
            limit=limit,
        )
        answer = await self.ask(self.placement.MoveOpportunities, request)
        return answer.moved, answer.left

    async def move_back(self, retirement_id: str, limit: int = 0) -> int:
        request = placement_pb.RestoreOpportunitiesRequest(retirement_id=retirement_id, limit=limit)
        return int((await self.ask(self.placement.RestoreOpportunities, request)).left)

    async def _read(self, method: Any, request: Any, field: str) -> Any:
        try:
            return getattr(await self.ask(method, request), field)
        except LeadlineError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return None


def step_named(step: str, name: str) -> dict[str, str]:
    """The fields with which a step makes a record that is found by this name."""
    return {"last_name" if step == "contact" else "name": name}


async def count_named(door: CrmDoor, step: str, name: str) -> int:
    """How many records of a step's kind are found by this name."""
    lists: dict[str, Any] = {"account": door.accounts, "contact": door.contacts, "opportunity": door.opportunities}
    return int((await lists[step](name)).total)


class Conversion:
    """One conversion, whose steps may come in any order."""

    def __init__(self, door: CrmDoor) -> None:
        self._door = door
        self._stub = door.conversions
        self.id, self.lead_id = str(new_id()), str(new_id())

    async def account(self, name: str = "Acme", **fields: Any) -> conversion_pb.EnsureAccountResponse:
        request = conversion_pb.EnsureAccountRequest(**self._common() | {"name": name} | fields)
        return await self._door.ask(self._stub.EnsureAccount, request)  # type: ignore[no-any-return]

    async def contact(self, **fields: Any) -> conversion_pb.EnsureContactResponse:
        request = conversion_pb.EnsureContactRequest(**self._common() | fields)
        return await self._door.ask(self._stub.EnsureContact, request)  # type: ignore[no-any-return]

    async def opportunity(self, **fields: Any) -> conversion_pb.EnsureOpportunityResponse:
        place = {"pipeline_id": PIPELINE, "stage_id": STAGE, "currency": "EUR", "name": "Deal"}
        request = conversion_pb.EnsureOpportunityRequest(**self._common() | place | fields)
        return await self._door.ask(self._stub.EnsureOpportunity, request)  # type: ignore[no-any-return]

    async def notes(self, *notes: records_pb2.RecordNote) -> None:
        request = conversion_pb.CopyNotesRequest(conversion_id=self.id, notes=notes)
        await self._door.ask(self._stub.CopyNotes, request)

    async def remove_notes(self) -> None:
        await self._door.ask(self._stub.RemoveNotes, conversion_pb.RemoveNotesRequest(conversion_id=self.id))

    async def documents(self, *documents: records_pb2.RecordDocument) -> None:
        request = conversion_pb.CopyDocumentsRequest(conversion_id=self.id, documents=documents)
        await self._door.ask(self._stub.CopyDocuments, request)

    async def remove_documents(self) -> None:
        await self._door.ask(self._stub.RemoveDocuments, conversion_pb.RemoveDocumentsRequest(conversion_id=self.id))

    async def team(self, *members: records_pb2.RecordMember) -> None:
        request = conversion_pb.CopyTeamRequest(conversion_id=self.id, team=members)
        await self._door.ask(self._stub.CopyTeam, request)

    async def remove_team(self) -> None:
        await self._door.ask(self._stub.RemoveTeam, conversion_pb.RemoveTeamRequest(conversion_id=self.id))

    async def records(self) -> conversion_pb.GetConversionRecordsResponse:
        request = conversion_pb.GetConversionRecordsRequest(conversion_id=self.id)
        return await self._door.ask(self._stub.GetConversionRecords, request)  # type: ignore[no-any-return]

    async def undo(self) -> None:
        """Undo it all, or nothing."""
        await self._door.ask(self._stub.UndoConversion, conversion_pb.UndoConversionRequest(conversion_id=self.id))

    async def release_account(self) -> None:
        request = conversion_pb.ReleaseAccountRequest(conversion_id=self.id)
        await self._door.ask(self._stub.ReleaseAccount, request)

    async def release_contact(self) -> None:
        request = conversion_pb.ReleaseContactRequest(conversion_id=self.id)
        await self._door.ask(self._stub.ReleaseContact, request)

    async def release_opportunity(self) -> None:
        request = conversion_pb.ReleaseOpportunityRequest(conversion_id=self.id)
        await self._door.ask(self._stub.ReleaseOpportunity, request)

    async def release_all(self) -> None:
        """Undo every step, the last one first, as the saga does."""
        await self.remove_team()
        await self.remove_documents()
        await self.remove_notes()
        await self.release_opportunity()
        await self.release_contact()
        await self.release_account()

    def _common(self) -> dict[str, str]:
        return {"conversion_id": self.id, "lead_id": self.lead_id, "new_id": str(new_id()), "owner_id": OWNER}
