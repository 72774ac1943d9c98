"""What the namespace must know before the first run: the search attributes that operators filter by."""

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from kit.logs import get_logger
from leadline_workflows.contracts import search_attributes

log = get_logger(__name__)


class NamespaceError(Exception):
    """The namespace is set up for something else."""


async def ensure_search_attributes(client: Client) -> list[str]:
    """Register the search attributes that the namespace does not have, and answer their names.

    Raises:
        NamespaceError: one is there with another type.
    """
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    known = listed.custom_attributes
    for name in search_attributes.KEYWORDS:
        if name in known and known[name] != IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD:
            message = f"the search attribute {name} of namespace {client.namespace} is not a keyword"
            raise NamespaceError(message)
    missing = [name for name in search_attributes.KEYWORDS if name not in known]
    if missing:
        await _add(client, missing)
        log.info("search attributes registered", names=missing)
    return missing


async def _add(client: Client, names: list[str]) -> None:
    request = AddSearchAttributesRequest(
        namespace=client.namespace,
        search_attributes=dict.fromkeys(names, IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
    )
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        # Another worker starts at the same moment.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
