"""`/healthz`: this process lives. `/readyz`: every configured part works."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from kit.rpc.server import RpcServer
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.support.waiting import eventually

TEMPORAL_NAME = "temporal.api.workflowservice.v1.WorkflowService"
SERVING = {"leads": "serving", "settings": "serving", "crm": "serving"}


class Part:
    """The relay or the worker: it serves health only."""

    works = True

    async def is_ready(self) -> bool:
        return self.works


@pytest.fixture
def part() -> Part:
    return Part()


@pytest.fixture
async def part_address(part: Part) -> AsyncIterator[str]:
    server = RpcServer("127.0.0.1:0", ready=part.is_ready)
    yield await server.start()
    await server.stop()


@pytest.fixture
async def temporal_address() -> AsyncIterator[str]:
    """Health as Temporal's front end answers it: for its service, and not for the process as a whole."""
    servicer, server = health.aio.HealthServicer(), grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    await servicer.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    await servicer.set(TEMPORAL_NAME, health_pb2.HealthCheckResponse.SERVING)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def parts_of(client: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    response = await client.get("/readyz")
    answer = response.json()
    assert answer["status"] == ("ready" if response.status_code == 200 else "not_ready")
    return response.status_code, {part["name"]: part["state"] for part in answer["parts"]}


async def test_all_configured_parts_are_shown(services: Backend, part_address: str, temporal_address: str) -> None:
    addresses = {"relay_address": part_address, "worker_address": part_address, "temporal_address": temporal_address}
    async with running_gateway(services, **addresses) as url, httpx.AsyncClient(base_url=url) as client:
        everything = {**SERVING, "relay": "serving", "worker": "serving", "temporal": "serving"}
        await eventually(lambda: parts_of(client), lambda answer: answer == (200, everything))


async def test_parts_that_are_not_configured_are_left_out(anonymous: httpx.AsyncClient) -> None:
    await eventually(lambda: parts_of(anonymous), lambda answer: answer == (200, SERVING))


async def test_a_part_that_cannot_work_or_is_away_is_503_and_the_gateway_lives_on(
    services: Backend, part: Part, part_address: str
) -> None:
    async with (
        running_gateway(services, worker_address=part_address, relay_address="127.0.0.1:1") as url,
        httpx.AsyncClient(base_url=url) as client,
    ):
        away = {**SERVING, "relay": "not_serving", "worker": "serving"}
        await eventually(lambda: parts_of(client), lambda answer: answer == (503, away))
        assert int((await client.get("/readyz")).headers["retry-after"]) > 0
        part.works = False
        await eventually(lambda: parts_of(client), lambda answer: answer[1]["worker"] == "not_serving")
        assert (await client.get("/healthz")).json() == {"status": "ok"}
