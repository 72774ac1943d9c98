"""A caller that hangs up ends the read that it asked for. Writes go on to their end, whoever listens."""

import asyncio
from collections.abc import Awaitable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

# Most reads end before anybody looks: to look costs more than they do.
_LOOK_AFTER_SECONDS = 0.05


async def while_listened_to(request: Request, reading: Awaitable[Response]) -> Response:
    """The answer of a read, whose calls to services are cancelled when the caller hangs up before.

    Raises:
        ClientDisconnect: the caller has hung up.
    """
    watching: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as patience:
            later = loop.call_later(
                _LOOK_AFTER_SECONDS, lambda: watching.append(loop.create_task(_watch(request, patience)))
            )
            try:
                return await reading
            finally:
                later.cancel()
                for each in watching:
                    each.cancel()
    except TimeoutError:
        if patience.expired():
            raise ClientDisconnect from None
        raise


async def _watch(request: Request, patience: asyncio.Timeout) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    # The answer may have come at this very moment.
    if not patience.expired():
        patience.reschedule(asyncio.get_running_loop().time())
