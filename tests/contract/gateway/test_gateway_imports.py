"""Importing a file: what goes to the leads service as it comes, and what is refused before anything is kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from leadline.leads.v1 import import_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError, refused
from tests.contract.gateway.answers import assert_documented, assert_one_line, assert_problem, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.cases_imports import FAILED, IMPORT_ID, RUNNING, RUNNING_JSON
from tests.contract.gateway.running import running_gateway
from tests.support.tokens import admin_token
from tests.support.waiting import eventually

URL = "/leads/import"
CSV = b"Last Name,Id\r\nJohnson,1\r\n"
FILE = ("leads.csv", CSV, "text/csv")
BOUNDARY = "a-boundary"
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
ADMIN = {"authorization": f"Bearer {admin_token()}"}

Parts = list[tuple[str, Any]]
Lines = list[dict[str, Any]]

OPTIONS: dict[str, Any] = {
    "mapping": {"Last Name": "lastName", "Id": None},
    "restToCustomFields": True,
    "defaults": {"priority": "high"},
    "values": {"source": {"Trade Show": "event", "*": "other"}},
    "duplicates": "update",
    "dryRun": True,
}


@pytest.fixture
def backend(backend: Backend) -> Backend:
    backend.answers["StartImport"] = pb.StartImportResponse(lead_import=RUNNING)
    backend.answers["CancelImport"] = pb.CancelImportResponse(lead_import=FAILED)
    return backend


def options(value: Any = None, *, raw: str | bytes | None = None) -> tuple[str, Any]:
    """The part `options`."""
    return ("options", (None, json.dumps(value) if raw is None else raw, "application/json"))


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """A part of a body, as a client writes it."""
    shown = f'; filename="{filename}"' if filename else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def sent_to(backend: Backend) -> tuple[list[str], bytes, pb.ImportOptions | None]:
    """In which order the service got what, the content put together, and the options."""
    parts: list[Any] = backend.call.sent
    content = b"".join(each.content for each in parts)
    said = [each.options for each in parts if each.HasField("options")]
    order = list(dict.fromkeys(str(each.WhichOneof("part")) for each in parts))
    return order, content, said[0] if said else None


@pytest.mark.parametrize("parts", [[("file", FILE), options(OPTIONS)], [options(OPTIONS), ("file", FILE)]])
async def test_a_file_goes_to_the_service_with_its_options_wherever_they_stand(
    parts: Parts, admin: httpx.AsyncClient, backend: Backend
) -> None:
    response = await admin.post(URL, files=parts, headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.headers["location"]) == (202, f"{URL}/{IMPORT_ID}")
    assert exact(response) == RUNNING_JSON
    assert_documented(response)
    order, content, said = sent_to(backend)
    assert order[0] == "lead_import"
    assert (backend.call.request, content) == (
        pb.StartImportRequest(lead_import=pb.NewImport(file_name="leads.csv")),
        CSV,
    )
    assert said == RUNNING.options
    assert backend.call.metadata["idempotency-key"] == "a-key"


@pytest.mark.parametrize("parts", [[("file", FILE)], [("file", FILE), options({})]])
async def test_without_options_all_is_as_by_default(parts: Parts, admin: httpx.AsyncClient, backend: Backend) -> None:
    assert (await admin.post(URL, files=parts)).status_code == 202
    _, content, said = sent_to(backend)
    assert content == CSV
    assert said in (None, pb.ImportOptions(duplicates=pb.DUPLICATE_POLICY_SKIP))


async def test_a_large_file_travels_in_small_parts_as_it_comes(admin: httpx.AsyncClient, backend: Backend) -> None:
    row = b"Johnson,1\r\n" * 6000

    async def body() -> AsyncIterator[bytes]:
        head, end = part("file", b"", "leads.csv")[:-2], f"\r\n--{BOUNDARY}--\r\n".encode()
        for chunk in (head, *[row] * 40, end):
            yield chunk

    response = await admin.post(URL, content=body(), headers=MULTIPART)
    assert response.status_code == 202
    _, content, _ = sent_to(backend)
    assert content == row * 40
    assert max(len(each.content) for each in backend.call.sent) <= 256 * 1024  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "case",
    [
        ([options(OPTIONS)], "file", "required"),
        ([("File", FILE)], "File", "unknown_field"),
        ([("", FILE)], "body", "unknown_field"),
        ([("file", FILE), ("file", FILE)], "file", "given_twice"),
        ([options({}), options({}), ("file", FILE)], "options", "given_twice"),
        ([options([]), ("file", FILE)], "options", "wrong_type"),
        ([options({"maping": {}}), ("file", FILE)], "options.maping", "unknown_field"),
        ([options({"mapping": {"Id": 7}}), ("file", FILE)], "options.mapping.Id", "wrong_type"),
        ([options({"mapping": ["Id"]}), ("file", FILE)], "options.mapping", "wrong_type"),
        ([options({"defaults": {"source": None}}), ("file", FILE)], "options.defaults.source", "wrong_type"),
        ([options({"values": {"source": "x"}}), ("file", FILE)], "options.values.source", "wrong_type"),
        ([options({"duplicates": "merge"}), ("file", FILE)], "options.duplicates", "not_allowed"),
        ([("file", FILE), options({"dryRun": "yes"})], "options.dryRun", "wrong_type"),
        ([("file", FILE), options({"defaults": {"title": "a\0b"}})], "options.defaults.title", "wrong_character"),
    ],
)
async def test_a_wrong_part_is_named_and_nothing_is_kept(
    case: tuple[Parts, str, str], admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    parts, field, code = case
    said = assert_problem(await admin.post(URL, files=parts), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [(field, code)]
    await assert_nothing_is_kept(backend)
    assert_one_line([line for line in logged if line["event"] == "request"], 422, "validation_failed")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"dryRun": true, "dryRun": false}', b'{"mapping": NaN}', b"\xff", b"mapping=Id"]
)
async def test_options_that_are_no_json_are_400(raw: bytes, admin: httpx.AsyncClient, backend: Backend) -> None:
    said = assert_problem(await admin.post(URL, files=[("file", FILE), options(raw=raw)]), 400, "not_json")
    assert "options" in said["detail"]
    await assert_nothing_is_kept(backend)


async def test_options_without_end_are_413(admin: httpx.AsyncClient, backend: Backend) -> None:
    parts = [options({"defaults": {"description": "x" * 200_000}}), ("file", FILE)]
    assert_problem(await admin.post(URL, files=parts), 413, "body_too_large")
    await assert_nothing_is_kept(backend)


@pytest.mark.parametrize(
    "content_type",
    ["text/csv", "application/json", "multipart/form-data", "multipart/mixed; boundary=a-boundary", "nothing", None],
)
async def test_what_is_not_sent_as_multipart_is_415(
    content_type: str | None, admin: httpx.AsyncClient, backend: Backend
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    body = part("file", CSV, "leads.csv") + f"--{BOUNDARY}--".encode()
    assert_problem(await admin.post(URL, content=body, headers=headers), 415, "unsupported_media_type")
    assert backend.calls == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        CSV,
        b"--another\r\n\r\n",
        part("file", CSV, "leads.csv"),
        part("file", CSV, "leads.csv") + f"--{BOUNDARY}".encode(),
        part("file", CSV, "leads.csv").replace(b"form-data", b"attachment") + f"--{BOUNDARY}--".encode(),
        part("file", CSV, "leads.csv").replace(b"Content-Disposition", b"X" * 10_000) + f"--{BOUNDARY}--".encode(),
    ],
    ids=["empty", "csv", "another boundary", "no end", "half an end", "no form data", "a long head"],
)
async def test_a_broken_body_is_400_and_nothing_is_kept(
    body: bytes, admin: httpx.AsyncClient, backend: Backend
) -> None:
    assert_problem(await admin.post(URL, content=body, headers=MULTIPART), 400, "not_multipart")
    await assert_nothing_is_kept(backend)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_file_over_the_limit_is_413_announced_or_not(
    announced: bool, services: Backend, backend: Backend
) -> None:
    whole = part("file", b"x" * 600_000, "leads.csv") + f"--{BOUNDARY}--\r\n".encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 50_000):
            yield whole[start : start + 50_000]

    async with (
        running_gateway(services, import_limit_bytes=300_000) as url,
        httpx.AsyncClient(base_url=url, headers=ADMIN) as client,
    ):
        response = await client.post(URL, content=whole if announced else chunks(), headers=MULTIPART)
    said = assert_problem(response, 413, "upload_too_large")
    assert said["limitBytes"] == 300_000
    await assert_nothing_is_kept(backend)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LeadlineError(ErrorKind.TOO_LARGE, "UPLOAD_TOO_LARGE", "Too large.", metadata={"limitBytes": "10"}), 413),
        (refused("IDEMPOTENCY_IN_PROGRESS", "Still running."), 409),
    ],
    ids=["too large", "in progress"],
)
async def test_what_the_service_says_while_the_file_still_comes_is_answered(
    error: LeadlineError, status: int, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["StartImport"] = error
    large = ("leads.csv", b"x" * 5_000_000, "text/csv")
    assert_problem(await admin.post(URL, files=[("file", large)]), status, error.reason.lower())


async def test_an_upload_of_which_nothing_comes_any_more_is_408(services: Backend, backend: Backend) -> None:
    async with running_gateway(services, body_timeout_seconds=0.2) as url:
        reader, writer = await begun(url, part("file", CSV, "leads.csv"))
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer
    await assert_nothing_is_kept(backend)


async def test_a_caller_that_leaves_in_the_middle_of_its_file_leaves_nothing(
    gateway_url: str, backend: Backend, logged: Lines
) -> None:
    async def began() -> bool:
        return bool(backend.calls)

    async def ended() -> list[Any]:
        return [(line["status"], line["log_level"]) for line in logged if line["event"] == "request"]

    _, writer = await begun(gateway_url, part("file", CSV, "leads.csv"))
    await eventually(began)
    writer.close()
    assert await eventually(ended) == [(499, "info")]
    await assert_nothing_is_kept(backend)


async def test_an_import_is_canceled_under_the_callers_key(admin: httpx.AsyncClient, backend: Backend) -> None:
    response = await admin.post(f"{URL}/{IMPORT_ID}/cancel", headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.json()["state"]) == (200, "failed")
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == ("CancelImport", pb.CancelImportRequest(import_id=IMPORT_ID))
    assert backend.call.metadata["idempotency-key"] == "a-key"


async def begun(url: str, content: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which an upload has begun, of which more is announced than sent."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = {**ADMIN, **MULTIPART, "host": host, "content-length": str(len(content) + 100)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST {URL} HTTP/1.1\r\n{lines}\r\n".encode() + content)
    await writer.drain()
    return reader, writer


async def assert_nothing_is_kept(backend: Backend) -> None:
    """Whatever of the file came to the service, its end did not, so that it keeps nothing."""

    async def cut_off() -> bool:
        return len(backend.ended) == len(backend.calls)

    await eventually(cut_off)
    assert backend.finished == []
