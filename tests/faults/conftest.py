"""A product of its own for faults: its parts are killed."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.stack import RunningStack, running_stack


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[RunningStack]:
    """The running product."""
    async with running_stack("--ephemeral") as running:
        yield running


@pytest.fixture
async def api(stack: RunningStack) -> AsyncIterator[httpx.AsyncClient]:
    """Its REST API under an administrator's token."""
    async with stack.client() as client:
        yield client
