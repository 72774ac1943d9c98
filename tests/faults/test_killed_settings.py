"""Parts die while settings come into force: no lead is left behind, none is moved or scored by halves."""

import asyncio
import signal
from typing import Any

import httpx

from tests.support.api import get, post, put
from tests.support.sales import in_force, set_up, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

KILL = signal.SIGKILL
RULES = "/lead-settings/scoring-rules"


async def many_leads(api: httpx.AsyncClient, count: int, **fields: Any) -> None:
    bodies = [{"lastName": f"Lead {number}", **fields} for number in range(count)]
    for start in range(0, count, 50):
        await asyncio.gather(*(post(api, "/leads", body) for body in bodies[start : start + 50]))


async def kill(stack: RunningStack, *parts: str) -> None:
    for part in parts:
        pid = stack.send(part, KILL)
        await stack.restarted(part, pid)


async def test_a_deletion_goes_on_when_its_parts_are_killed(stack: RunningStack, api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    await many_leads(api, 400, pipelineId=process.id)
    stage, target = process.stage("New"), process.stage("Talk")
    deletion = asyncio.create_task(api.delete(f"/lead-settings/stages/{stage}", params={"moveTo": target}))
    await asyncio.sleep(0.2)  # not for anything to become true: the moment of death is to be any
    await kill(stack, "worker", "leads", "relay", "settings")
    assert (await deletion).status_code in {202, 204, 503}

    async def gone() -> bool:
        answer = await api.get("/lead-settings/stages", params={"pipelineId": process.id})
        return answer.status_code == 200 and stage not in [each["id"] for each in answer.json()]

    await eventually(gone, within=60)
    counts = [(await get(api, "/leads", stageId=each))["meta"]["total"] for each in (stage, target)]
    assert counts == [0, 400]
    page = await get(api, "/leads", stageId=target, limit=100)
    for lead in page["data"][:20]:
        assert (await get(api, f"/leads/{lead['id']}/history"))["meta"]["total"] == 1


async def test_a_deletion_asked_for_while_leads_are_away_begins_when_they_are_back(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    process = await set_up(api)
    leads = stack.pause("leads")
    answer = await api.delete(f"/lead-settings/stages/{process.stage('Offer')}")
    assert answer.status_code == 202
    where = answer.headers["location"]
    assert (await get(api, where))["state"] == "running"
    stack.resume(leads)
    await eventually(lambda: get(api, where), lambda told: told["state"] == "completed", within=30)


async def test_every_lead_has_its_score_although_worker_and_leads_are_killed_meanwhile(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    company = unique("Rescored")
    await many_leads(api, 600, company=company)
    rule = {"name": unique("Rule"), "field": "company", "operator": "equals", "value": company, "points": 33}
    made = await post(api, RULES, rule)
    await in_force(api)
    for _ in range(2):
        await asyncio.sleep(1.2)  # not for anything to become true: the moment of death is to be any
        await kill(stack, "worker", "leads")
    await eventually(lambda: newest_run(api), lambda run: run.get("state") == "completed", within=60)
    run = await newest_run(api)
    assert run["processed"] == run["total"]
    # Other tests have left rules behind: what counts is that all leads have the same score, by this rule too.
    lowest, highest = [
        await get(api, "/leads", search=company, limit=1, sortBy="score", sortDir=way) for way in ("asc", "desc")
    ]
    lead = await get(api, f"/leads/{lowest['data'][0]['id']}")
    assert made["id"] in [part["ruleId"] for part in lead["scoreBreakdown"]]
    assert (lowest["meta"]["total"], highest["data"][0]["score"]) == (600, lead["score"])
    await put(api, f"{RULES}/{made['id']}", {"isActive": False})


async def newest_run(api: httpx.AsyncClient) -> dict[str, Any]:
    answer = await api.get(f"{RULES}/rescore")
    return dict(answer.json())
