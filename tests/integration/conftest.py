"""A real S3-compatible server, started for the first test that needs one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import s3


@pytest.fixture(scope="session")
async def s3_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[s3.S3Server]:
    """One S3-compatible server for the whole run."""
    folder: Path = tmp_path_factory.mktemp("s3")
    with s3.server_process(folder) as (server, process):
        yield await s3.ready(server, process)
