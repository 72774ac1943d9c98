"""A gRPC server with the guard, health and reflection, as every part of Leadline runs one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from kit.logs import get_logger
from kit.rpc.access import rules_of
from kit.rpc.guard import Guard
from kit.tokens import TokenVerifier

log = get_logger(__name__)

Probe = Callable[[], Awaitable[bool]]

_PROBE_EVERY_SECONDS = 1.0
_PROBE_TIMEOUT_SECONDS = 2.0
_GRACE_SECONDS = 5.0
_OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


@dataclass(frozen=True, slots=True)
class Served:
    """A servicer with the generated function that adds it, and the service's descriptor."""

    servicer: Any
    add: Callable[[Any, Any], None]
    descriptor: ServiceDescriptor


class _Handlers:
    """What a generated function adds a service to: its handlers, without a queue for each method.

    With these, the server wakes up for each call a waiter of every method that there is.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self.add_generic_rpc_handlers = server.add_generic_rpc_handlers

    def add_registered_method_handlers(self, _name: str, _handlers: Any) -> None:
        """They are found by the service's handlers."""


class RpcServer:
    """One gRPC server. ``ready`` says whether the part can do its work; health answers what it said last.

    ``ending`` is set when it is asked to stop, for calls that would go on for as long as somebody listens.
    """

    def __init__(
        self,
        listen: str,
        *,
        served: Sequence[Served] = (),
        verifier: TokenVerifier | None = None,
        ready: Probe,
        ending: asyncio.Event | None = None,
    ) -> None:
        if served and verifier is None:
            message = "a server with services needs a token verifier"
            raise ValueError(message)
        rules = {name: rule for each in served for name, rule in rules_of(each.descriptor).items()}
        interceptors = [Guard(verifier, rules)] if verifier else []
        self._server = grpc.aio.server(interceptors=interceptors, options=_OPTIONS)
        self._health = health.aio.HealthServicer()
        self._names = ["", *(each.descriptor.full_name for each in served)]
        self._ready = ready
        self._ending = ending or asyncio.Event()
        self._listen = listen
        self._prober: asyncio.Task[None] | None = None
        for each in served:
            each.add(each.servicer, _Handlers(self._server))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [*self._names[1:], health.SERVICE_NAME, reflection.SERVICE_NAME]
        reflection.enable_server_reflection(names, self._server)

    async def start(self) -> str:
        """Listen, and answer the address: `host:port` with the port that was taken.

        Raises:
            OSError: the address is not to be had.
        """
        try:
            port = self._server.add_insecure_port(self._listen)
        except RuntimeError as error:
            message = f"cannot listen on {self._listen}"
            raise OSError(message) from error
        await self._set_health(serving=False)
        await self._server.start()
        self._prober = asyncio.create_task(self._probe())
        address = f"{self._listen.rpartition(':')[0]}:{port}"
        log.info("listening", address=address)
        return address

    async def stop(self) -> None:
        """Take no new calls, let the running ones end, then go."""
        self._ending.set()
        if self._prober:
            self._prober.cancel()
        await self._health.enter_graceful_shutdown()
        await self._server.stop(_GRACE_SECONDS)

    async def _probe(self) -> None:
        last: bool | None = None
        while True:
            serving = await self._is_ready()
            if serving != last:
                await self._set_health(serving=serving)
                log.info("health", serving=serving)
                last = serving
            await asyncio.sleep(_PROBE_EVERY_SECONDS if serving else _PROBE_EVERY_SECONDS / 5)

    async def _is_ready(self) -> bool:
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT_SECONDS):
                return await self._ready()
        except Exception as error:  # noqa: BLE001 - whatever keeps the probe from answering, the part is not ready
            log.debug("not ready", cause=repr(error))
            return False

    async def _set_health(self, *, serving: bool) -> None:
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in self._names:
            await self._health.set(name, status)


async def serve_until(server: RpcServer, stop: asyncio.Event) -> None:
    """Serve until asked to end."""
    await server.start()
    await stop.wait()
    await server.stop()
