"""The real gateway over real HTTP, with recording services behind it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import structlog

from tests.contract.gateway.backend import Backend
from tests.contract.gateway.running import running_gateway
from tests.support.tokens import admin_token


@pytest.fixture(scope="session")
async def services() -> AsyncIterator[Backend]:
    backend = Backend()
    await backend.start()
    yield backend
    await backend.stop()


@pytest.fixture
def backend(services: Backend) -> Backend:
    services.clear()
    return services


@pytest.fixture(scope="session")
async def gateway_url(services: Backend) -> AsyncIterator[str]:
    async with running_gateway(services) as url:
        yield url


@pytest.fixture(scope="session")
async def anonymous(gateway_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway_url) as client:
        yield client


@pytest.fixture(scope="session")
async def admin(gateway_url: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {admin_token()}"}
    async with httpx.AsyncClient(base_url=gateway_url, headers=headers) as client:
        yield client


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """The lines that were logged."""
    with structlog.testing.capture_logs() as lines:
        yield lines  # type: ignore[misc]
