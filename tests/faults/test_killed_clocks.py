"""Everything that a clock depends on is killed at random while leads come in and are answered: each record is right.

CI kills for a few seconds; `make faults` for two minutes.
"""

import asyncio
import logging
import os
import random
import secrets

import httpx
import pytest

from tests.faults.busy_clocks import BusyClocks
from tests.faults.clock_records import ClockRecords
from tests.faults.clock_rules import rules_in_force
from tests.faults.killing import Killer
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

LOG = logging.getLogger(__name__)

PARTS = ("worker", "relay", "leads", "temporal", "postgres")
SECONDS = float(os.environ.get("LEADLINE_FAULT_SECONDS", "8"))
LEADS = int(os.environ.get("LEADLINE_FAULT_LEADS", "80"))
SEED = int(os.environ.get("LEADLINE_FAULT_SEED") or secrets.randbelow(2**32))
# In CI, promises of one to seven seconds and quick deaths; else of five to thirty.
IS_SAMPLE = SECONDS < 60
SCALE, PAUSES = (0.25, (0.5, 2.0)) if IS_SAMPLE else (1.0, (0.5, 4.0))
# What a killed worker had begun is begun again after ten seconds, a call that it had made after fifteen. On a busy
# machine Temporal's file takes minutes to work off what has gathered for hundreds of clocks.
QUIET_SECONDS = 600


@pytest.mark.timeout(SECONDS + 900)
async def test_every_record_is_what_the_times_of_the_answers_make_it_whoever_dies(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    LOG.info("seed %d: %d leads in %g seconds", SEED, LEADS, SECONDS)
    api.timeout = httpx.Timeout(30, pool=None)  # as many wait for their turn as there are leads
    chance = random.Random(SEED)  # noqa: S311 - no secret
    killer = Killer(stack, random.Random(chance.random()), PARTS, PAUSES)  # noqa: S311 - no secret
    async with rules_in_force(api, SCALE) as rules:
        busy = BusyClocks(api, rules, chance)
        await asyncio.gather(busy.run(LEADS, SECONDS), killer.run(SECONDS))
        LOG.info("killed %s", dict(killer.killed))
        assert busy.surprises == [], SEED
        assert len(busy.leads) == LEADS
        records = ClockRecords(stack, api, await stack.temporal(), busy)
        await come_right(records)
        # What is right stays right, and nothing comes twice.
        assert await records.faults(busy.leads) == {}, SEED
        LOG.info("all %d records are what they must be", LEADS)


async def come_right(records: ClockRecords) -> None:
    wrong = await records.faults(records.busy.leads)

    async def left() -> list[str]:
        nonlocal wrong
        LOG.info("%d records are not yet as they must be", len(wrong))
        wrong = await records.faults(wrong)
        faults = [fault for each in wrong.values() for fault in each]
        return [f"seed {SEED}", *faults[:20]] if faults else []

    await eventually(left, lambda found: not found, within=QUIET_SECONDS, every=1)
