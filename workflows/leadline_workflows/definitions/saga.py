"""What a saga needs beside its steps: undoing in reverse order, and work that a cancel does not tear."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow

Result = TypeVar("Result")
Undo = Callable[[], Awaitable[None]]


class Saga:
    """The undos of the steps that have begun. An undo must not give up: what it leaves undone stays undone."""

    def __init__(self) -> None:
        self._undos: list[Undo] = []

    def will_need(self, undo: Undo) -> None:
        """Remember the undo of a step, before the step begins: it may have happened even if it seems to have failed."""
        self._undos.append(undo)

    async def undo(self) -> None:
        """Undo everything, the last step first."""
        while self._undos:
            await self._undos.pop()()


async def uninterrupted(work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work to its end, however often the caller is cancelled meanwhile.

    Neither a plain await nor a single shield does that: the first loses the work, the second its awaiter, and the
    run closes before the work is done.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            continue
    return task.result()


def stop_if_cancelled() -> None:
    """End a saga's way forward: a step that ends well while it is being cancelled answers as if nobody had cancelled.

    Raises:
        asyncio.CancelledError: an operator has cancelled the run.
    """
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError
