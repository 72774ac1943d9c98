"""Search attributes of a namespace: registered where they are missing, and never with another type."""

from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, RemoveSearchAttributesRequest
from temporalio.client import Client

from leadline_workflows.contracts import search_attributes
from leadline_workflows.runtime.namespace import NamespaceError, ensure_search_attributes
from tests.workflows.servers import start_temporal


@pytest.fixture
async def fresh() -> AsyncIterator[Client]:
    """A client of a namespace that knows no search attributes of ours."""
    async with await start_temporal(attributes=()) as environment:
        yield await environment.connect_client()


async def test_what_is_missing_is_registered_and_the_rest_left_alone(fresh: Client) -> None:
    assert await ensure_search_attributes(fresh) == list(search_attributes.TYPES)
    assert await ensure_search_attributes(fresh) == []
    request = RemoveSearchAttributesRequest(namespace=fresh.namespace, search_attributes=["Owner"])
    await fresh.operator_service.remove_search_attributes(request)
    assert await ensure_search_attributes(fresh) == ["Owner"]


@pytest.mark.parametrize(("name", "wanted"), [("Owner", "Keyword"), ("SlaDeadline", "Datetime")])
async def test_an_attribute_of_another_type_is_refused(fresh: Client, name: str, wanted: str) -> None:
    number = {name: IndexedValueType.INDEXED_VALUE_TYPE_INT}
    await fresh.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=fresh.namespace, search_attributes=number)
    )
    with pytest.raises(NamespaceError, match=f"{name} of namespace .* is no {wanted}"):
        await ensure_search_attributes(fresh)
