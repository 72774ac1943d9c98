"""What a caller can get wrong: always a problem with a code, one line in the log, and no call to a service."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.gateway.answers import assert_one_line, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.cases_life_cycle import BODIES as LIFE_CYCLE_BODIES
from tests.contract.gateway.samples import LEAD_ID, STAGE_ID
from tests.contract.gateway.wrong_bodies import BODIES
from tests.contract.gateway.wrong_settings import BODIES as SETTINGS_BODIES

Lines = list[dict[str, Any]]

JSON = {"content-type": "application/json"}
LEAD = f"/leads/{LEAD_ID}"
RECORDS = ("accounts", "contacts", "opportunities", "products")
# What grows around a lead, page by page.
AROUND = ("activities", "notes", "history", "stage-assignments")

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
    ("/accounts?accountId=" + STAGE_ID, "accountId", "unknown_parameter"),
    ("/contacts?pipelineId=" + STAGE_ID, "pipelineId", "unknown_parameter"),
    ("/opportunities?email=a@b.io", "email", "unknown_parameter"),
    ("/products?ownerId=me", "ownerId", "unknown_parameter"),
    ("/accounts?sortBy=value", "sortBy", "not_allowed"),
    ("/contacts?sortBy=name", "sortBy", "not_allowed"),
    ("/opportunities?sortBy=stage", "sortBy", "not_allowed"),
    ("/products?sortBy=sku", "sortBy", "not_allowed"),
    ("/products?isActive=yes", "isActive", "wrong_type"),
    ("/opportunities?ownerId=you", "ownerId", "not_a_uuid"),
    ("/accounts?emailDomain=a.io,,b.io", "emailDomain", "empty"),
    *((f"/{each}?page=1&cursor=abc", "page", "not_together") for each in RECORDS),
    *((f"/{each}?limit=101", "limit", "out_of_range") for each in RECORDS),
    *((f"/{each}?sortDir=up", "sortDir", "not_allowed") for each in RECORDS),
    (f"{LEAD}/stage-assignments?limit=0", "limit", "out_of_range"),
    (f"{LEAD}/stage-assignments?stageId={STAGE_ID}", "stageId", "unknown_parameter"),
    (f"{LEAD}/team?page=1", "page", "unknown_parameter"),
    *((f"{LEAD}/{each}?page=101&limit=101", "limit", "out_of_range") for each in AROUND),
    *((f"{LEAD}/{each}?page=1&cursor=abc", "page", "not_together") for each in AROUND),
    (f"{LEAD}/notes?cursor={'x' * 2001}", "cursor", "too_long"),
    (f"{LEAD}/products?limit=5", "limit", "unknown_parameter"),
    ("/lead-settings/retirements?state=running", "state", "unknown_parameter"),
    ("/lead-settings/scoring-rules?page=1", "page", "unknown_parameter"),
    (f"/lead-settings/stages/{STAGE_ID}/fields?page=1", "page", "unknown_parameter"),
    ("/leads/not-a-uuid/team", "id", "not_a_uuid"),
    ("/lead-settings/stages/reorder/fields", "id", "not_a_uuid"),
    ("/lead-settings/stage-ownership/new", "stageId", "not_a_uuid"),
    ("/lead-settings/field-visibility/new", "stageId", "not_a_uuid"),
    ("/lead-settings/retirements/new", "id", "not_a_uuid"),
    ("/leads/bulk-update", "id", "not_a_uuid"),
    ("/leads/check-duplicates", "id", "not_a_uuid"),
    ("/leads/import?state=running", "state", "unknown_parameter"),
    ("/leads/import?page=1&cursor=abc", "page", "not_together"),
    ("/leads/import/not-a-uuid", "id", "not_a_uuid"),
    ("/leads/import/not-a-uuid/refused", "id", "not_a_uuid"),
    ("/leads/not-a-uuid", "id", "not_a_uuid"),
    ("/leads/018f4e6e7f5a7c3e9d3b2f1c5e8a9b10", "id", "not_a_uuid"),
    ("/leads/%00", "id", "not_a_uuid"),
    ("/leads/sla", "id", "not_a_uuid"),
    ("/accounts/%F0%9F%9A%80", "id", "not_a_uuid"),
]

# Of ids in a path, each one is named.
WRITES: list[tuple[str, str, Any, list[str]]] = [
    ("DELETE", f"{LEAD}/team/me", None, ["userId"]),
    ("PUT", f"{LEAD}/products/prod-uuid", {"quantity": 1}, ["productId"]),
    ("DELETE", f"{LEAD}/products/prod-uuid", None, ["productId"]),
    ("DELETE", "/leads/x/team/me", None, ["id", "userId"]),
    ("DELETE", f"/lead-settings/stages/{STAGE_ID}/fields/amount", None, ["fieldId"]),
    ("DELETE", "/lead-settings/stages/new/fields/amount", None, ["id", "fieldId"]),
    ("PUT", "/lead-settings/stages/new/fields/amount", {"label": "x"}, ["id", "fieldId"]),
    ("PUT", "/lead-settings/stage-ownership/new", {}, ["stageId"]),
    ("PUT", "/lead-settings/field-visibility/new", {"fields": {}}, ["stageId"]),
    ("PUT", "/lead-settings/scoring-rules/rescore", {}, ["id"]),
    ("DELETE", "/lead-settings/stages/reorder", None, ["id"]),
    ("DELETE", "/lead-settings/pipelines/sales", None, ["id"]),
    ("DELETE", "/lead-settings/priorities/high", None, ["id"]),
    ("DELETE", "/lead-settings/sources/website", None, ["id"]),
    ("DELETE", "/lead-settings/scoring-rules/1", None, ["id"]),
    ("POST", "/leads/x/disqualify", {"reason": "no_budget"}, ["id"]),
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


@pytest.mark.parametrize("case", [*BODIES, *SETTINGS_BODIES, *LIFE_CYCLE_BODIES], ids=lambda case: ascii(case[:3])[:70])
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


@pytest.mark.parametrize("case", WRITES, ids=lambda case: f"{case[0]} {case[1]}")
async def test_a_write_to_what_is_no_id_names_each_part_of_the_path_at_fault(
    case: tuple[str, str, Any, list[str]], admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    verb, url, body, fields = case
    said = assert_problem(await admin.request(verb, url, json=body), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [(field, "not_a_uuid") for field in fields]
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
