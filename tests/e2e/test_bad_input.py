"""What callers get wrong around leads, over the whole product: each a clear problem, and nothing is changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.api import ask, get, post
from tests.support.imports import counts, csv_of, import_file, leads_of, refused_rows, send_file
from tests.support.sales import unique

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100)
MEGABYTE = 1024 * 1024
AROUND = ("notes", "activities", "history", "documents", "team", "products", "stage-assignments")


async def new_lead(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await post(api, "/leads", {"lastName": unique("Bad"), "estimatedValue": 10, **fields})
    return made


async def totals(api: httpx.AsyncClient) -> list[int]:
    """How many leads and imports there are."""
    return [(await get(api, path, limit=1))["meta"]["total"] for path in ("/leads", "/leads/import")]


async def everything(api: httpx.AsyncClient, lead: dict[str, Any]) -> list[Any]:
    """A lead with all that is around it, and how many there are."""
    around = [await get(api, f"/leads/{lead['id']}/{each}") for each in AROUND]
    return [await get(api, f"/leads/{lead['id']}"), around, await totals(api)]


@asynccontextmanager
async def nothing_changes(api: httpx.AsyncClient) -> AsyncIterator[str]:
    """A lead's path, of which everything is the same before and after."""
    lead = await new_lead(api)
    before = await everything(api, lead)
    yield f"/leads/{lead['id']}"
    assert await everything(api, lead) == before


def at_fault(problem: dict[str, Any], code: str = "validation_failed") -> list[tuple[str, str]]:
    """The fields that a problem names, with what is wrong with each."""
    assert (problem["status"], problem["code"]) == (422, code)
    assert problem["detail"]
    assert all(each["message"] for each in problem["errors"])
    return [(each["field"], each["code"]) for each in problem["errors"]]


async def upload(
    api: httpx.AsyncClient, lead: str, content: bytes, *, name: str, kind: str, expect: int
) -> dict[str, Any]:
    answer = await api.post(f"{lead}/documents", files={"file": (name, content, kind)})
    assert answer.status_code == expect, answer.text
    said: dict[str, Any] = answer.json()
    return said


@pytest.mark.parametrize(
    "content",
    [PNG, b"PK\3\4" + bytes(100), b'{"leads": []}', b"", b"\r\n\r\n", b"lastName,lastName\nA,B\n", b"lastName\0\nA\n"],
    ids=["a picture", "a spreadsheet", "JSON", "nothing", "blank lines", "a column twice", "NUL"],
)
async def test_a_file_that_is_not_csv_is_refused(content: bytes, api: httpx.AsyncClient) -> None:
    before = await totals(api)
    problem = await send_file(api, content, expect=422)
    assert {field for field, _ in at_fault(problem)} == {"file"}
    assert await totals(api) == before


async def test_rows_of_the_wrong_width_are_refused_and_the_others_are_taken(api: httpx.AsyncClient) -> None:
    company = unique("Width")
    rows = [["short"], ["right", company], ["long", company, "more"]]
    done = await import_file(api, csv_of(("lastName", "company"), rows))
    assert (done["state"], counts(done)) == ("completed", (1, 0, 0, 2))
    assert [each["row"] for each in await refused_rows(api, done["id"])] == ["2", "4"]
    assert [lead["lastName"] for lead in await leads_of(api, company)] == ["right"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mapping": {"Name": "surname"}}, "options.mapping.Name"),
        ({"mapping": {"Name": "score"}}, "options.mapping.Name"),
        ({"mapping": {"Nmae": "lastName"}}, "options.mapping.Nmae"),
        ({"mapping": {"Name": "lastName"}, "defaults": {"sorce": "website"}}, "options.defaults.sorce"),
        ({"mapping": {"Name": "lastName"}, "defaults": {"source": "nowhere"}}, "options.defaults.source"),
        ({"mapping": {"Name": "lastName"}, "values": {"sorce": {}}}, "options.values.sorce"),
        ({"mapping": {"Name": "lastName"}, "vlaues": {}}, "options.vlaues"),
    ],
)
async def test_options_for_fields_or_columns_that_there_are_not_are_refused(
    options: dict[str, Any], field: str, api: httpx.AsyncClient
) -> None:
    before = await totals(api)
    problem = await send_file(api, b"Name\nA\n", expect=422, **options)
    assert field in {each for each, _ in at_fault(problem)}
    assert await totals(api) == before


@pytest.mark.parametrize(("verb", "path"), [("GET", ""), ("GET", "/refused"), ("POST", "/cancel")])
async def test_an_import_that_there_is_not_is_not_found(verb: str, path: str, api: httpx.AsyncClient) -> None:
    problem = await ask(api, verb, f"/leads/import/{uuid4()}{path}", expect=404)
    assert problem["code"] == "import_not_found"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_document_of_26_megabytes_is_refused(announced: bool, api: httpx.AsyncClient) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
    whole, end = 26 * MEGABYTE, b"\r\n--b--\r\n"

    async def body() -> AsyncIterator[bytes]:
        yield head
        for _ in range(26):
            yield b"x" * MEGABYTE
        yield end

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    headers |= {"Content-Length": str(len(head) + whole + len(end))} if announced else {}
    async with nothing_changes(api) as lead:
        answer = await api.post(f"{lead}/documents", content=body(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
        assert answer.json()["limitBytes"] == 25 * MEGABYTE


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PNG, "offer.pdf", "application/pdf"),
        (b"<html><script>alert(1)</script></html>", "offer.txt", "text/plain"),
        (b"<html></html>", "page.html", "text/html"),
        (b"MZ\x90\0" + bytes(200), "setup.png", "image/png"),
        (b"%PDF-1.7\n", "picture.png", "image/png"),
        (b"", "empty.txt", "text/plain"),
    ],
)
async def test_a_document_that_is_not_what_it_says_or_must_not_be_is_refused(
    content: bytes, name: str, kind: str, api: httpx.AsyncClient
) -> None:
    async with nothing_changes(api) as lead:
        problem = await upload(api, lead, content, name=name, kind=kind, expect=422)
        assert {field for field, _ in at_fault(problem)} == {"file"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.ini.txt", "boot.ini.txt"),
        ("/", "document"),
        ("..", "document"),
        (".bashrc", "bashrc"),
        ("Größe 5%.txt", "Größe 5%.txt"),
    ],
)
async def test_a_file_name_never_leads_into_a_folder(sent: str, kept: str, api: httpx.AsyncClient) -> None:
    lead = f"/leads/{(await new_lead(api))['id']}"
    made = await upload(api, lead, b"an offer", name=sent, kind="text/plain", expect=201)
    assert made["name"] == kept
    got = await api.get(f"{lead}/documents/{made['id']}")
    assert got.content == b"an offer"
    assert got.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize("path", ["/leads", "/leads/{id}/notes", "/leads/{id}/documents", "/leads/import"])
async def test_a_page_of_101_and_a_cursor_that_was_tampered_with_are_refused(path: str, api: httpx.AsyncClient) -> None:
    lead = await new_lead(api)
    for note in ("one", "two"):
        await post(api, f"/leads/{lead['id']}/notes", {"content": note})
        await upload(api, f"/leads/{lead['id']}", note.encode(), name=note, kind="text/plain", expect=201)
        await send_file(api, b"lastName\n")
    await new_lead(api)
    path = path.format(id=lead["id"])
    assert at_fault(await get(api, path, limit=101, expect=422)) == [("limit", "out_of_range")]
    assert (await get(api, path, page=101, limit=100))["data"] == []
    cursor = (await get(api, path, limit=1))["meta"]["nextCursor"]
    assert len((await get(api, path, limit=1, cursor=cursor))["data"]) == 1
    middle = len(cursor) // 2
    flipped = cursor[:middle] + ("A" if cursor[middle] != "A" else "B") + cursor[middle + 1 :]
    for tampered in (flipped, cursor[:-2], cursor + "AA", "abc", "%00"):
        problem = await get(api, path, limit=1, cursor=tampered, expect=422)
        assert [field for field, _ in at_fault(problem)] == ["cursor"], tampered


@pytest.mark.parametrize(
    ("verb", "path", "more", "done"),
    [
        ("PUT", "/leads/bulk-update", {"changes": {"title": "Boss"}}, "updated"),
        ("POST", "/leads/bulk-delete", {}, "deleted"),
        ("DELETE", "/leads/bulk-delete", {}, "deleted"),
    ],
)
async def test_ids_that_are_there_twice_or_unknown_are_named(
    verb: str, path: str, more: dict[str, Any], done: str, api: httpx.AsyncClient
) -> None:
    async with nothing_changes(api) as lead:
        known, unknown = lead.rpartition("/")[2], str(uuid4())
        problem = await ask(api, verb, path, {"ids": [known, unknown, known.upper()], **more}, expect=422)
        assert at_fault(problem) == [("ids[2]", "duplicate")]
        problem = await ask(api, verb, path, {"ids": [known, unknown], "atomic": True, **more}, expect=422)
        assert at_fault(problem, "bulk_refused") == [("ids[1]", "lead_not_found")]
        answer = await ask(api, verb, path, {"ids": [unknown], **more})
        assert answer[done] == 0
        assert [(each["id"], each["code"]) for each in answer["failed"]] == [(unknown, "lead_not_found")]
        for wrong in ([], [known] * 1001, ["x"]):
            at_fault(await ask(api, verb, path, {"ids": wrong, **more}, expect=422))


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/notes", {"content": "x" * 20_001}, "content"),
        ("/notes", {"content": "  "}, "content"),
        ("/products", {"quantity": 1, "discount": 101}, "discount"),
        ("/products", {"quantity": 1, "discount": -1}, "discount"),
        ("/products", {"quantity": 0}, "quantity"),
        ("/products", {"quantity": -1}, "quantity"),
        ("/products", {"quantity": 1, "unitPrice": -0.01}, "unitPrice"),
        ("/products", {"quantity": 1, "productId": "0190c0de-0000-7000-8000-00000000dead"}, "productId"),
        ("/team", {"userId": "0190c0de-0000-7000-8000-000000000001", "role": "nobody"}, "role"),
        ("/activities", {"type": "fax", "direction": "outbound"}, "type"),
    ],
)
async def test_a_value_out_of_bounds_is_named(
    path: str, body: dict[str, Any], field: str, api: httpx.AsyncClient
) -> None:
    if path == "/products" and "productId" not in body:
        product = await post(api, "/products", {"name": unique("Plan"), "unitPrice": 5})
        body = {"productId": product["id"], **body}
    async with nothing_changes(api) as lead:
        assert [each for each, _ in at_fault(await post(api, f"{lead}{path}", body, expect=422))] == [field]
