"""`/accounts`, `/contacts`, `/opportunities`: what conversions made, to read back."""

from typing import Annotated

from fastapi import Query
from leadline.crm.v1 import record_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import crm
from gateway.answers.json import cursor_page, ok
from gateway.clients import Services
from gateway.operations import Operations
from gateway.schemas.base import CursorPage, PathId
from gateway.schemas.crm import Account, Contact, ListedAccount, ListedContact, ListedOpportunity, Opportunity
from gateway.schemas.crm_query import AccountQuery, ContactQuery, OpportunityQuery

operations = Operations("Records", pb.DESCRIPTOR.services_by_name["RecordService"])


@operations.add("GET", "/accounts", "ListAccounts", answer=CursorPage[ListedAccount])
async def list_accounts(services: Services, query: Annotated[AccountQuery, Query()]) -> Response:
    """List accounts, the newest first unless asked otherwise.

    Filters combine with and, several values of one (by comma) with or.
    """
    answer = await services.call(services.records.ListAccounts, pb.ListAccountsRequest(**query.which()))
    items = [crm.account(each) for each in answer.accounts]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("GET", "/accounts/{id}", "GetAccount", answer=Account)
async def get_account(services: Services, record_id: PathId) -> Response:
    """Read an account."""
    found = (await services.call(services.records.GetAccount, pb.GetAccountRequest(account_id=record_id))).account
    return ok(crm.account(found) | crm.came_over(found), version=found.version)


@operations.add("GET", "/contacts", "ListContacts", answer=CursorPage[ListedContact])
async def list_contacts(services: Services, query: Annotated[ContactQuery, Query()]) -> Response:
    """List contacts, the newest first unless asked otherwise.

    Filters combine with and, several values of one (by comma) with or.
    """
    answer = await services.call(services.records.ListContacts, pb.ListContactsRequest(**query.which()))
    items = [crm.contact(each) for each in answer.contacts]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("GET", "/contacts/{id}", "GetContact", answer=Contact)
async def get_contact(services: Services, record_id: PathId) -> Response:
    """Read a contact."""
    found = (await services.call(services.records.GetContact, pb.GetContactRequest(contact_id=record_id))).contact
    return ok(crm.contact(found) | crm.came_over(found), version=found.version)


@operations.add("GET", "/opportunities", "ListOpportunities", answer=CursorPage[ListedOpportunity])
async def list_opportunities(services: Services, query: Annotated[OpportunityQuery, Query()]) -> Response:
    """List opportunities, the newest first unless asked otherwise.

    Filters combine with and, several values of one (by comma) with or.
    """
    answer = await services.call(services.records.ListOpportunities, pb.ListOpportunitiesRequest(**query.which()))
    items = [crm.opportunity(each) for each in answer.opportunities]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("GET", "/opportunities/{id}", "GetOpportunity", answer=Opportunity)
async def get_opportunity(services: Services, record_id: PathId) -> Response:
    """Read an opportunity."""
    request = pb.GetOpportunityRequest(opportunity_id=record_id)
    found = (await services.call(services.records.GetOpportunity, request)).opportunity
    return ok(crm.opportunity(found) | crm.came_over(found) | crm.lines(found), version=found.version)
