"""Running the real gateway in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from gateway.app import create_app
from gateway.server import open_listener, serve
from gateway.settings import GatewaySettings
from tests.contract.gateway.backend import Backend
from tests.support.tokens import SECRET


@asynccontextmanager
async def running_gateway(backend: Backend, **changed: Any) -> AsyncIterator[str]:
    """The URL of a gateway in this process, by its own settings where some are given."""
    addresses = {f"{name}_address": address for name, address in backend.addresses.items()}
    settings = GatewaySettings(token_secret=SecretStr(SECRET), **{**addresses, **changed})
    listener = open_listener("127.0.0.1:0")
    port, stop = listener.getsockname()[1], asyncio.Event()
    serving = asyncio.create_task(serve(create_app(settings), listener, stop))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        await serving
