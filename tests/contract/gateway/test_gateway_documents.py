"""Documents of a lead: files that pass through the gateway in parts, in both directions."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from leadline.leads.v1 import document_service_pb2 as pb

from kit.errors import LeadlineError, forbidden, invalid_field, not_found, refused, unavailable, upload_too_large
from tests.contract.gateway.answers import assert_documented, assert_problem, exact
from tests.contract.gateway.backend import Backend, Call
from tests.contract.gateway.cases_documents import CONTENT, DELETES, DOCUMENT, DOCUMENT_ID, DOCUMENT_JSON, URL
from tests.contract.gateway.running import running_gateway
from tests.contract.gateway.samples import LEAD_ID
from tests.support.tokens import admin_token, token
from tests.support.waiting import eventually

ADMIN = {"authorization": f"Bearer {admin_token()}"}
FILE = ("Offer.pdf", CONTENT, "application/pdf")
PLACE = f"{URL}/{DOCUMENT_ID}"
KIB = 1024


@pytest.fixture
def backend(backend: Backend) -> Backend:
    backend.answers["UploadDocument"] = pb.UploadDocumentResponse(document=DOCUMENT)
    backend.answers["DownloadDocument"] = downloaded(CONTENT[: 256 * KIB], CONTENT[256 * KIB :])
    return backend


async def assert_nothing_is_kept(backend: Backend) -> None:
    """Whatever of the file came to the service, its end did not, so that it keeps nothing."""

    async def ended() -> bool:
        return len(backend.ended) == len(backend.calls)

    await eventually(ended)
    assert backend.finished == []


def downloaded(*contents: bytes, document: pb.Document = DOCUMENT) -> list[Any]:
    return [
        pb.DownloadDocumentResponse(document=document),
        *(pb.DownloadDocumentResponse(content=content) for content in contents),
    ]


async def test_a_file_goes_to_the_service_in_parts(admin: httpx.AsyncClient, backend: Backend) -> None:
    response = await admin.post(URL, files={"file": FILE}, headers={"idempotency-key": "a-key"})
    assert (response.status_code, response.headers["location"]) == (201, PLACE)
    assert exact(response) == DOCUMENT_JSON
    assert_documented(response)
    first, *others = backend.call.sent
    new = pb.NewDocument(lead_id=LEAD_ID, name="Offer.pdf", content_type="application/pdf")
    assert first == pb.UploadDocumentRequest(document=new)
    assert b"".join(each.content for each in others) == CONTENT  # type: ignore[attr-defined]
    assert max(len(each.content) for each in others) <= KIB * KIB  # type: ignore[attr-defined]
    assert backend.call.metadata["idempotency-key"] == "a-key"


@pytest.mark.parametrize(
    ("file", "name", "content_type"),
    [
        (("Grüße.pdf", b"x", "application/pdf"), "Grüße.pdf", "application/pdf"),
        (('a "b" c.pdf', b"x", "application/pdf"), 'a "b" c.pdf', "application/pdf"),
        (("../../a.pdf", b"x", "text/plain; charset=utf-8"), "../../a.pdf", "text/plain; charset=utf-8"),
        ((None, b"x"), "", ""),
    ],
)
async def test_name_and_type_are_passed_on_as_they_came(
    file: Any, name: str, content_type: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    assert (await admin.post(URL, files={"file": file})).status_code == 201
    (new,) = [each.document for each in backend.call.sent if each.HasField("document")]  # type: ignore[attr-defined]
    assert (new.name, new.content_type) == (name, content_type)


@pytest.mark.parametrize(
    ("files", "field", "code"),
    [
        ([("other", FILE)], "other", "unknown_field"),
        ([("file", FILE), ("file", FILE)], "file", "given_twice"),
        ([("file", FILE), ("note", (None, b"x"))], "note", "unknown_field"),
    ],
)
async def test_anything_but_one_file_is_refused_and_nothing_is_kept(
    files: Any, field: str, code: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    said = assert_problem(await admin.post(URL, files=files), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [(field, code)]
    await assert_nothing_is_kept(backend)


async def test_no_part_at_all_is_no_document(admin: httpx.AsyncClient, backend: Backend) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    said = assert_problem(await admin.post(URL, content=b"--b--\r\n", headers=headers), 422, "validation_failed")
    assert [(each["field"], each["code"]) for each in said["errors"]] == [("file", "required")]
    assert backend.calls == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (upload_too_large(25), 413, "upload_too_large"),
        (invalid_field("file", "WRONG_TYPE", "It is not."), 422, "validation_failed"),
        (not_found("LEAD_NOT_FOUND", "There is none."), 404, "lead_not_found"),
        (refused("LIST_FULL", "It is full."), 409, "list_full"),
        (unavailable("Away."), 503, "part_unavailable"),
    ],
)
async def test_what_the_service_refuses_while_the_file_comes_is_answered(
    error: LeadlineError, status: int, code: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["UploadDocument"] = error
    said = assert_problem(await admin.post(URL, files={"file": ("a.pdf", CONTENT * 4)}), status, code)
    assert said.get("limitBytes", 25) == 25
    # The connection is good for more.
    backend.answers["UploadDocument"] = pb.UploadDocumentResponse(document=DOCUMENT)
    assert (await admin.post(URL, files={"file": FILE})).status_code == 201


async def test_a_file_over_the_limit_is_413_announced_or_not(services: Backend, backend: Backend) -> None:
    request = httpx.Request("POST", "http://a", files={"file": ("a.pdf", CONTENT)})
    body, headers = request.read(), {"content-type": request.headers["content-type"]}

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    async with (
        running_gateway(services, document_limit_bytes=100_000) as url,
        httpx.AsyncClient(base_url=url, headers=ADMIN) as client,
    ):
        announced = await client.post(URL, content=body, headers=headers)
        assert backend.calls == []
        unannounced = await client.post(URL, content=chunks(), headers=headers)
    for response in (announced, unannounced):
        assert assert_problem(response, 413, "upload_too_large")["limitBytes"] == 100_000
    await assert_nothing_is_kept(backend)


async def test_who_may_not_edit_leads_sends_nothing(anonymous: httpx.AsyncClient, backend: Backend) -> None:
    headers = {"authorization": f"Bearer {token('leads:view')}"}
    assert_problem(await anonymous.post(URL, files={"file": FILE}, headers=headers), 403, "permission_missing")
    assert backend.calls == []


async def test_a_document_is_downloaded_as_a_file_that_can_do_nothing(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    response = await admin.get(PLACE)
    assert (response.status_code, response.content) == (200, CONTENT)
    headers = response.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-length"] == str(len(CONTENT))
    assert headers["content-disposition"] == (
        "attachment; filename=\"Offer _f_r_ Alice.pdf\"; filename*=UTF-8''Offer%20%22f%C3%BCr%22%20Alice.pdf"
    )
    assert headers["etag"] == f'"{DOCUMENT.sha256}"'
    assert headers["content-security-policy"] == "sandbox"
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    assert backend.call.request == pb.DownloadDocumentRequest(lead_id=LEAD_ID, document_id=DOCUMENT_ID)


async def test_of_a_text_no_charset_is_told_that_nobody_has_looked_at(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    text = pb.Document(id=DOCUMENT_ID, name="a.txt", content_type="text/plain", size_bytes=1)
    backend.answers["DownloadDocument"] = downloaded(b"\xfc", document=text)
    response = await admin.get(PLACE)
    assert (response.headers["content-type"], response.content) == ("text/plain", b"\xfc")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (not_found("DOCUMENT_NOT_FOUND", "There is none."), 404, "document_not_found"),
        (forbidden("PERMISSION_MISSING", "No."), 403, "permission_missing"),
        (unavailable("Away."), 503, "part_unavailable"),
    ],
)
async def test_what_goes_wrong_before_the_first_byte_is_a_problem(
    error: LeadlineError, status: int, code: str, admin: httpx.AsyncClient, backend: Backend
) -> None:
    for before in ([], downloaded()):
        backend.answers["DownloadDocument"] = [*before, error]
        assert_problem(await admin.get(PLACE), status, code)


async def test_what_goes_wrong_later_breaks_the_download(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    backend.answers["DownloadDocument"] = [*downloaded(CONTENT[:100]), unavailable("Away.")]
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await admin.get(PLACE)
    assert [line["log_level"] for line in logged if line["event"] == "request"] == ["error"]


async def test_a_caller_who_leaves_ends_the_download_behind_it(gateway_url: str, backend: Backend) -> None:
    endless = pb.Document(id=DOCUMENT_ID, name="a.pdf", content_type="application/pdf", size_bytes=400 * KIB * KIB)
    backend.answers["DownloadDocument"] = downloaded(*[bytes(256 * KIB)] * 400, document=endless)

    async def finished() -> list[str]:
        return backend.finished

    async with (
        httpx.AsyncClient(base_url=gateway_url, headers=ADMIN) as client,
        client.stream("GET", PLACE) as response,
    ):
        assert response.status_code == 200
        assert backend.finished == []
    assert await eventually(finished) == ["DownloadDocument"]


async def test_a_caller_who_leaves_half_way_keeps_no_document(gateway_url: str, backend: Backend) -> None:
    under_way = asyncio.Event()

    async def arrived() -> list[Call]:
        return backend.calls

    async def body() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
        under_way.set()
        await asyncio.Event().wait()

    async with httpx.AsyncClient(base_url=gateway_url, headers=ADMIN) as client:
        headers = {"content-type": "multipart/form-data; boundary=b"}
        sending = asyncio.create_task(client.post(URL, content=body(), headers=headers))
        await under_way.wait()
        await eventually(arrived)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    await assert_nothing_is_kept(backend)


@pytest.mark.parametrize("delete", DELETES, ids=lambda delete: delete.method)
async def test_a_document_is_deleted(delete: Any, admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers[delete.method] = delete.answered
    assert (await admin.delete(delete.url)).status_code == 204
    assert backend.call.request == delete.sent
