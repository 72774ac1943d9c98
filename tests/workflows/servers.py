"""Temporal servers for tests, from the binaries of the environment that runs the tests."""

import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.common import SearchAttributeKey
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import search_attributes

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
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await environment.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(search_attributes=dict.fromkeys(search_attributes.KEYWORDS, keyword))
    )
    return environment


async def start_temporal(
    dynamic_configuration: Mapping[str, str] | None = None,
    *,
    identity: str | None = None,
    port: int | None = None,
    keywords: Sequence[str] = search_attributes.KEYWORDS,
) -> WorkflowEnvironment:
    """The real server. Each run that is started through its client skips time on its own."""
    settings = {"frontend.WorkflowTimeSkippingEnabled": "true"} | dict(dynamic_configuration or {})
    arguments = [part for name, value in settings.items() for part in ("--dynamic-config-value", f"{name}={value}")]
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=binary("temporal"),
        dev_server_extra_args=arguments,
        dev_server_startup_timeout=_STARTUP,
        search_attributes=[SearchAttributeKey.for_keyword(name) for name in keywords],
        identity=identity,
        port=port,
    )


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
