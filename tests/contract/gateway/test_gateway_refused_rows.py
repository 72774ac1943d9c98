"""Downloading the refused rows of an import: in parts, from the leads service through to the caller."""

from typing import Any

import httpx
import pytest
from leadline.leads.v1 import import_service_pb2 as pb

from kit.errors import not_found, unavailable
from tests.contract.gateway.answers import assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.cases_imports import IMPORT_ID
from tests.support.waiting import eventually

URL = f"/leads/import/{IMPORT_ID}/refused"
HEAD = b"row,reasons,Last Name\r\n"


def part(csv: bytes) -> pb.DownloadRefusedRowsResponse:
    return pb.DownloadRefusedRowsResponse(csv=csv)


async def test_the_rows_come_as_a_csv_file(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["DownloadRefusedRows"] = [part(HEAD), part("2,phone: Wrong.,Müller\r\n".encode())]
    response = await admin.get(URL)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith('attachment; filename="refused-rows.csv"')
    assert response.headers["cache-control"] == "no-store"
    assert response.text == HEAD.decode() + "2,phone: Wrong.,Müller\r\n"
    assert backend.call.request == pb.DownloadRefusedRowsRequest(import_id=IMPORT_ID)


@pytest.mark.parametrize(
    ("error", "status"),
    [(not_found("IMPORT_NOT_FOUND", "There is no such import."), 404), (unavailable("Soon."), 503)],
    ids=["unknown", "away"],
)
async def test_what_goes_wrong_before_the_first_part_is_a_problem(
    error: Any, status: int, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["DownloadRefusedRows"] = [error]
    assert_problem(await admin.get(URL), status, error.reason.lower())


async def test_what_goes_wrong_later_breaks_the_connection_so_that_no_short_file_looks_whole(
    admin: httpx.AsyncClient, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    backend.answers["DownloadRefusedRows"] = [part(HEAD), unavailable("Soon.")]
    with pytest.raises(httpx.RemoteProtocolError):
        await admin.get(URL)
    (line,) = [line for line in logged if line["event"] == "request"]
    assert line["log_level"] == "error"


async def test_what_nobody_takes_is_not_read_and_a_caller_that_leaves_ends_the_call_behind_it(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    async def ended() -> list[str]:
        return backend.finished

    backend.answers["DownloadRefusedRows"] = [part(b"x" * 65536)] * 2_000
    async with admin.stream("GET", URL) as response:
        parts = response.aiter_raw()
        await anext(parts)
        with pytest.raises(AssertionError):
            await eventually(ended, within=0.3)
    assert await eventually(ended) == ["DownloadRefusedRows"]
