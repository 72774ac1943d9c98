"""Waiting for something to become true, with a bound, instead of sleeping and hoping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")


async def eventually(
    look: Callable[[], Awaitable[Value]],
    accept: Callable[[Value], bool] = bool,
    *,
    within: float = 20.0,
    every: float = 0.05,
) -> Value:
    """The first value that ``accept`` takes; fails with the last one after ``within`` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = await look()
        if accept(value):
            return value
        if time.monotonic() > deadline:
            message = f"not within {within} s; the last value was {value!r}"
            raise AssertionError(message)
        await asyncio.sleep(every)
