"""The job `temporal-namespace`: makes Leadline's namespace, or brings it to what runs need. It may be repeated.

Runs in the worker's image, so that the search attributes are the ones that this release of the worker uses.
"""

import asyncio
import os
import sys
from datetime import timedelta
from typing import Annotated

import tenacity
from google.protobuf.duration_pb2 import Duration
from pydantic import Field
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import (
    GetClusterInfoRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from kit.config import TemporalSettings, read_settings
from kit.logs import configure_logs, get_logger
from leadline_workflows.runtime.namespace import ensure_search_attributes

log = get_logger(__name__)

_WAIT_SECONDS = 90.0
_CALL = timedelta(seconds=10)


class NamespaceSettings(TemporalSettings):
    """What the namespace shall be like."""

    # What Temporal refuses to start twice, it knows only as long as it keeps the closed run.
    temporal_retention_hours: Annotated[int, Field(ge=24, le=24 * 365)] = 720
    temporal_history_shards: Annotated[int, Field(ge=1, description="of the cluster, for good since its first start")]


async def prepare(settings: NamespaceSettings) -> None:
    """Make the namespace, or change its retention, and register the search attributes that it does not have.

    Raises:
        RuntimeError: Temporal does not answer.
        RPCError: it refuses, or does not know the new namespace within 90 seconds.
        ValueError: the cluster has another number of shards, or a search attribute another type.
    """
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    await _check_shards(client, settings.temporal_history_shards)
    await _keep(client, timedelta(hours=settings.temporal_retention_hours))
    # A new namespace is known to all parts of the server only after some seconds.
    attempts = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(RPCError),
        stop=tenacity.stop_after_delay(_WAIT_SECONDS),
        wait=tenacity.wait_exponential(multiplier=0.2, max=3.0),
        reraise=True,
    )
    await attempts(ensure_search_attributes, client)
    log.info("namespace ready", namespace=client.namespace, retention_hours=settings.temporal_retention_hours)


async def _check_shards(client: Client, expected: int) -> None:
    cluster = await client.workflow_service.get_cluster_info(GetClusterInfoRequest(), timeout=_CALL)
    if cluster.history_shard_count != expected:
        message = (
            f"the cluster was made with {cluster.history_shard_count} history shards, not with {expected}; "
            "that number can never change"
        )
        raise ValueError(message)


async def _keep(client: Client, retention: timedelta) -> None:
    period = Duration()
    period.FromTimedelta(retention)
    register = RegisterNamespaceRequest(
        namespace=client.namespace,
        description="Leadline: SLA clocks, conversions, and what follows from changed settings",
        workflow_execution_retention_period=period,
    )
    try:
        await client.workflow_service.register_namespace(register, timeout=_CALL)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
        update = UpdateNamespaceRequest(
            namespace=client.namespace, config=NamespaceConfig(workflow_execution_retention_ttl=period)
        )
        await client.workflow_service.update_namespace(update, timeout=_CALL)


def main() -> int:
    """Prepare the namespace that the environment names."""
    settings = read_settings(NamespaceSettings)
    configure_logs("temporal-namespace", settings.log_level)
    try:
        asyncio.run(prepare(settings))
    except (RPCError, RuntimeError, ValueError) as error:
        log.critical("the namespace is not ready", cause=str(error))
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Temporal's client has threads of its own, which at times abort an interpreter that ends right after its last
    # call: a job that has done its work would look failed.
    os._exit(code)
