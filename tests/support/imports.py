"""Files of leads as tests send them, and what comes back."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from tests.support.api import get
from tests.support.waiting import eventually

Rows = list[dict[str, str]]


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def rows_of(content: bytes) -> Rows:
    """The rows of a CSV file, by column."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


async def send_file(
    api: httpx.AsyncClient,
    content: bytes,
    *,
    expect: int = 202,
    name: str = "leads.csv",
    key: str | None = None,
    **options: Any,
) -> Any:
    """What is answered to a file; its options by their REST names."""
    parts: list[tuple[str, Any]] = [("file", (name, content, "text/csv"))]
    if options:
        parts.append(("options", (None, json.dumps(options), "application/json")))
    headers = {"Idempotency-Key": key} if key else {}
    answer = await api.post("/leads/import", files=parts, headers=headers)
    assert answer.status_code == expect, f"{answer.status_code} {answer.text}"
    if expect == 202:
        assert answer.headers["Location"] == f"/leads/import/{answer.json()['id']}"
    return answer.json()


async def import_file(api: httpx.AsyncClient, content: bytes, *, within: float = 20, **more: Any) -> Any:
    """The import of a file when it has ended."""
    started = await send_file(api, content, **more)
    return await import_ended(api, started["id"], within=within)


async def import_ended(api: httpx.AsyncClient, import_id: str, *, within: float = 20) -> Any:
    """An import that has ended; looks on while a part is away."""

    async def look() -> dict[str, Any]:
        answer = await api.get(f"/leads/import/{import_id}")
        assert answer.status_code in {200, 503}, answer.text
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {"state": "running"}
        return found

    return await eventually(look, lambda found: found["state"] != "running", within=within, every=0.1)


async def refused_rows(api: httpx.AsyncClient, import_id: str) -> Rows:
    """The rows that were refused."""
    answer = await api.get(f"/leads/import/{import_id}/refused")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return rows_of(answer.content)


async def exported(api: httpx.AsyncClient, **query: Any) -> Rows:
    """The leads that an export has."""
    answer = await api.get("/leads/export", params=query)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8"), answer.text
    return rows_of(answer.content)


async def leads_of(api: httpx.AsyncClient, company: str) -> list[dict[str, Any]]:
    """All leads of a company that only one test knows, oldest first."""
    found: list[dict[str, Any]] = []
    page = await get(api, "/leads", search=company, limit=100, sortDir="asc")
    while True:
        found += page["data"]
        if not page["meta"]["nextCursor"]:
            assert len(found) == page["meta"]["total"]
            return found
        cursor = page["meta"]["nextCursor"]
        page = await get(api, "/leads", search=company, limit=100, sortDir="asc", cursor=cursor)


def counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    """Created, updated, skipped and refused."""
    return found["created"], found["updated"], found["skipped"], found["refused"]
