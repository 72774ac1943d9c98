"""RecordService: reading the records, and keeping the product catalogue."""

from collections.abc import Sequence
from uuid import UUID

from leadline.crm.v1 import record_service_pb2 as pb
from leadline.crm.v1 import record_service_pb2_grpc as pb_grpc
from typing_extensions import override

from crm_service.domain.paging import Page, search_of
from crm_service.domain.records import Kind, RecordNote
from crm_service.rpc import mapping, requests
from crm_service.store.notes import newest_notes
from crm_service.store.records import (
    ACCOUNT_RECORDS,
    CONTACT_RECORDS,
    OPPORTUNITY_RECORDS,
    PRODUCT_RECORDS,
    Listed,
    R,
    Records,
)
from crm_service.usecases import products
from crm_service.usecases.records import get_record
from kit.db.database import Database, Writing
from kit.db.idempotency import Idempotency, key_of_call
from kit.ids import parse_id, parse_optional_id
from kit.rpc.guard import Context


class RecordServicer(pb_grpc.RecordServiceServicer):
    """Each write is one transaction; each read sees what is committed."""

    def __init__(self, database: Database, idempotency: Idempotency) -> None:
        self._database = database
        self._idempotency = idempotency

    @override
    async def ListAccounts(self, request: pb.ListAccountsRequest, context: Context) -> pb.ListAccountsResponse:
        listed = await self._page(ACCOUNT_RECORDS, requests.page(request), request.search)
        return pb.ListAccountsResponse(accounts=map(mapping.account_message, listed.items), total=listed.total)

    @override
    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.GetAccountResponse:
        account, notes = await self._with_notes(ACCOUNT_RECORDS, request.account_id, Kind.ACCOUNT)
        return pb.GetAccountResponse(account=mapping.account_message(account, notes))

    @override
    async def ListContacts(self, request: pb.ListContactsRequest, context: Context) -> pb.ListContactsResponse:
        account_id = parse_optional_id(request.account_id, "accountId")
        listed = await self._page(CONTACT_RECORDS, requests.page(request), request.search, account_id)
        return pb.ListContactsResponse(contacts=map(mapping.contact_message, listed.items), total=listed.total)

    @override
    async def GetContact(self, request: pb.GetContactRequest, context: Context) -> pb.GetContactResponse:
        contact, notes = await self._with_notes(CONTACT_RECORDS, request.contact_id, Kind.CONTACT)
        return pb.GetContactResponse(contact=mapping.contact_message(contact, notes))

    @override
    async def ListOpportunities(
        self, request: pb.ListOpportunitiesRequest, context: Context
    ) -> pb.ListOpportunitiesResponse:
        account_id = parse_optional_id(request.account_id, "accountId")
        listed = await self._page(OPPORTUNITY_RECORDS, requests.page(request), request.search, account_id)
        shown = map(mapping.opportunity_message, listed.items)
        return pb.ListOpportunitiesResponse(opportunities=shown, total=listed.total)

    @override
    async def GetOpportunity(self, request: pb.GetOpportunityRequest, context: Context) -> pb.GetOpportunityResponse:
        opportunity, notes = await self._with_notes(OPPORTUNITY_RECORDS, request.opportunity_id, Kind.OPPORTUNITY)
        return pb.GetOpportunityResponse(opportunity=mapping.opportunity_message(opportunity, notes))

    @override
    async def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ListProductsResponse:
        listed = await self._page(PRODUCT_RECORDS, requests.page(request), request.search)
        return pb.ListProductsResponse(products=map(mapping.product_message, listed.items), total=listed.total)

    @override
    async def GetProduct(self, request: pb.GetProductRequest, context: Context) -> pb.GetProductResponse:
        product_id = parse_id(request.product_id, "id")
        async with self._database.reading() as connection:
            product = await get_record(connection, PRODUCT_RECORDS, product_id)
        return pb.GetProductResponse(product=mapping.product_message(product))

    @override
    async def CreateProduct(self, request: pb.CreateProductRequest, context: Context) -> pb.CreateProductResponse:
        async def create(tx: Writing) -> pb.CreateProductResponse:
            product = await products.create_product(tx, requests.product_fields(request.fields))
            return pb.CreateProductResponse(product=mapping.product_message(product))

        key = key_of_call("CreateProduct", request, context.invocation_metadata())
        return await self._idempotency.once(key, pb.CreateProductResponse, create)

    @override
    async def UpdateProduct(self, request: pb.UpdateProductRequest, context: Context) -> pb.UpdateProductResponse:
        product_id, changes = parse_id(request.product_id, "id"), requests.product_changes(request)
        async with self._database.transaction() as tx:
            product = await products.update_product(tx, product_id, changes, requests.expected_version(request))
        return pb.UpdateProductResponse(product=mapping.product_message(product))

    @override
    async def DeleteProduct(self, request: pb.DeleteProductRequest, context: Context) -> pb.DeleteProductResponse:
        product_id = parse_id(request.product_id, "id")
        async with self._database.transaction() as tx:
            await products.delete_product(tx, product_id, requests.expected_version(request))
        return pb.DeleteProductResponse()

    async def _page(self, records: Records[R], page: Page, text: str, account_id: UUID | None = None) -> Listed[R]:
        search = search_of(text)
        async with self._database.reading() as connection:
            return await records.page(connection, page, search=search, account_id=account_id)

    async def _with_notes(self, records: Records[R], text: str, kind: Kind) -> tuple[R, Sequence[RecordNote]]:
        record_id = parse_id(text, "id")
        async with self._database.reading() as connection:
            record = await get_record(connection, records, record_id)
            return record, await newest_notes(connection, kind, record_id)
