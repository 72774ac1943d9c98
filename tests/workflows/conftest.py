"""Two Temporal servers for the whole run: a fast one that skips time for everybody, and the real one."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.workflows.scripted_services import Services, scripted_services
from tests.workflows.servers import start_skipping, start_temporal

# So that a run that goes on as a new one can be seen without thousands of events.
_EVENTS_BEFORE_A_NEW_RUN = {"limit.historyCount.suggestContinueAsNew": "60"}


@pytest.fixture(scope="session")
async def skipping() -> AsyncIterator[WorkflowEnvironment]:
    """The older test server; it skips time for all its runs at once, so tests use it one after the other."""
    async with await start_skipping() as environment:
        yield environment


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """The real server; each run that is started through its client skips time on its own."""
    async with await start_temporal(_EVENTS_BEFORE_A_NEW_RUN) as environment:
        yield environment


@pytest.fixture(scope="session")
async def live(temporal: WorkflowEnvironment) -> Client:
    """A client of the real server whose runs live in real time."""
    return await temporal.connect_client()


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """The worker's activities against scripted services."""
    async with scripted_services() as opened:
        yield opened
