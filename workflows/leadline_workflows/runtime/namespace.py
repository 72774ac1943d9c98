"""What the namespace must know before the first run: the search attributes that operators filter by."""

from collections.abc import Iterable

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from kit.logs import get_logger
from leadline_workflows.contracts import search_attributes

log = get_logger(__name__)


_TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


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
    for name, wanted in search_attributes.TYPES.items():
        if name in known and known[name] != _TYPES[wanted]:
            message = f"the search attribute {name} of namespace {client.namespace} is no {wanted}"
            raise NamespaceError(message)
    missing = [name for name in search_attributes.TYPES if name not in known]
    if missing:
        await add_search_attributes(client, missing)
        log.info("search attributes registered", names=missing)
    return missing


async def add_search_attributes(client: Client, names: Iterable[str]) -> None:
    """Register search attributes of ours that the namespace does not have."""
    request = AddSearchAttributesRequest(
        namespace=client.namespace,
        search_attributes={name: _TYPES[search_attributes.TYPES[name]] for name in names},
    )
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        # Another worker starts at the same moment.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
