"""Running a part as a process: one event loop, graceful end on SIGTERM and SIGINT."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable

import uvloop

from kit.logs import get_logger

log = get_logger(__name__)


def run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run ``main`` until it returns. The event it gets is set when the process is asked to end."""
    # What was imported stays. Looked through again and again, it would hold up all calls for some 70 ms each time.
    gc.collect()
    gc.freeze()
    uvloop.run(_run(main))


async def _run(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await main(stop)
    log.info("stopped")
