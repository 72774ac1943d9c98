"""RecordService: reading the records, and keeping the product catalogue."""

from leadline.crm.v1 import record_service_pb2 as pb
from leadline.crm.v1 import record_service_pb2_grpc as pb_grpc
from typing_extensions import override

from crm_service.domain.paging import Asked
from crm_service.domain.records import Kind
from crm_service.rpc import lists, mapping, requests
from crm_service.store.lists import list_records
from crm_service.store.records import (
    ACCOUNT_RECORDS,
    CONTACT_RECORDS,
    OPPORTUNITY_RECORDS,
    PRODUCT_RECORDS,
    R,
    Records,
)
from crm_service.usecases import products
from crm_service.usecases.records import Whole, get_record, get_whole
from kit.context import current_principal
from kit.db.database import Database, Writing
from kit.db.idempotency import Idempotency, key_of_call
from kit.ids import parse_id
from kit.paging import Page
from kit.rpc.guard import Context


class RecordServicer(pb_grpc.RecordServiceServicer):
    """Each write is one transaction; each read sees what is committed."""

    def __init__(self, database: Database, idempotency: Idempotency) -> None:
        self._database = database
        self._idempotency = idempotency

    @override
    async def ListAccounts(self, request: pb.ListAccountsRequest, context: Context) -> pb.ListAccountsResponse:
        asked = lists.accounts(request, current_principal().user_id)
        page = await self._page(ACCOUNT_RECORDS, asked)
        return pb.ListAccountsResponse(
            accounts=map(mapping.account_message, page.records),
            total=page.total,
            next_cursor=lists.next_cursor(ACCOUNT_RECORDS, asked, page),
        )

    @override
    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.GetAccountResponse:
        whole = await self._whole(ACCOUNT_RECORDS, request.account_id, Kind.ACCOUNT)
        return pb.GetAccountResponse(account=mapping.whole_account(whole))

    @override
    async def ListContacts(self, request: pb.ListContactsRequest, context: Context) -> pb.ListContactsResponse:
        asked = lists.contacts(request, current_principal().user_id)
        page = await self._page(CONTACT_RECORDS, asked)
        return pb.ListContactsResponse(
            contacts=map(mapping.contact_message, page.records),
            total=page.total,
            next_cursor=lists.next_cursor(CONTACT_RECORDS, asked, page),
        )

    @override
    async def GetContact(self, request: pb.GetContactRequest, context: Context) -> pb.GetContactResponse:
        whole = await self._whole(CONTACT_RECORDS, request.contact_id, Kind.CONTACT)
        return pb.GetContactResponse(contact=mapping.whole_contact(whole))

    @override
    async def ListOpportunities(
        self, request: pb.ListOpportunitiesRequest, context: Context
    ) -> pb.ListOpportunitiesResponse:
        asked = lists.opportunities(request, current_principal().user_id)
        page = await self._page(OPPORTUNITY_RECORDS, asked)
        return pb.ListOpportunitiesResponse(
            opportunities=map(mapping.opportunity_message, page.records),
            total=page.total,
            next_cursor=lists.next_cursor(OPPORTUNITY_RECORDS, asked, page),
        )

    @override
    async def GetOpportunity(self, request: pb.GetOpportunityRequest, context: Context) -> pb.GetOpportunityResponse:
        whole = await self._whole(OPPORTUNITY_RECORDS, request.opportunity_id, Kind.OPPORTUNITY)
        return pb.GetOpportunityResponse(opportunity=mapping.whole_opportunity(whole))

    @override
    async def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ListProductsResponse:
        asked = lists.products(request)
        page = await self._page(PRODUCT_RECORDS, asked)
        return pb.ListProductsResponse(
            products=map(mapping.product_message, page.records),
            total=page.total,
            next_cursor=lists.next_cursor(PRODUCT_RECORDS, asked, page),
        )

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

    async def _page(self, records: Records[R], asked: Asked) -> Page[R]:
        async with self._database.reading() as connection:
            return await list_records(connection, records, asked)

    async def _whole(self, records: Records[R], text: str, kind: Kind) -> Whole[R]:
        record_id = parse_id(text, "id")
        async with self._database.reading() as connection:
            return await get_whole(connection, records, kind, record_id)
