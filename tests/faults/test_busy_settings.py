"""Settings change at random under leads, while parts are killed: in the end everything fits together."""

import asyncio
import random
import secrets
import signal
from collections import defaultdict
from typing import Any

import httpx

from tests.faults.busy_settings import BusySettings
from tests.support.api import get
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

_KILLED = ("leads", "worker", "settings", "relay", "worker", "leads")


async def killing(stack: RunningStack) -> None:
    for part in _KILLED:
        await asyncio.sleep(2.5)  # not for anything to become true: the moment of death is to be any
        await stack.restarted(part, stack.send(part, signal.SIGKILL))


async def at_rest(api: httpx.AsyncClient) -> bool:
    """Whether no deletion and no scoring is under way."""
    retirements = await api.get("/lead-settings/retirements")
    rescore = await api.get("/lead-settings/scoring-rules/rescore")
    if {retirements.status_code, rescore.status_code} != {200}:
        return False
    running = [each for each in retirements.json() if each["state"] == "running"]
    return not running and rescore.json()["state"] in {"none", "completed"}


async def test_everything_fits_together_after_changes_at_random_and_killed_parts(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    seed = secrets.randbelow(2**32)
    busy = BusySettings(api, random.Random(seed))  # noqa: S311 - no secret
    await asyncio.gather(busy.run(25), killing(stack))
    await eventually(lambda: at_rest(api), within=120, every=0.5)
    assert busy.surprises == [], seed
    assert await faults_of_lists(busy) == [], seed
    assert await faults_of_leads(busy) == [], seed


async def faults_of_lists(busy: BusySettings) -> list[str]:
    """Where there is not exactly one default, or positions are not 1…n."""
    pipelines, stages, priorities = [await busy.all(path) for path in ("pipelines", "stages", "priorities")]
    found = []
    for name, entries in (("pipelines", pipelines), ("priorities", priorities)):
        if sum(each["isDefault"] for each in entries) != 1:
            found.append(f"{name}: {entries}")
    positions: defaultdict[str, list[int]] = defaultdict(list)
    for each in [*stages, *priorities]:
        positions[each.get("pipelineId", "priorities")].append(each["position"])
    return found + [
        f"{name}: {each}" for name, each in positions.items() if sorted(each) != list(range(1, len(each) + 1))
    ]


async def faults_of_leads(busy: BusySettings) -> list[str]:
    """Leads that are lost, name something that is gone, or have not the score that the rules give."""
    stages = {each["id"]: each["pipelineId"] for each in await busy.all("stages")}
    priorities = {each["name"] for each in await busy.all("priorities")}
    rules = await busy.all("scoring-rules")
    found = []
    for lead_id in busy.leads:
        lead: dict[str, Any] = await get(busy.api, f"/leads/{lead_id}")
        fits = stages.get(lead["stageId"]) == lead["pipelineId"] and lead["priority"] in priorities
        points = sum(rule["points"] for rule in rules if rule["value"] == lead["priority"])
        scored = lead["status"] != "open" or lead["score"] == max(0, min(100, points))
        if not (fits and scored):
            found.append(str(lead))
    return found
