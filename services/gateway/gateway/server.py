"""The HTTP server: uvicorn, which leaves signals and logs to us."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from kit.logs import get_logger

log = get_logger(__name__)

# Longer than the longest call, so that a conversion that is waited for gets its answer.
_GRACE_SECONDS = 20
# Longer than the idle time-outs of common load balancers: the client side closes first.
_KEEP_ALIVE_SECONDS = 75


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process handles its signals itself."""
        yield


def open_listener(listen: str) -> socket.socket:
    """A socket that listens on ``host:port``.

    Raises:
        OSError: the address is not to be had.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, int(port)), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        message = f"cannot listen on {listen}: {error}"
        raise OSError(message) from error
    # Connections inherit it. Without it, an answer's body waits up to 40 ms for the client to confirm its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


async def serve(app: FastAPI, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until asked to end; then take no new requests and let the running ones end."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        # A pipelined request must not see whose request came before it.
        reset_contextvars=True,
    )
    server = _Uvicorn(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    host, port = listener.getsockname()[:2]
    log.info("listening", address=f"{host}:{port}")
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    stopping.cancel()
