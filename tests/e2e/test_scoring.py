"""Scores follow the rules: at once where a lead is written, and by one run for all the others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from tests.support.api import ask, get, post, put
from tests.support.sales import in_force, read, set_up, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

RULES = "/lead-settings/scoring-rules"


@pytest.fixture(autouse=True)
async def _no_rules_are_left(api: httpx.AsyncClient) -> AsyncIterator[None]:
    yield
    for rule in await get(api, RULES):
        await ask(api, "DELETE", f"{RULES}/{rule['id']}", expect=204)
    await put(api, "/lead-settings/qualification-threshold", {"threshold": 60})
    await put(api, "/lead-settings/settings", {"scoring": {"maxScore": 100}})
    await in_force(api)
    await eventually(lambda: rescored(api), within=20)


async def rescored(api: httpx.AsyncClient) -> bool:
    """Whether no run is asked for or under way."""
    return (await get(api, f"{RULES}/rescore"))["state"] in {"none", "completed"}


async def rule(api: httpx.AsyncClient, points: int, field: str, operator: str, value: Any = None) -> dict[str, Any]:
    body = {"name": unique("Rule"), "points": points, "field": field, "operator": operator, "value": value}
    made: dict[str, Any] = await post(api, RULES, body)
    return made


async def score(api: httpx.AsyncClient, lead: dict[str, Any]) -> tuple[int, bool]:
    shown = await read(api, lead)
    return shown["score"], shown["qualified"]


async def test_a_lead_is_scored_with_its_change_and_says_why(api: httpx.AsyncClient) -> None:
    process, company = await set_up(api), unique("Startup")
    big = await rule(api, 45, "estimatedValue", "greater_or_equal", "10000")
    known = await rule(api, 20, "company", "equals", company.upper())
    await rule(api, -15, "customFields.size", "in", [1, 2])
    unused = await rule(api, 50, "title", "is_empty")
    await put(api, f"{RULES}/{unused['id']}", {"isActive": False})
    await in_force(api)
    lead = await process.lead(company=company, estimatedValue=9999.99, customFields={"size": "2"})
    assert (lead["score"], lead["qualified"]) == (5, False)
    lead = await put(api, f"/leads/{lead['id']}", {"estimatedValue": 10000, "customFields": None})
    assert (lead["score"], lead["qualified"]) == (65, True)
    parts = [(part["ruleId"], part["name"], part["points"]) for part in lead["scoreBreakdown"]]
    assert parts == [(big["id"], big["name"], 45), (known["id"], known["name"], 20)]
    types = [activity["type"] for activity in (await get(api, f"/leads/{lead['id']}/activities"))["data"]]
    assert types.count("qualified") == 1
    await put(api, "/leads/bulk-update", {"ids": [lead["id"]], "changes": {"estimatedValue": 1}})
    assert await score(api, lead) == (20, False)


async def test_changed_rules_threshold_and_highest_score_reach_the_leads_that_are_there(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    process, company = await set_up(api), unique("Company")
    leads = await asyncio.gather(*(process.lead(company=company) for _ in range(30)))
    temporal = await stack.temporal()
    runs_before = await runs(temporal)
    await rule(api, 70, "company", "equals", company)
    await put(api, "/lead-settings/qualification-threshold", {"threshold": 65})
    await put(api, "/lead-settings/settings", {"scoring": {"maxScore": 66}})
    await eventually(lambda: scores(api, company), lambda found: found == [(66, True)] * 30, within=20)
    done = await eventually(lambda: get(api, f"{RULES}/rescore"), lambda run: run["state"] == "completed", within=20)
    assert done["processed"] >= done["total"] >= done["changed"] >= 30
    assert await eventually(lambda: runs(temporal), lambda count: count > runs_before) == runs_before + 1
    types = [activity["type"] for activity in (await get(api, f"/leads/{leads[0]['id']}/activities"))["data"]]
    assert types.count("qualified") == 1


async def test_a_run_can_be_asked_for_by_hand(api: httpx.AsyncClient) -> None:
    before = await get(api, f"{RULES}/rescore")
    asked = await api.post(f"{RULES}/rescore")
    assert (asked.status_code, asked.headers["location"]) == (202, f"{RULES}/rescore")
    assert asked.json()["state"] == "requested"
    done = await eventually(lambda: get(api, f"{RULES}/rescore"), lambda run: run["state"] == "completed", within=20)
    assert done["requestedAt"] > (before["requestedAt"] or "")


async def scores(api: httpx.AsyncClient, company: str) -> list[tuple[int, bool]]:
    page = await get(api, "/leads", search=company, limit=100)
    return [(lead["score"], lead["qualified"]) for lead in page["data"]]


async def runs(temporal: Client) -> int:
    return len([run async for run in temporal.list_workflows("WorkflowId = 'rescore-leads'")])
