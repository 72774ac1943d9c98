"""How refusals by the services, and their being away, reach the caller."""

import asyncio
from typing import Any

import httpx
import pytest
from leadline.leads.v1 import lead_service_pb2

from kit.errors import (
    ErrorKind,
    FieldViolation,
    LeadlineError,
    forbidden,
    invalid,
    not_found,
    refused,
    stale,
    unauthenticated,
    unavailable,
)
from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.contract.gateway.samples import ACCOUNT_ID, CONTACT_ID, LEAD_ID, OPPORTUNITY_ID, uid
from tests.support.tokens import admin_token
from tests.support.waiting import eventually

URL = f"/leads/{LEAD_ID}"
ADMIN = {"authorization": f"Bearer {admin_token()}"}
RETRY_AFTER = {"idempotency_in_progress": "1", "lead_converting": "1"}
IDS = {"accountId": ACCOUNT_ID, "contactId": CONTACT_ID, "opportunityId": OPPORTUNITY_ID}

REFUSALS: list[tuple[LeadlineError, int, str, dict[str, Any]]] = [
    (
        invalid(FieldViolation("priority", "NOT_CONFIGURED", "Use one of low, high.")),
        422,
        "validation_failed",
        {"errors": [{"field": "priority", "code": "not_configured", "message": "Use one of low, high."}]},
    ),
    (
        invalid(FieldViolation("amount", "REQUIRED", "Missing."), reason="STAGE_FIELDS_MISSING"),
        422,
        "stage_fields_missing",
        {},
    ),
    (not_found("LEAD_NOT_FOUND", "There is no such lead."), 404, "lead_not_found", {}),
    (
        refused("LEAD_ALREADY_CONVERTED", "It is converted.", metadata=IDS),
        409,
        "lead_already_converted",
        IDS,
    ),
    (
        refused("LEAD_DUPLICATE", "There is one.", metadata={"duplicateIds": f"{uid(1)},{uid(2)}"}),
        409,
        "lead_duplicate",
        {"duplicateIds": [uid(1), uid(2)]},
    ),
    (refused("IN_USE", "12 leads use it.", metadata={"count": "12"}), 409, "in_use", {"count": 12}),
    (refused("RETIRING", "It goes.", metadata={"retirementId": uid(3)}), 409, "retiring", {"retirementId": uid(3)}),
    (
        refused("RETIREMENT_FAILED", "It stays.", metadata={"cause": "STAGE_FIELDS_MISSING", "retirementId": uid(3)}),
        409,
        "retirement_failed",
        {"cause": "stage_fields_missing", "retirementId": uid(3)},
    ),
    (refused("LAST_OPEN_STAGE", "It is the last."), 409, "last_open_stage", {}),
    (refused("ALREADY_IN_TEAM", "They are."), 409, "already_in_team", {}),
    (
        refused("PRODUCT_ALREADY_ADDED", "It is there.", metadata={"lineId": uid(3)}),
        409,
        "product_already_added",
        {"lineId": uid(3)},
    ),
    (refused("ODD", "A count that is none.", metadata={"count": "many"}), 409, "odd", {"count": "many"}),
    (refused("IDEMPOTENCY_IN_PROGRESS", "Still running."), 409, "idempotency_in_progress", {}),
    (
        refused("LEAD_CONVERTING", "Wait.", metadata={"conversionId": uid(3)}),
        409,
        "lead_converting",
        {"conversionId": uid(3)},
    ),
    (stale(8), 412, "version_stale", {"currentVersion": 8}),
    (
        LeadlineError(
            ErrorKind.FORBIDDEN,
            "FIELD_NOT_EDITABLE",
            "estimatedValue: It is read-only here.",
            violations=[FieldViolation("estimatedValue", "FIELD_NOT_EDITABLE", "It is read-only here.")],
        ),
        403,
        "field_not_editable",
        {"errors": [{"field": "estimatedValue", "code": "field_not_editable", "message": "It is read-only here."}]},
    ),
    (forbidden("PERMISSION_MISSING", "No.", metadata={"permission": "leads:edit"}), 403, "permission_missing", {}),
    (unauthenticated("TOKEN_INVALID", "No."), 401, "token_invalid", {}),
    (unavailable("Soon.", reason="CONFIGURATION_UNAVAILABLE"), 503, "configuration_unavailable", {}),
    # A service must not be able to overwrite what the gateway says.
    (refused("LEAD_CLOSED", "Closed.", metadata={"status": "converted"}), 409, "lead_closed", {"status": 409}),
]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case[2])
async def test_a_refusal_keeps_its_reason_its_words_and_its_fields(
    case: tuple[LeadlineError, int, str, dict[str, Any]],
    admin: httpx.AsyncClient,
    backend: Backend,
    logged: list[dict[str, Any]],
) -> None:
    error, status, code, members = case
    backend.answers["GetLead"] = error
    response = await admin.get(URL)
    said = assert_problem(response, status, code)
    assert said["detail"] == error.message
    assert {name: said[name] for name in members} == members
    assert response.headers.get("retry-after") == RETRY_AFTER.get(code, "2" if status == 503 else None)
    (line,) = [line for line in logged if line["event"] == "request"]
    assert (line["code"], line["status"]) == (code, status)


async def test_a_fault_of_a_service_is_500_without_a_word_of_its_inside(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    backend.answers["GetLead"] = RuntimeError("SELECT secret FROM leads")
    response = await admin.get(URL)
    assert_problem(response, 500, "internal")
    assert "secret" not in response.text
    (line,) = [line for line in logged if line["event"] == "request"]
    assert (line["log_level"], line["status"], line["code"]) == ("error", 500, "internal")


async def test_a_fault_of_the_gateway_is_500_and_logged_once(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    broken = samples.LEAD.__class__(status=77)  # type: ignore[arg-type]
    backend.answers["GetLead"] = lead_service_pb2.GetLeadResponse(lead=broken)
    response = await admin.get(URL)
    assert_problem(response, 500, "internal")
    assert "KeyError" not in response.text
    (line,) = [line for line in logged if line["event"] == "request"]
    assert (line["log_level"], type(line["exc_info"])) == ("error", KeyError)
    assert caplog.records == []


async def test_a_service_that_is_away_is_503_with_retry_after_and_the_others_go_on(
    services: Backend, logged: list[dict[str, Any]]
) -> None:
    async with (
        running_gateway(services, leads_address="127.0.0.1:1") as url,
        httpx.AsyncClient(base_url=url, headers=ADMIN) as client,
    ):
        response = await client.get(URL)
        assert_problem(response, 503, "part_unavailable")
        assert int(response.headers["retry-after"]) > 0
        assert "127.0.0.1" not in response.text
        (line,) = [line for line in logged if line["event"] == "request"]
        assert "127.0.0.1:1" in line["cause"]
        services.answers["GetSettings"] = not_found("SETTINGS_GONE", "Asked.")
        assert (await client.get("/lead-settings/settings")).status_code == 404


async def test_a_call_has_a_deadline(services: Backend) -> None:
    services.clear()
    services.open.clear()
    async with (
        running_gateway(services, call_timeout_seconds=0.2) as url,
        httpx.AsyncClient(base_url=url, headers=ADMIN) as client,
    ):
        response = await client.get(URL)
        services.open.set()
    said = assert_problem(response, 503, "deadline_exceeded")
    assert "may or may not have happened" in said["detail"]


async def test_a_body_that_takes_too_long_is_408(services: Backend) -> None:
    services.clear()
    async with running_gateway(services, body_timeout_seconds=0.2) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = {**ADMIN, "host": host, "content-type": "application/json", "content-length": "100"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f'POST /leads HTTP/1.1\r\n{lines}\r\n{{"company"'.encode())
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer
    assert services.calls == []


async def test_a_caller_that_leaves_in_the_middle_of_its_body_is_one_calm_line(
    gateway_url: str, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    host, port = gateway_url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = {**ADMIN, "host": host, "content-type": "application/json", "content-length": "100"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f'POST /leads HTTP/1.1\r\n{lines}\r\n{{"company"'.encode())
    await writer.drain()
    writer.close()
    await eventually(lambda: _has(logged))
    assert [(line["event"], line["status"], line["log_level"]) for line in logged] == [("request", 499, "info")]
    assert backend.calls == []


async def _has(lines: list[dict[str, Any]]) -> bool:
    return bool(lines)
