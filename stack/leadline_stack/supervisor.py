"""Starts the parts in the order of their needs, as parallel as that allows, and stops them the other way round."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from leadline_stack.keeper import Keeper, Watch
from leadline_stack.parts import Part

_LAST_SECONDS = 10.0


class Supervisor:
    """Keeps the parts, each in a process of its own. ``watch`` is told of every change."""

    def __init__(self, parts: Sequence[Part], watch: Watch) -> None:
        self._keepers: dict[str, Keeper] = {}
        for part in parts:
            needed = [self._keepers[name] for name in part.after]
            self._keepers[part.name] = Keeper(part, needed, watch)
        self._gone = {part.name: asyncio.Event() for part in parts}
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self, stop: asyncio.Event, ready: Callable[[], Awaitable[None]]) -> None:
        """Start everything, run ``ready`` once all is ready, and keep the parts until ``stop``. Stops nothing itself.

        Raises:
            PartFailedError: a part could not be started.
        """
        self._tasks = [asyncio.create_task(keeper.run()) for keeper in self._keepers.values()]
        asked = asyncio.create_task(stop.wait())
        all_ready = asyncio.create_task(self._all_ready())
        try:
            await self._first_of(asked, all_ready)
            if not stop.is_set():
                await ready()
                await self._first_of(asked)
        finally:
            asked.cancel()
            all_ready.cancel()

    async def stop(self) -> None:
        """Stop everything, each part once those that need it are gone. Takes no longer than the parts' time limits."""
        await asyncio.gather(*(self._stop_in_turn(keeper) for keeper in self._keepers.values()))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LAST_SECONDS)

    async def kill(self) -> None:
        """End everything at once."""
        await asyncio.gather(*(keeper.kill() for keeper in self._keepers.values()))

    async def _all_ready(self) -> None:
        for keeper in self._keepers.values():
            await keeper.ready.wait()

    async def _first_of(self, *awaited: asyncio.Task[Any]) -> None:
        """Wait until one of the tasks is done, or a keeper has failed."""
        pending: set[asyncio.Task[Any]] = {*awaited, *self._tasks}
        while pending.issuperset(awaited):
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _stop_in_turn(self, keeper: Keeper) -> None:
        name = keeper.part.name
        for user in self._keepers.values():
            if name in (*user.part.after, *user.part.uses):
                await self._gone[user.part.name].wait()
        try:
            await keeper.stop()
        finally:
            self._gone[name].set()
