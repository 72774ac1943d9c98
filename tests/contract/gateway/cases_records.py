"""Accounts, contacts, opportunities and products: their lists, with every filter, in every way to page."""

from leadline.crm.v1 import record_service_pb2 as pb

from tests.contract.gateway import samples_records as records
from tests.contract.gateway.cases import Read, cursor_page_of
from tests.contract.gateway.samples import ACCOUNT_ID, CONTACT_ID, PIPELINE_ID, STAGE_ID, USER_ID

READS = [
    Read(
        f"/accounts?page=2&limit=10&search=start&ownerId=me,none,{USER_ID}&emailDomain=a.io,b.io&sortBy=name&sortDir=asc",
        "ListAccounts",
        pb.ListAccountsRequest(
            search="start",
            page=2,
            limit=10,
            owner_ids=["me", "none", USER_ID],
            email_domains=["a.io", "b.io"],
            sort_by="name",
            sort_dir="asc",
        ),
        pb.ListAccountsResponse(accounts=[records.ACCOUNT], total=51, next_cursor="abc"),
        cursor_page_of(records.ACCOUNT_JSON),
    ),
    Read(
        f"/contacts?cursor=xyz&limit=10&search=al&accountId={ACCOUNT_ID},{USER_ID}&email=a@b.io&ownerId=me&sortBy=lastName",
        "ListContacts",
        pb.ListContactsRequest(
            search="al",
            cursor="xyz",
            limit=10,
            account_ids=[ACCOUNT_ID, USER_ID],
            emails=["a@b.io"],
            owner_ids=["me"],
            sort_by="lastName",
            sort_dir="desc",
        ),
        pb.ListContactsResponse(contacts=[records.CONTACT], total=51),
        cursor_page_of(records.CONTACT_JSON, page=None, cursor=None),
    ),
    Read(
        f"/opportunities?page=2&limit=10&search=deal&accountId={ACCOUNT_ID}&contactId={CONTACT_ID}"
        f"&pipelineId={PIPELINE_ID}&stageId={STAGE_ID}&ownerId={USER_ID}&sortBy=value&sortDir=desc",
        "ListOpportunities",
        pb.ListOpportunitiesRequest(
            search="deal",
            page=2,
            limit=10,
            account_ids=[ACCOUNT_ID],
            contact_ids=[CONTACT_ID],
            pipeline_ids=[PIPELINE_ID],
            stage_ids=[STAGE_ID],
            owner_ids=[USER_ID],
            sort_by="value",
            sort_dir="desc",
        ),
        pb.ListOpportunitiesResponse(opportunities=[records.OPPORTUNITY], total=51, next_cursor="abc"),
        cursor_page_of(records.OPPORTUNITY_JSON),
    ),
    Read(
        "/products?page=2&limit=10&search=plan&isActive=false",
        "ListProducts",
        pb.ListProductsRequest(search="plan", page=2, limit=10, is_active=False, sort_by="name"),
        pb.ListProductsResponse(products=[records.PRODUCT], total=51, next_cursor="abc"),
        cursor_page_of(records.PRODUCT_JSON),
    ),
    Read(
        "/products?sortBy=unitPrice&sortDir=asc&limit=10&page=2",
        "ListProducts",
        pb.ListProductsRequest(page=2, limit=10, sort_by="unitPrice", sort_dir="asc"),
        pb.ListProductsResponse(total=51, next_cursor="abc"),
        cursor_page_of(),
    ),
]
