"""Temporal loses its whole database: every open lead gets its clock back, and nothing fires twice."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from leadline_stack.data_folder import DataFolder
from tests.support.api import ask, get, post, put
from tests.support.runs import run_status
from tests.support.sales import in_force, unique
from tests.support.stack import RunningStack, running_stack
from tests.support.waiting import eventually

Lead = dict[str, Any]
CHECK = "/leads/sla/check-breaches"
BOB = "018f4e6e-0000-7000-8000-0000000000e1"
# At risk after a hundredth of it: two seconds, and its deadline far away.
_RISKY_MINUTES, _DUE_MINUTES = 3.4, 0.02
STANDARD = {"name": "Standard Response", "isDefault": True, "match": [], "responseMinutes": 240}


@pytest.fixture(scope="module")
async def stack() -> AsyncIterator[RunningStack]:
    """A product without leads of other tests, whose clocks would be started again before those that are waited for."""
    async with running_stack("--ephemeral") as running:
        yield running


@pytest.fixture
async def sources(api: httpx.AsyncClient) -> AsyncIterator[tuple[str, str]]:
    """A source whose leads are soon at risk, and one whose leads are soon overdue and then escalated to Bob."""
    before = (await get(api, "/lead-settings/settings"))["sla"]
    risky, due = unique("risky"), unique("due")
    policies = []
    for source, minutes in ((risky, _RISKY_MINUTES), (due, _DUE_MINUTES)):
        await post(api, "/lead-settings/sources", {"name": source})
        match = [{"field": "source", "operator": "equals", "value": source}]
        policies.append({"name": source, "match": match, "responseMinutes": minutes})
    escalations = [{"afterMinutes": 0.01, "assignTo": BOB}]
    sla = {"policies": [*policies, STANDARD], "atRiskAfterPercent": 1, "escalations": escalations}
    await put(api, "/lead-settings/settings", {"sla": sla})
    await in_force(api)
    yield risky, due
    await put(api, "/lead-settings/settings", {"sla": before})
    await in_force(api)


async def some(api: httpx.AsyncClient, count: int, **fields: Any) -> list[Lead]:
    bodies = ({"lastName": unique("Lead"), **fields} for _ in range(count))
    return list(await asyncio.gather(*(post(api, "/leads", body) for body in bodies)))


async def milestones(api: httpx.AsyncClient, lead: Lead) -> Counter[str]:
    """How often each milestone of the lead's clock is recorded."""
    told = (await get(api, f"/leads/{lead['id']}/activities", limit=100))["data"]
    return Counter(each["type"] for each in told if each["type"] in {"sla_at_risk", "sla_breached", "sla_escalated"})


async def recorded(api: httpx.AsyncClient, leads: list[Lead], expected: set[str]) -> None:
    async def look() -> list[Counter[str]]:
        return list(await asyncio.gather(*(milestones(api, lead) for lead in leads)))

    await eventually(look, lambda found: all(each == Counter(expected) for each in found), within=30)


async def runs(temporal: Client, leads: list[Lead]) -> Counter[WorkflowExecutionStatus | None]:
    """How the clocks of the leads stand; nothing for one that has no run."""

    return Counter(await asyncio.gather(*(run_status(temporal, f"lead-sla/{lead['id']}") for lead in leads)))


async def lose_temporal(stack: RunningStack) -> None:
    """The server ends, and its database is not there when it comes back."""
    pid = stack.pause("temporal")
    database = DataFolder(Path(stack.about["dataDir"])).temporal
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    stack.send("temporal", signal.SIGKILL)
    await stack.restarted("temporal", pid)


async def test_after_temporal_lost_everything_each_open_lead_has_its_clock_back_and_nothing_fires_twice(
    stack: RunningStack, api: httpx.AsyncClient, sources: tuple[str, str]
) -> None:
    temporal, (risky, due) = await stack.temporal(), sources
    waiting, at_risk, overdue, answered = await asyncio.gather(
        some(api, 5), some(api, 5, source=risky), some(api, 5, source=due), some(api, 5)
    )
    for lead in answered:
        await post(api, f"/leads/{lead['id']}/notes", {"content": "Called."})
    await recorded(api, at_risk, {"sla_at_risk"})
    await recorded(api, overdue, {"sla_at_risk", "sla_breached", "sla_escalated"})
    # What comes due while Temporal is gone.
    meanwhile = await some(api, 5, source=due)
    still_open = [*waiting, *at_risk, *overdue, *meanwhile]
    await eventually(lambda: runs(temporal, still_open), lambda found: found == {WorkflowExecutionStatus.RUNNING: 20})
    await lose_temporal(stack)
    assert await runs(temporal, still_open) == {None: 20}

    key = {"Idempotency-Key": unique("check")}

    async def check() -> int:
        # The same check each time: how long the worker takes to find Temporal again is not to matter.
        return int((await ask(api, "POST", CHECK, headers=key))["repaired"])

    await eventually(check, lambda repaired: repaired >= len(still_open), within=60)
    await eventually(
        lambda: runs(temporal, still_open), lambda found: found == {WorkflowExecutionStatus.RUNNING: 20}, within=60
    )
    await recorded(api, meanwhile, {"sla_at_risk", "sla_breached", "sla_escalated"})
    assert await runs(temporal, answered) == {None: 5}
    again = await ask(api, "POST", CHECK)
    assert (again["checked"], again["repaired"]) == (0, 0)
    await recorded(api, waiting, set())
    await recorded(api, at_risk, {"sla_at_risk"})
    await recorded(api, overdue, {"sla_at_risk", "sla_breached", "sla_escalated"})
    assert await runs(temporal, still_open) == {WorkflowExecutionStatus.RUNNING: 20}
    for lead in still_open:
        await post(api, f"/leads/{lead['id']}/notes", {"content": "At last."})
    await eventually(lambda: runs(temporal, still_open), lambda found: found == {WorkflowExecutionStatus.COMPLETED: 20})
