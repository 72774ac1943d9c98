"""Whether runs are open, as Temporal itself says: lists lag behind by seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

# Looked at by themselves at a time: clocks and conversions come first.
_AT_ONCE = 20
_CALL = timedelta(seconds=10)

Thing = TypeVar("Thing")
Found = TypeVar("Found")


class Slots:
    """So many looks at Temporal at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def each(self, things: Sequence[Thing], look: Callable[[Thing], Awaitable[Found]]) -> list[Found]:
        """What each of the things comes to, in their order."""

        async def one(thing: Thing) -> Found:
            async with self._slots:
                return await look(thing)

        return list(await asyncio.gather(*(one(thing) for thing in things)))


async def is_open(client: Client, workflow_id: str) -> bool:
    """Whether a workflow has an open run.

    Raises:
        RPCError: Temporal does not say.
    """
    try:
        found = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=_CALL)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return found.status is WorkflowExecutionStatus.RUNNING
