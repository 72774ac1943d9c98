"""Request ids, ETags, idempotency keys, HEAD, security headers and CORS."""

from typing import Any

import httpx
import pytest
from leadline.leads.v1 import lead_service_pb2

from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.contract.gateway.samples import LEAD_ID

URL = f"/leads/{LEAD_ID}"


@pytest.fixture
def backend(backend: Backend) -> Backend:
    backend.answers["GetLead"] = lead_service_pb2.GetLeadResponse(lead=samples.LEAD)
    backend.answers["CreateLead"] = lead_service_pb2.CreateLeadResponse(lead=samples.LEAD)
    backend.answers["UpdateLead"] = lead_service_pb2.UpdateLeadResponse(lead=samples.LEAD)
    return backend


async def test_the_callers_request_id_goes_all_the_way(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    response = await admin.get(URL, headers={"x-request-id": "web-form/42~!"})
    assert response.headers.get_list("x-request-id") == ["web-form/42~!"]
    assert backend.call.metadata["x-request-id"] == "web-form/42~!"


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 129, "é"])
async def test_without_a_usable_one_a_request_gets_a_new_id(
    sent: str | None, admin: httpx.AsyncClient, backend: Backend
) -> None:
    headers = {b"x-request-id": sent.encode("latin-1")} if sent is not None else {}
    ids = {(await admin.get(URL, headers=headers)).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(len(each) == 36 for each in ids)
    assert {call.metadata["x-request-id"] for call in backend.calls} == ids


@pytest.mark.parametrize(("sent", "expected"), [('"7"', 7), ('W/"7"', 7), ("*", None), (None, None)])
async def test_if_match_becomes_the_expected_version(
    sent: str | None, expected: int | None, admin: httpx.AsyncClient, backend: Backend
) -> None:
    headers = {} if sent is None else {"if-match": sent}
    assert (await admin.put(URL, json={"company": "x"}, headers=headers)).status_code == 200
    request = backend.call.request
    assert request.HasField("expected_version") == (expected is not None)
    assert expected in (None, request.expected_version)  # type: ignore[attr-defined]


@pytest.mark.parametrize("sent", ["7", '"seven"', '"7", "8"', '"-1"', '"9999999999999999999"', ""])
async def test_an_if_match_that_is_no_etag_of_ours_is_refused(
    sent: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    said = assert_problem(await admin.delete(URL, headers={"if-match": sent}), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [("If-Match", "not_an_etag")]
    assert backend.calls == []


async def test_an_idempotency_key_is_passed_on_and_none_is_made_up(admin: httpx.AsyncClient, backend: Backend) -> None:
    for headers in ({"idempotency-key": "order-4711"}, {}):
        assert (await admin.post("/leads", json={"company": "x"}, headers=headers)).status_code == 201
    assert [call.metadata.get("idempotency-key") for call in backend.calls] == ["order-4711", None]


@pytest.mark.parametrize("sent", [b"", b"a b", b"x" * 256, b"\xff"])
async def test_an_idempotency_key_that_cannot_travel_is_refused(
    sent: bytes, admin: httpx.AsyncClient, backend: Backend
) -> None:
    headers = {b"idempotency-key": sent}
    response = await admin.post("/leads", json={"company": "x"}, headers=headers)
    said = assert_problem(response, 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [("Idempotency-Key", "not_a_key")]
    assert backend.calls == []


async def test_a_head_is_its_get_without_the_body(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    whole, head = await admin.get(URL), await admin.head(URL)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "content-type", "content-length"):
        assert head.headers[name] == whole.headers[name]
    assert [line["method"] for line in logged if line["event"] == "request"] == ["GET", "HEAD"]


async def test_every_answer_has_the_security_headers(admin: httpx.AsyncClient, backend: Backend) -> None:
    for path in (URL, "/nothing", "/docs", "/healthz"):
        headers = (await admin.get(path)).headers
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "server" not in headers
    assert (await admin.get(URL)).headers["cache-control"] == "no-store"


async def test_the_log_has_one_line_a_request_without_query_body_or_token(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    await admin.post("/leads", json={"company": "Private Ltd"})
    await admin.get("/leads?search=private&nothing=1")
    lines = [line for line in logged if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/leads", 201),
        ("GET", "/leads", 422),
    ]
    assert all(line["ms"] > 0 for line in lines)
    assert "rivate" not in str(logged)
    assert admin.headers["authorization"].removeprefix("Bearer ") not in str(logged)


PAGE = {"origin": "https://app.example"}
PREFLIGHT = {**PAGE, "access-control-request-method": "PUT", "access-control-request-headers": "if-match"}


async def test_pages_of_other_origins_are_not_let_in(admin: httpx.AsyncClient, backend: Backend) -> None:
    assert "access-control-allow-origin" not in (await admin.get(URL, headers=PAGE)).headers
    assert_problem(await admin.options(URL, headers=PREFLIGHT), 405, "method_not_allowed")


async def test_configured_origins_are_let_in(services: Backend) -> None:
    async with (
        running_gateway(services, cors_origins="https://app.example, https://other.example") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        allowed = (await client.options(URL, headers=PREFLIGHT)).headers
        assert allowed["access-control-allow-origin"] == PAGE["origin"]
        refused = await client.get(URL, headers=PAGE)
        assert refused.status_code == 401
        assert "etag" in refused.headers["access-control-expose-headers"]
        foreign = await client.options(URL, headers={**PREFLIGHT, "origin": "https://evil.example"})
        assert "access-control-allow-origin" not in foreign.headers
