"""What a caller can get wrong: always a problem with a code, one line in the log, and no call to a service."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.gateway.answers import assert_one_line, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import ENTRY_ID, LEAD_ID, PIPELINE_ID, PRODUCT_ID, STAGE_ID

Lines = list[dict[str, Any]]

JSON = {"content-type": "application/json"}
LEAD = f"/leads/{LEAD_ID}"

# A JSON body, the field at fault, and what is wrong with it.
BODIES: list[tuple[str, str, Any, str, str]] = [
    ("POST", "/leads", {"company": "x", "shoeSize": 42}, "shoeSize", "unknown_field"),
    ("POST", "/leads", {"first_name": "Alice"}, "first_name", "unknown_field"),
    ("POST", "/leads", {"score": 100}, "score", "unknown_field"),
    ("POST", "/leads", {"company": 7}, "company", "wrong_type"),
    ("POST", "/leads", {"company": 7.5}, "company", "wrong_type"),
    ("POST", "/leads", {"company": True}, "company", "wrong_type"),
    ("POST", "/leads", {"company": ["x"]}, "company", "wrong_type"),
    ("POST", "/leads", {"estimatedValue": "50000"}, "estimatedValue", "wrong_type"),
    ("POST", "/leads", {"estimatedValue": True}, "estimatedValue", "wrong_type"),
    ("POST", "/leads", {"customFields": []}, "customFields", "wrong_type"),
    ("POST", "/leads", {"customFields": "{}"}, "customFields", "wrong_type"),
    ("POST", "/leads", {"stageId": "pipeline-uuid"}, "stageId", "not_a_uuid"),
    ("POST", "/leads", {"stageId": 7}, "stageId", "wrong_type"),
    ("POST", "/leads", {"assignedTo": "me"}, "assignedTo", "not_a_uuid"),
    ("POST", "/leads", {"company": "a\0b"}, "company", "wrong_character"),
    ("POST", "/leads", {"customFields": {"a": [{"b": "\ud800"}]}}, "customFields.a[0].b", "wrong_character"),
    ("POST", "/leads", {"customFields": {"a\udfff": 1}}, "customFields", "wrong_character"),
    ("POST", "/leads", [], "body", "wrong_type"),
    ("POST", "/leads", None, "body", "wrong_type"),
    ("POST", "/leads", "Alice", "body", "wrong_type"),
    ("PUT", LEAD, {"version": 7}, "version", "unknown_field"),
    ("PUT", LEAD, {"status": "converted"}, "status", "unknown_field"),
    ("POST", f"{LEAD}/change-stage", {}, "stageId", "required"),
    ("POST", f"{LEAD}/change-stage", {"stageId": None}, "stageId", "wrong_type"),
    ("POST", f"{LEAD}/change-stage", {"stageId": STAGE_ID, "stageFieldValues": 1}, "stageFieldValues", "wrong_type"),
    ("POST", f"{LEAD}/notes", {}, "content", "required"),
    ("POST", f"{LEAD}/notes", {"content": {"a": 1}}, "content", "wrong_type"),
    ("POST", f"{LEAD}/activities", {"direction": "outbound"}, "type", "required"),
    *(
        (
            "POST",
            f"{LEAD}/activities",
            {"type": "call", "direction": "inbound", "occurredAt": given},
            "occurredAt",
            code,
        )
        for given, code in (
            ("2025-01-20", "not_a_timestamp"),
            ("2025-01-20T10:00:00", "not_a_timestamp"),
            ("2025-02-30T10:00:00Z", "not_a_timestamp"),
            ("0001-01-01T00:00:00+14:00", "not_a_timestamp"),
            (1737367200, "wrong_type"),
        )
    ),
    ("POST", f"{LEAD}/convert", {"createContact": "true"}, "createContact", "wrong_type"),
    ("POST", f"{LEAD}/convert", {"createContact": 1}, "createContact", "wrong_type"),
    ("POST", f"{LEAD}/convert", {"accountId": "existing-account-uuid"}, "accountId", "not_a_uuid"),
    ("PUT", "/lead-settings/qualification-threshold", {}, "threshold", "required"),
    ("PUT", "/lead-settings/qualification-threshold", {"threshold": 60.0}, "threshold", "wrong_type"),
    ("PUT", "/lead-settings/qualification-threshold", {"threshold": True}, "threshold", "wrong_type"),
    ("PUT", "/lead-settings/qualification-threshold", {"threshold": 2**31}, "threshold", "out_of_range"),
    ("PUT", f"/lead-settings/pipelines/{PIPELINE_ID}", {"movement": "sideways"}, "movement", "not_allowed"),
    ("PUT", f"/lead-settings/pipelines/{PIPELINE_ID}", {"name": None}, "name", "wrong_type"),
    ("PUT", f"/lead-settings/stages/{STAGE_ID}", {"position": "1"}, "position", "wrong_type"),
    ("PUT", f"/lead-settings/stages/{STAGE_ID}", {"position": 2**64}, "position", "wrong_type"),
    ("PUT", f"/lead-settings/priorities/{ENTRY_ID}", {"name": "urgent"}, "name", "unknown_field"),
    ("PUT", f"/lead-settings/sources/{ENTRY_ID}", {"isActive": None}, "isActive", "wrong_type"),
    ("PUT", "/lead-settings/settings", [], "body", "wrong_type"),
    ("POST", "/products", {"unitPrice": "5"}, "unitPrice", "wrong_type"),
    ("PUT", f"/products/{PRODUCT_ID}", {"price": 5}, "price", "unknown_field"),
]

QUERIES: list[tuple[str, str, str]] = [
    ("/leads?priorty=high", "priorty", "unknown_parameter"),
    (f"{LEAD}?expand=all", "expand", "unknown_parameter"),
    ("/lead-settings/priorities?page=1", "page", "unknown_parameter"),
    ("/leads?page=1&page=2", "page", "given_twice"),
    ("/leads?priority=high&priority=low", "priority", "given_twice"),
    ("/leads?page=0", "page", "out_of_range"),
    ("/leads?page=-1", "page", "wrong_type"),
    ("/leads?page=1.0", "page", "wrong_type"),
    ("/leads?page=", "page", "wrong_type"),
    ("/leads?page=9999999999", "page", "wrong_type"),
    ("/leads?page=٣", "page", "wrong_type"),
    ("/leads?limit=101", "limit", "out_of_range"),
    ("/leads?limit=0", "limit", "out_of_range"),
    ("/leads?limit=many", "limit", "wrong_type"),
    ("/leads?page=1&cursor=abc", "page", "not_together"),
    ("/leads?stageId=New", "stageId", "not_a_uuid"),
    (f"/leads?stageId={STAGE_ID},", "stageId", "empty"),
    ("/leads?assignedTo=you", "assignedTo", "not_a_uuid"),
    ("/leads?status=lost", "status", "not_allowed"),
    ("/leads?status=open,lost", "status", "not_allowed"),
    ("/leads?slaStatus=late", "slaStatus", "not_allowed"),
    ("/leads?qualified=yes", "qualified", "wrong_type"),
    ("/leads?createdFrom=2025-01-20", "createdFrom", "not_a_timestamp"),
    ("/leads?createdTo=2025-01-20T10:00:00+01:00", "createdTo", "not_a_timestamp"),
    ("/leads?sortBy=id", "sortBy", "not_allowed"),
    ("/leads?sortDir=up", "sortDir", "not_allowed"),
    ("/leads?search=" + "a" * 201, "search", "too_long"),
    ("/leads?search=a%00b", "search", "wrong_character"),
    ("/leads?priority=" + ",".join(["high"] * 101), "priority", "too_many"),
    ("/leads/sla/summary?search=x", "search", "unknown_parameter"),
    ("/lead-settings/pipelines?module=deals", "module", "not_allowed"),
    ("/lead-settings/stages?pipelineId=x", "pipelineId", "not_a_uuid"),
    ("/contacts?accountId=x", "accountId", "not_a_uuid"),
    ("/products?sortBy=name", "sortBy", "unknown_parameter"),
    ("/leads/not-a-uuid", "id", "not_a_uuid"),
    ("/leads/018f4e6e7f5a7c3e9d3b2f1c5e8a9b10", "id", "not_a_uuid"),
    ("/leads/%00", "id", "not_a_uuid"),
    ("/leads/sla", "id", "not_a_uuid"),
    ("/accounts/%F0%9F%9A%80", "id", "not_a_uuid"),
]

UNREADABLE: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b"{", "cut off"),
    (b'{"company": "x"} {}', "two values"),
    (b"company=x", "a form"),
    (b'{"company": "a", "company": "b"}', "a key twice"),
    (b'{"company": NaN}', "no number"),
    (b'{"company": "\xff"}', "not UTF-8"),
    (b'{"company": "\xed\xa0\x80"}', "a surrogate in bytes"),
    ('{"company": "x"}'.encode("utf-16"), "UTF-16"),
    (b'\xef\xbb\xbf{"company": "x"}', "a byte order mark"),
    (b'{"company": "a\nb"}', "a raw line break"),
    (b'{"customFields":' * 50_000, "very deep"),
    (b"[" * 500_000, "deeper still"),
]

UNBOUNDED: list[tuple[str, str, str]] = [
    ('{"estimatedValue": 1e999999999}', "body", "out_of_range"),
    ('{"estimatedValue": 1e-999999999}', "body", "out_of_range"),
    ('{"estimatedValue": %s}' % ("9" * 5000), "body", "out_of_range"),
    ('{"customFields": {"a": 1e400}}', "body", "out_of_range"),
    ('{"customFields": {"a": %s}}' % ("[" * 70 + "]" * 70), "customFields.a" + "[0]" * 28, "too_deep"),
]


@pytest.mark.parametrize("case", BODIES, ids=lambda case: ascii(case[:3])[:70])
async def test_a_wrong_body_is_refused_with_the_field_named(
    case: tuple[str, str, Any, str, str],
    admin: httpx.AsyncClient,
    backend: Backend,
    logged: Lines,
    caplog: pytest.LogCaptureFixture,
) -> None:
    verb, url, body, field, code = case
    # ASCII with escapes: the only way to send half of a surrogate pair.
    response = await admin.request(verb, url, content=json.dumps(body), headers=JSON)
    said = assert_problem(response, 422, "validation_failed")
    assert {"field": field, "code": code} in [{"field": each["field"], "code": each["code"]} for each in said["errors"]]
    assert field in said["detail"]
    assert_one_line(logged, 422, "validation_failed")
    assert (backend.calls, caplog.records) == ([], [])


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: ascii(case[0])[:60])
async def test_a_wrong_path_or_query_is_refused_with_the_parameter_named(
    case: tuple[str, str, str], admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    url, field, code = case
    said = assert_problem(await admin.get(url), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [(field, code)]
    assert_one_line(logged, 422, "validation_failed")
    assert backend.calls == []


@pytest.mark.parametrize("content", [content for content, _ in UNREADABLE], ids=[what for _, what in UNREADABLE])
async def test_what_is_not_json_is_400(
    content: bytes, admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    assert_problem(await admin.post("/leads", content=content, headers=JSON), 400, "not_json")
    assert_one_line(logged, 400, "not_json")
    assert backend.calls == []


@pytest.mark.parametrize("case", UNBOUNDED, ids=lambda case: case[0][:40])
async def test_what_would_grow_without_bound_is_refused(
    case: tuple[str, str, str], admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    content, field, code = case
    said = assert_problem(await admin.post("/leads", content=content, headers=JSON), 422, "validation_failed")
    ((named, why),) = [(each["field"], each["code"]) for each in said["errors"]]
    assert (named[: len(field)], why) == (field, code)
    assert len(named) <= 100
    assert_one_line(logged, 422, "validation_failed")
    assert backend.calls == []


async def test_many_faults_are_named_up_to_a_hundred(admin: httpx.AsyncClient, backend: Backend) -> None:
    body = {f"field{number}" + "x" * 200: number for number in range(500)}
    said = assert_problem(await admin.post("/leads", json=body), 422, "validation_failed")
    assert len(said["errors"]) == 100
    assert max(len(each["field"]) for each in said["errors"]) == 100
    assert backend.calls == []


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json", ""]
)
async def test_another_content_type_is_415(
    content_type: str, admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    response = await admin.post("/leads", content=b'{"company": "x"}', headers={"content-type": content_type})
    assert_problem(response, 415, "unsupported_media_type")
    assert_one_line(logged, 415, "unsupported_media_type")
    assert backend.calls == []


async def test_a_missing_content_type_is_415(admin: httpx.AsyncClient, backend: Backend) -> None:
    assert_problem(await admin.post("/leads", content=b'{"company": "x"}'), 415, "unsupported_media_type")
    assert backend.calls == []


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_413_announced_or_not(
    announced: bool, admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    whole = b'{"description": "' + b"x" * (1024 * 1024) + b'"}'

    async def chunks() -> Any:
        for start in range(0, len(whole), 65536):
            yield whole[start : start + 65536]

    response = await admin.post("/leads", content=whole if announced else chunks(), headers=JSON)
    assert_problem(response, 413, "body_too_large")
    assert_one_line(logged, 413, "body_too_large")
    assert backend.calls == []


@pytest.mark.parametrize(
    "case",
    [
        ("GET", "/", 404, "path_not_found"),
        ("GET", "/lead", 404, "path_not_found"),
        ("GET", "/leads/", 404, "path_not_found"),
        ("GET", f"{LEAD}/", 404, "path_not_found"),
        ("GET", "/docs/static/redoc.standalone.js/x", 404, "path_not_found"),
        ("PATCH", LEAD, 405, "method_not_allowed"),
        ("POST", "/accounts", 405, "method_not_allowed"),
    ],
)
async def test_what_there_is_not_is_a_problem_too(
    case: tuple[str, str, int, str], admin: httpx.AsyncClient, logged: Lines
) -> None:
    verb, path, status, code = case
    assert_problem(await admin.request(verb, path), status, code)
    assert_one_line(logged, status, code)


async def test_405_names_all_methods_of_the_path(admin: httpx.AsyncClient) -> None:
    assert (await admin.patch(LEAD)).headers["allow"] == "DELETE, GET, HEAD, PUT"
    assert (await admin.delete("/leads")).headers["allow"] == "GET, HEAD, POST"
