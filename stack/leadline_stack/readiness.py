"""How each sort of part shows that it is ready."""

import asyncio
import urllib.error
import urllib.request

from kit.rpc.calls import is_serving, open_channel

_TEMPORAL_FRONTEND = "temporal.api.workflowservice.v1.WorkflowService"


async def grpc_serves(address: str, service: str = "") -> bool:
    """Whether the health service there says SERVING."""
    async with open_channel(address) as channel:
        return await is_serving(channel, service)


async def temporal_answers(address: str) -> bool:
    """Whether the Temporal server takes calls."""
    return await grpc_serves(address, _TEMPORAL_FRONTEND)


async def http_answers(url: str) -> bool:
    """Whether the page answers 200."""
    return await asyncio.to_thread(_get, url)


def _get(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a page of our own, on this machine
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
