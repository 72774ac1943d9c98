"""Every promise of the seam is tried on each CRM, or on the one that whoever runs the tests names."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.contract.crm_seam.servers import ADDRESS, GivenCrm, LeadlineCrm, OwnCrm, SeamDoor, SeamServer

SERVERS = ["given"] if ADDRESS in os.environ else ["leadline", "example"]


@pytest.fixture(scope="session", params=SERVERS)
async def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SeamServer]:
    """A CRM behind the seam. Others use it too: tests keep to names of their own."""
    server: SeamServer
    if request.param == "leadline":
        create_database: Callable[[str], str] = request.getfixturevalue("create_database")
        server = LeadlineCrm(create_database("crm_seam"))
    elif request.param == "example":
        folder: Path = tmp_path_factory.mktemp("own_crm")
        server = OwnCrm(folder)
    else:
        server = GivenCrm()
    await server.open()
    yield server
    await server.close()


@pytest.fixture
def crm(server: SeamServer) -> SeamDoor:
    """A door to it."""
    return server.door


@pytest.fixture
def is_ours(server: SeamServer) -> None:
    """Skips what needs tokens or a process that only our own servers have."""
    if isinstance(server, GivenCrm):
        pytest.skip("needs a server that the tests start")
