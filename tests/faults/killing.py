"""Kills parts of the running product at random, as nobody would."""

import asyncio
import logging
import random
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.support.stack import RunningStack
from tests.support.waiting import eventually

LOG = logging.getLogger(__name__)

# One that keeps ending is started again only after a quarter of a minute.
_ALL_BACK_SECONDS = 120
# How often the next one dies only once all are back: else nothing would get through on a slow machine.
_IN_PEACE = 0.7


@dataclass
class Killer:
    """``kill -9`` for one part after the other, each at least once, and at times before the others are back."""

    stack: RunningStack
    chance: random.Random
    parts: Sequence[str]
    pauses: tuple[float, float]
    killed: Counter[str] = field(default_factory=Counter)

    async def run(self, seconds: float) -> None:
        """Kill for so long, and for as long as it takes to have killed each; then wait until all are back."""
        end = asyncio.get_running_loop().time() + seconds
        first = self.chance.sample(list(self.parts), len(self.parts))
        while first or asyncio.get_running_loop().time() < end:
            if self.chance.random() < _IN_PEACE:
                await self._all_back()
            await asyncio.sleep(self.chance.uniform(*self.pauses))
            await self._kill(first.pop() if first else self.chance.choice(list(self.parts)))
        await self._all_back()

    async def _all_back(self) -> None:
        await eventually(self._ready, lambda ready: ready >= set(self.parts), within=_ALL_BACK_SECONDS)

    async def _kill(self, part: str) -> None:
        await eventually(self._ready, lambda ready: part in ready, within=_ALL_BACK_SECONDS)
        with suppress(ProcessLookupError):  # it has just ended by itself
            self.stack.send(part, signal.SIGKILL)
            self.killed[part] += 1
            LOG.info("killed %s", part)

    async def _ready(self) -> set[str]:
        return {name for name, part in self.stack.state()["parts"].items() if part["state"] == "ready"}
