"""`/accounts`, `/contacts`, `/opportunities`: what conversions made, to read back."""

from typing import Annotated

from fastapi import Query
from leadline.crm.v1 import record_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import crm
from gateway.answers.json import ok, page
from gateway.clients import Services
from gateway.operations import Operations
from gateway.schemas.base import Page, PathId
from gateway.schemas.crm import (
    Account,
    Contact,
    ListedAccount,
    ListedContact,
    ListedOpportunity,
    Opportunity,
    RecordQuery,
    SearchQuery,
)

operations = Operations("Records", pb.DESCRIPTOR.services_by_name["RecordService"])

SearchAsked = Annotated[SearchQuery, Query()]
RecordsAsked = Annotated[RecordQuery, Query()]


@operations.add("GET", "/accounts", "ListAccounts", answer=Page[ListedAccount])
async def list_accounts(services: Services, query: SearchAsked) -> Response:
    """List accounts, newest first."""
    request = pb.ListAccountsRequest(search=query.search, page=query.page, limit=query.limit)
    answer = await services.call(services.records.ListAccounts, request)
    items = [crm.account(each) for each in answer.accounts]
    return page(items, total=answer.total, page=query.page, limit=query.limit)


@operations.add("GET", "/accounts/{id}", "GetAccount", answer=Account)
async def get_account(services: Services, record_id: PathId) -> Response:
    """Read an account."""
    found = (await services.call(services.records.GetAccount, pb.GetAccountRequest(account_id=record_id))).account
    return ok(crm.account(found) | crm.notes(found), version=found.version)


@operations.add("GET", "/contacts", "ListContacts", answer=Page[ListedContact])
async def list_contacts(services: Services, query: RecordsAsked) -> Response:
    """List contacts, newest first."""
    request = pb.ListContactsRequest(
        search=query.search, account_id=query.account_id or "", page=query.page, limit=query.limit
    )
    answer = await services.call(services.records.ListContacts, request)
    items = [crm.contact(each) for each in answer.contacts]
    return page(items, total=answer.total, page=query.page, limit=query.limit)


@operations.add("GET", "/contacts/{id}", "GetContact", answer=Contact)
async def get_contact(services: Services, record_id: PathId) -> Response:
    """Read a contact."""
    found = (await services.call(services.records.GetContact, pb.GetContactRequest(contact_id=record_id))).contact
    return ok(crm.contact(found) | crm.notes(found), version=found.version)


@operations.add("GET", "/opportunities", "ListOpportunities", answer=Page[ListedOpportunity])
async def list_opportunities(services: Services, query: RecordsAsked) -> Response:
    """List opportunities, newest first."""
    request = pb.ListOpportunitiesRequest(
        search=query.search, account_id=query.account_id or "", page=query.page, limit=query.limit
    )
    answer = await services.call(services.records.ListOpportunities, request)
    items = [crm.opportunity(each) for each in answer.opportunities]
    return page(items, total=answer.total, page=query.page, limit=query.limit)


@operations.add("GET", "/opportunities/{id}", "GetOpportunity", answer=Opportunity)
async def get_opportunity(services: Services, record_id: PathId) -> Response:
    """Read an opportunity."""
    request = pb.GetOpportunityRequest(opportunity_id=record_id)
    found = (await services.call(services.records.GetOpportunity, request)).opportunity
    return ok(crm.opportunity(found) | crm.notes(found), version=found.version)
