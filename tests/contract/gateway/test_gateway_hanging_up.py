"""A caller that hangs up: its read ends in the service, too; its write is carried out all the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from leadline.leads.v1 import lead_service_pb2, timeline_service_pb2

from tests.contract.gateway import samples
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.contract.gateway.samples import LEAD_ID
from tests.support.tokens import admin_token
from tests.support.waiting import eventually

URL = f"/leads/{LEAD_ID}"


@pytest.fixture
def backend(backend: Backend) -> Backend:
    """Services that wait before they answer."""
    backend.answers["GetLead"] = lead_service_pb2.GetLeadResponse(lead=samples.LEAD)
    backend.answers["CreateLead"] = lead_service_pb2.CreateLeadResponse(lead=samples.LEAD)
    backend.answers["UpdateLead"] = lead_service_pb2.UpdateLeadResponse(lead=samples.LEAD)
    backend.answers["DeleteLead"] = lead_service_pb2.DeleteLeadResponse()
    backend.answers["AddNote"] = timeline_service_pb2.AddNoteResponse(note=samples.NOTE)
    backend.open.clear()
    return backend


@asynccontextmanager
async def sent(gateway_url: str, verb: str, path: str, body: Any = None) -> AsyncIterator[asyncio.StreamReader]:
    """A request that has been sent whole; its caller hangs up at the end."""
    host, port = gateway_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    content = b"" if body is None else json.dumps(body).encode()
    head = {"host": host, "authorization": f"Bearer {admin_token()}"}
    if body is not None:
        head |= {"content-type": "application/json", "content-length": str(len(content))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"{verb} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
    await writer.drain()
    try:
        yield reader
    finally:
        writer.close()


async def arrived(backend: Backend) -> str:
    async def look() -> list[str]:
        return [call.method for call in backend.calls]

    (method,) = await eventually(look)
    return method


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
async def test_a_read_ends_in_the_service_when_its_caller_hangs_up(
    verb: str, gateway_url: str, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    async with sent(gateway_url, verb, URL):
        await arrived(backend)

    async def ended() -> list[dict[str, Any]]:
        return [line for line in logged if line["event"] in ("call", "request")]

    lines = await eventually(ended, lambda lines: len(lines) == 2)
    by_event = {line["event"]: line for line in lines}
    assert (by_event["call"]["method"], by_event["call"]["code"]) == (
        "/leadline.leads.v1.LeadService/GetLead",
        "CANCELLED",
    )
    assert (by_event["request"]["status"], by_event["request"]["log_level"]) == (499, "info")
    assert backend.finished == []


WRITES = [
    ("POST", "/leads", {"lastName": "Johnson"}, "CreateLead"),
    ("POST", f"{URL}/notes", {"content": "a note"}, "AddNote"),
    ("PUT", URL, {"lastName": "Johnson"}, "UpdateLead"),
    ("DELETE", URL, None, "DeleteLead"),
]


@pytest.mark.parametrize(("verb", "path", "body", "method"), WRITES)
async def test_a_write_is_carried_out_although_its_caller_hangs_up(
    verb: str, path: str, body: Any, method: str, *, gateway_url: str, backend: Backend, logged: list[dict[str, Any]]
) -> None:
    async with sent(gateway_url, verb, path, body):
        assert await arrived(backend) == method
    # Longer than reads go on unwatched: whoever took the write for one would have ended it by then.
    await asyncio.sleep(0.1)
    backend.open.set()

    async def finished() -> list[str]:
        return backend.finished

    assert await eventually(finished) == [method]

    async def answered() -> list[int]:
        return [line["status"] for line in logged if line["event"] == "request"]

    assert (await eventually(answered))[0] < 300


async def test_a_slow_read_is_answered_to_a_caller_that_waits(admin: httpx.AsyncClient, backend: Backend) -> None:
    reading = asyncio.create_task(admin.get(URL))
    await arrived(backend)
    await asyncio.sleep(0.1)  # by now the gateway looks whether the caller is still there
    backend.open.set()
    assert (await reading).status_code == 200


async def test_a_deadline_is_no_hanging_up(services: Backend) -> None:
    services.clear()
    services.open.clear()
    headers = {"authorization": f"Bearer {admin_token()}"}
    async with (
        running_gateway(services, call_timeout_seconds=0.2) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        response = await client.get(URL)
    services.open.set()
    assert (response.status_code, response.json()["code"]) == (503, "deadline_exceeded")
