"""`GET /leads/export`: the list's filters, parts as they come, and never a broken file that looks whole."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from leadline.leads.v1 import lead_pb2
from leadline.leads.v1 import lead_service_pb2 as pb

from kit.errors import forbidden, invalid_field, unavailable
from tests.contract.gateway import samples
from tests.contract.gateway.answers import assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.contract.gateway.samples import PIPELINE_ID, STAGE_ID, USER_ID
from tests.support.tokens import admin_token, token
from tests.support.waiting import eventually

Lines = list[dict[str, Any]]

URL = "/leads/export"
ADMIN = {"authorization": f"Bearer {admin_token()}"}
EVERYTHING = (
    f"search=A%C3%A9&stageId={STAGE_ID}&pipelineId={PIPELINE_ID}&priority=high,low&source=website"
    f"&assignedTo={USER_ID},me&status=open&slaStatus=at_risk&qualified=false&createdFrom=2025-01-20T10:00:00Z"
    "&createdTo=2025-01-20T11:00:00%2B01:00&sortBy=company&sortDir=asc"
)
KIB = 1024
PART = pb.ExportLeadsResponse(csv=b"x" * 256 * KIB)


def parts(*texts: bytes) -> list[pb.ExportLeadsResponse]:
    return [pb.ExportLeadsResponse(csv=text) for text in texts]


class Endless(list[pb.ExportLeadsResponse]):
    """Far more than anything between caller and service can hold, and how many of its parts were taken."""

    taken = 0

    def __iter__(self) -> Iterator[pb.ExportLeadsResponse]:
        while self.taken < 400:
            self.taken += 1
            yield PART


async def test_every_filter_and_the_order_arrive(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ExportLeads"] = parts(b"id\r\n")
    assert (await admin.get(f"{URL}?{EVERYTHING}")).status_code == 200
    assert backend.call.request == pb.ExportLeadsRequest(
        listing=pb.ListLeadsRequest(
            search="Aé",
            stage_ids=[STAGE_ID],
            pipeline_ids=[PIPELINE_ID],
            priorities=["high", "low"],
            sources=["website"],
            assigned_to=[USER_ID, "me"],
            statuses=[lead_pb2.LEAD_STATUS_OPEN],
            sla_statuses=["at_risk"],
            qualified=False,
            created_from=samples.CREATED_AT,
            created_to=samples.CREATED_AT,
            sort_by="company",
            sort_dir="asc",
        )
    )


async def test_without_filters_all_leads_are_asked_for_newest_first(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ExportLeads"] = parts(b"id\r\n")
    assert (await admin.get(URL)).status_code == 200
    listing = pb.ListLeadsRequest(sort_by="createdAt", sort_dir="desc")
    assert backend.call.request == pb.ExportLeadsRequest(listing=listing)
    assert 3500 < backend.call.seconds_left < 3650


async def test_the_parts_are_one_file_with_a_name(admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers["ExportLeads"] = parts(b"id,company\r\n1,Zo\xc3", b"\xab\r\n", b"2,B\r\n")
    response = await admin.get(URL)
    assert response.content == "id,company\r\n1,Zoë\r\n2,B\r\n".encode()
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    named = re.match(r'attachment; filename="leads-(\d{4}-\d\d-\d\d)\.csv"', response.headers["content-disposition"])
    assert named is not None
    today = datetime.now(UTC).date()
    assert 0 <= (today - datetime.fromisoformat(named[1]).date()).days <= 1


@pytest.mark.parametrize("query", ["page=1", "limit=10", "cursor=abc", "Search=a", "sortBy=phone"])
async def test_pages_and_what_is_unknown_are_refused(query: str, admin: httpx.AsyncClient, backend: Backend) -> None:
    said = assert_problem(await admin.get(f"{URL}?{query}"), 422, "validation_failed")
    assert [each["field"] for each in said["errors"]] == [query.partition("=")[0]]
    assert backend.calls == []


async def test_viewing_leads_is_not_enough_to_export_them(gateway_url: str, backend: Backend) -> None:
    headers = {"authorization": f"Bearer {token('leads:view', 'leads:import')}"}
    async with httpx.AsyncClient(base_url=gateway_url, headers=headers) as client:
        said = assert_problem(await client.get(URL), 403, "permission_missing")
    assert said["permission"] == "leads:export"
    assert backend.calls == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (unavailable("Away."), 503),
        (forbidden("PERMISSION_MISSING", "No."), 403),
        (invalid_field("search", "X", "No."), 422),
    ],
)
async def test_what_goes_wrong_before_the_first_part_is_a_problem(
    error: Exception, status: int, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["ExportLeads"] = error
    response = await admin.get(URL)
    assert_problem(response, status, error.reason.lower())  # type: ignore[attr-defined]
    assert "content-disposition" not in response.headers


async def test_what_goes_wrong_later_breaks_the_connection(
    admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    backend.answers["ExportLeads"] = [*parts(b"id\r\n" * 1000), unavailable("Away.")]
    received = b""
    with pytest.raises(httpx.RemoteProtocolError):
        async with admin.stream("GET", URL) as response:
            async for chunk in response.aiter_bytes():
                received += chunk
    assert received == b"id\r\n" * 1000
    assert [(line["status"], line["log_level"]) for line in logged if line["event"] == "request"] == [(200, "error")]


async def test_a_caller_that_leaves_ends_the_call_behind_it(
    admin: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    backend.answers["ExportLeads"] = Endless([PART])
    async with admin.stream("GET", URL) as response:
        await anext(response.aiter_bytes())

    async def ended() -> list[str]:
        return backend.finished

    assert await eventually(ended, bool) == ["ExportLeads"]

    async def requests() -> list[tuple[int, str]]:
        return [(line["status"], line["log_level"]) for line in logged if line["event"] == "request"]

    assert await eventually(requests, bool) == [(499, "info")]


async def test_a_caller_that_reads_slowly_is_waited_for(services: Backend, backend: Backend) -> None:
    endless = Endless([PART])
    backend.answers["ExportLeads"] = endless
    async with (
        running_gateway(services) as url,
        httpx.AsyncClient(base_url=url, headers=ADMIN) as client,
        client.stream("GET", URL) as response,
    ):
        await anext(response.aiter_bytes())
        seen = [-1]

        async def is_still() -> bool:
            seen.append(endless.taken)
            return seen[-1] == seen[-2]

        await eventually(is_still, every=0.3)
        # What fits between the two, of 100 MiB.
        assert endless.taken < 200


async def test_an_export_takes_no_longer_than_it_may(services: Backend, backend: Backend) -> None:
    backend.answers["ExportLeads"] = Endless([PART])
    async with (
        running_gateway(services, stream_timeout_seconds=0.5) as url,
        httpx.AsyncClient(base_url=url, headers=ADMIN) as client,
    ):
        backend.open.clear()
        assert_problem(await client.get(URL), 503, "deadline_exceeded")


async def test_a_head_has_the_header_and_ends_the_call(admin: httpx.AsyncClient, backend: Backend) -> None:
    endless = Endless([PART])
    backend.answers["ExportLeads"] = endless
    response = await admin.head(URL)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"

    async def ended() -> list[str]:
        return backend.finished

    await eventually(ended, bool)
    assert endless.taken < 200
