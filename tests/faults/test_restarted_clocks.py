"""Parts that clocks depend on are restarted while clocks wait: each milestone is recorded once, with its true time."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.faults.busy_clocks import BusyClocks
from tests.faults.clock_records import ClockRecords
from tests.faults.clock_rules import ClockRules, rules_in_force
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

# As each is asked to end in order; PostgreSQL without waiting for those who are connected.
PARTS = {"worker": signal.SIGTERM, "temporal": signal.SIGTERM, "postgres": signal.SIGINT}
LEADS = 8


@pytest.fixture(scope="module")
async def rules(stack: RunningStack) -> AsyncIterator[ClockRules]:
    """Promises of one to five seconds."""
    async with stack.client() as api, rules_in_force(api, 0.15) as made:
        yield made


@pytest.mark.parametrize("part", PARTS)
async def test_a_restart_while_clocks_wait_loses_no_milestone_and_doubles_none(
    stack: RunningStack, api: httpx.AsyncClient, rules: ClockRules, part: str
) -> None:
    busy = BusyClocks(api, rules, random.Random(part))  # noqa: S311 - no secret
    coming = asyncio.create_task(busy.run(LEADS, 1))
    await eventually(lambda: begun(busy), within=20)
    await stack.restarted(part, stack.send(part, PARTS[part]))
    await coming
    records = ClockRecords(stack, api, await stack.temporal(), busy)
    await eventually(lambda: records.faults(busy.leads), lambda faults: faults == {}, within=60, every=0.5)
    assert busy.surprises == []


async def begun(busy: BusyClocks) -> bool:
    return len(busy.leads) == LEADS
