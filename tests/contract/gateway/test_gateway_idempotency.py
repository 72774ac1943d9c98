"""Every POST takes an idempotency key and passes it on to the service that carries it out."""

import json
from typing import Any

import httpx
import pytest

from gateway.operations import Operation
from kit.errors import refused
from tests.contract.gateway.answers import OPERATIONS, assert_problem
from tests.contract.gateway.backend import METHODS, Backend
from tests.contract.gateway.samples import uid

POSTS = [each for each in OPERATIONS if "POST" in (each.methods or ())]
FILE = {"file": ("leads.csv", b"lastName\nJohnson\n", "text/csv")}


def url_of(operation: Operation) -> str:
    """Its path with an id wherever one belongs."""
    return operation.path_format.format(**{name: uid(5) for name in operation.param_convertors})


def body_of(operation: Operation) -> dict[str, Any]:
    """A body that it takes, as it documents one."""
    if operation.takes_upload:
        return {"files": FILE}
    if operation.body_field is None:
        return {}
    shape = operation.body_field.field_info.annotation
    (example, *_) = shape.model_config["json_schema_extra"]["examples"]  # type: ignore[union-attr]
    return {"json": json.loads(json.dumps(example))}


@pytest.mark.parametrize("operation", POSTS, ids=lambda operation: operation.path)
async def test_no_post_forgets_to_pass_the_key_on(
    operation: Operation, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers.update(dict.fromkeys(METHODS, refused("IDEMPOTENCY_IN_PROGRESS", "It runs.")))
    headers = {"idempotency-key": "a-key"}
    response = await admin.post(url_of(operation), headers=headers, **body_of(operation))
    assert_problem(response, 409, "idempotency_in_progress")
    assert response.headers["retry-after"] == "1"
    assert backend.call.metadata["idempotency-key"] == "a-key"


async def test_every_post_of_the_gateway_is_among_them(anonymous: httpx.AsyncClient) -> None:
    paths = (await anonymous.get("/openapi.json")).json()["paths"]
    assert {path for path, verbs in paths.items() if "post" in verbs} == {each.path_format for each in POSTS}
    assert len(POSTS) > 20
