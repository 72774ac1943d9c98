"""Temporal servers for tests, from the binaries of the environment that runs the tests."""

import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.common import SearchAttributeKey
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import search_attributes
from leadline_workflows.runtime.namespace import add_search_attributes

# A machine that is busy with other things starts a server in more than the usual five seconds.
_STARTUP = timedelta(seconds=60)


def binary(name: str) -> str:
    """The path of an executable of this environment."""
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found, f"{name} is not beside {sys.executable}"
    return found


async def start_skipping() -> WorkflowEnvironment:
    """The older test server: it skips hours in milliseconds, for all runs at once."""
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=binary("temporal-test-server"), test_server_startup_timeout=_STARTUP
    )
    await add_search_attributes(environment.client, search_attributes.TYPES)
    return environment


async def start_temporal(
    dynamic_configuration: Mapping[str, str] | None = None,
    *,
    identity: str | None = None,
    port: int | None = None,
    attributes: Sequence[str] = tuple(search_attributes.TYPES),
    database: Path | None = None,
) -> WorkflowEnvironment:
    """The real server. Each run that is started through its client skips time on its own.

    What a server on a ``database`` file knew, the next one on it knows.
    """
    settings = {"frontend.WorkflowTimeSkippingEnabled": "true"} | dict(dynamic_configuration or {})
    arguments = [part for name, value in settings.items() for part in ("--dynamic-config-value", f"{name}={value}")]
    arguments += ["--db-filename", str(database)] if database else []
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=arguments,
        dev_server_startup_timeout=_STARTUP,
        search_attributes=[_key(name) for name in attributes],
        identity=identity,
        port=port,
    )


def _key(name: str) -> SearchAttributeKey[Any]:
    if name in search_attributes.DATETIMES:
        return SearchAttributeKey.for_datetime(name)
    return SearchAttributeKey.for_keyword(name)


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
