"""The connection to Temporal."""

import asyncio
import logging
from datetime import timedelta

import tenacity
from temporalio.client import Client
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError

from kit.config import TemporalSettings
from kit.logs import get_logger
from leadline_workflows.runtime.namespace import NamespaceError, ensure_search_attributes
from leadline_workflows.runtime.schedules import ensure_schedules

log = get_logger(__name__)

_HEALTH_TIMEOUT = timedelta(seconds=1)
_PREPARED_EVERY_SECONDS = 15.0


def make_runtime() -> Runtime:
    """The one SDK runtime of a process, made before connecting; its logs go where all logs go."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"), append_target_to_name=False, prepend_target_on_message=False
    )
    levels = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=levels, forwarding=forwarding)))


async def connect(settings: TemporalSettings, *, wait_seconds: float, runtime: Runtime | None = None) -> Client:
    """A client of the namespace, as soon as Temporal answers and the namespace has what runs need, Schedules included.

    Raises:
        ConnectionError: that was not so within ``wait_seconds``.
    """
    attempts = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type((RuntimeError, RPCError)),
        stop=tenacity.stop_after_delay(wait_seconds),
        wait=tenacity.wait_exponential(multiplier=0.1, max=2.0),
        before_sleep=lambda state: log.info("waiting for Temporal", attempt=state.attempt_number),
        reraise=True,
    )
    try:
        return await attempts(_connect, settings, runtime)
    except (RuntimeError, RPCError) as error:
        where = f"Temporal at {settings.temporal_address}, namespace {settings.temporal_namespace},"
        message = f"{where} cannot be worked with: {error}"
        raise ConnectionError(message) from error


async def _connect(settings: TemporalSettings, runtime: Runtime | None) -> Client:
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace, runtime=runtime)
    await _prepare(client)
    return client


async def _prepare(client: Client) -> None:
    await ensure_search_attributes(client)
    await ensure_schedules(client)


async def keep_prepared(client: Client, *, every_seconds: float = _PREPARED_EVERY_SECONDS) -> None:
    """Look after what the namespace needs, until cancelled: a Temporal that has lost its database gets it again."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await _prepare(client)
        except (RPCError, NamespaceError) as error:
            log.warning("cannot look after the namespace", cause=repr(error))


async def is_reachable(client: Client) -> bool:
    """Whether Temporal's frontend says that it serves.

    Raises:
        RPCError: it does not answer.
    """
    return await client.service_client.check_health(timeout=_HEALTH_TIMEOUT)
