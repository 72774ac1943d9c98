"""Clients convert leads, half of them twice at once, while everything is killed at random: each is converted once.

CI kills for a few seconds; `make faults` while two hundred leads are converted by twenty clients.
"""

import asyncio
import logging
import os
import random
import secrets

import httpx
import pytest

from tests.faults.busy_conversions import BusyConversions
from tests.faults.conversion_records import Databases
from tests.faults.killing import Killer
from tests.support.stack import RunningStack

LOG = logging.getLogger(__name__)

PARTS = ("worker", "relay", "leads", "crm", "temporal", "postgres")
LEADS = int(os.environ.get("LEADLINE_FAULT_CONVERSIONS", "30"))
SEED = int(os.environ.get("LEADLINE_FAULT_SEED") or secrets.randbelow(2**32))
IS_SAMPLE = LEADS < 100
CLIENTS, SECONDS, PAUSES = (6, 6.0, (0.5, 1.5)) if IS_SAMPLE else (20, 60.0, (0.5, 4.0))
# A killed part that keeps ending is started again after a quarter of a minute; a call waits up to half of one.
QUIET_SECONDS = 300


@pytest.mark.timeout(SECONDS + QUIET_SECONDS + 120)
async def test_each_lead_is_converted_once_whoever_asks_and_whoever_dies(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    LOG.info("seed %d: %d leads by %d clients", SEED, LEADS, CLIENTS)
    chance = random.Random(SEED)  # noqa: S311 - no secret
    parts = chance.sample(PARTS, 3) if IS_SAMPLE else PARTS
    killer = Killer(stack, random.Random(chance.random()), parts, PAUSES)  # noqa: S311 - no secret
    busy = BusyConversions(api, chance)
    await busy.prepare(LEADS)
    async with asyncio.timeout(SECONDS + QUIET_SECONDS):
        await asyncio.gather(busy.run(CLIENTS, SECONDS), killer.run(SECONDS))
    LOG.info("killed %s, answers %s", dict(killer.killed), dict(busy.answers))
    assert busy.surprises == [], SEED
    databases = Databases(stack)
    assert await databases.faults(busy.leads) == {}, SEED
    assert set((await databases.statuses(busy.leads)).values()) == {"converted"}
    # Whoever was answered was told the same, and it is what is there; nobody had to begin twice.
    query = "SELECT lead_id, opportunity_id FROM conversions WHERE lead_id = ANY(%(leads)s)"
    rows = await databases.rows("leads", query, leads=busy.leads)
    assert len(rows) == LEADS
    assert {str(row["lead_id"]): {str(row["opportunity_id"])} for row in rows} == busy.told
