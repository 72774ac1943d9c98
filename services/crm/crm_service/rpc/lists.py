"""Requests for lists as what is asked of the store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from leadline.crm.v1 import record_service_pb2 as pb

from crm_service.domain.conversion import email_key
from crm_service.domain.paging import Asked, order_of, search_of
from crm_service.store.lists import has_key
from crm_service.store.records import ACCOUNT_RECORDS, CONTACT_RECORDS, OPPORTUNITY_RECORDS, PRODUCT_RECORDS, Records
from kit.ids import parse_id
from kit.paging import Page, PageRequest, cursor_of, few, no_cursor, span_of

_OWNERS = {"me", "none"}


class ListRequest(PageRequest, Protocol):
    """A request for a page of a list of records."""

    search: str
    sort_by: str
    sort_dir: str


def accounts(request: pb.ListAccountsRequest, caller: UUID) -> Asked:
    """Which accounts."""
    domains = [domain.lower() for domain in few(request.email_domains, "emailDomain")]
    values: dict[str, Sequence[Any]] = {"owner_id": _owners(request.owner_ids, caller), "email_domain": domains}
    return _asked(ACCOUNT_RECORDS, request, values)


def contacts(request: pb.ListContactsRequest, caller: UUID) -> Asked:
    """Which contacts."""
    values: dict[str, Sequence[Any]] = {
        "account_id": _ids([*request.account_ids, request.account_id], "accountId"),
        "email_key": [email_key(email) for email in few(request.emails, "email")],
        "owner_id": _owners(request.owner_ids, caller),
    }
    return _asked(CONTACT_RECORDS, request, values)


def opportunities(request: pb.ListOpportunitiesRequest, caller: UUID) -> Asked:
    """Which opportunities."""
    values: dict[str, Sequence[Any]] = {
        "account_id": _ids([*request.account_ids, request.account_id], "accountId"),
        "contact_id": _ids(request.contact_ids, "contactId"),
        "pipeline_id": _ids(request.pipeline_ids, "pipelineId"),
        "stage_id": _ids(request.stage_ids, "stageId"),
        "owner_id": _owners(request.owner_ids, caller),
    }
    return _asked(OPPORTUNITY_RECORDS, request, values)


def products(request: pb.ListProductsRequest) -> Asked:
    """Which products."""
    values = {"is_active": [request.is_active] if request.HasField("is_active") else []}
    return _asked(PRODUCT_RECORDS, request, values, ascending="name")


def next_cursor(records: Records[Any], asked: Asked, page: Page[Any]) -> str:
    """The cursor for what comes behind a page; empty at the end of the list."""
    return cursor_of(page.end, _list_name(records, asked.order.name))


def _asked(
    records: Records[Any],
    request: ListRequest,
    values: Mapping[str, Sequence[Any]],
    *,
    ascending: str | None = None,
) -> Asked:
    order = order_of(request.sort_by, request.sort_dir, [*records.sorts], ascending=ascending)
    span = span_of(request, _list_name(records, order.name))
    if span.after and not (span.after.is_told and has_key(records, order, span.after.key)):
        raise no_cursor()
    return Asked(search_of(request.search), values, order, span)


def _list_name(records: Records[Any], order_name: str) -> str:
    return f"{records.noun} {order_name}"


def _ids(values: Sequence[str], field: str) -> list[UUID]:
    return [parse_id(value, field) for value in few([value for value in values if value], field)]


def _owners(values: Sequence[str], caller: UUID) -> list[UUID | None]:
    """The users meant by ids and ``me``; nobody for ``none``."""
    given = few(values, "ownerId")
    ids = {value: parse_id(value, "ownerId") for value in given if value not in _OWNERS}
    return [None if value == "none" else ids.get(value, caller) for value in given]
