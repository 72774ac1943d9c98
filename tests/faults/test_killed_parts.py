"""Parts die at the worst moment: every clock starts exactly once, every conversion ends whole."""

import asyncio
import signal
from typing import Any

import httpx
from temporalio.client import Client

from tests.support.api import ask, get, post
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

KILL = signal.SIGKILL


async def create_leads(api: httpx.AsyncClient, count: int, name: str) -> list[dict[str, Any]]:
    bodies = (
        {
            "firstName": name,
            "lastName": str(number),
            "company": f"{name} {number} Ltd",
            "email": f"lead@{name.lower()}{number}.io",
            "estimatedValue": 1000,
        }
        for number in range(count)
    )
    return list(await asyncio.gather(*(post(api, "/leads", body) for body in bodies)))


async def clock_starts(temporal: Client, lead_id: str) -> int:
    """How many runs the lead's clock has ever had."""
    return len([run async for run in temporal.list_workflows(f"WorkflowId = 'lead-sla/{lead_id}'")])


async def all_clock_starts(temporal: Client, leads: list[dict[str, Any]]) -> set[int]:
    return set(await asyncio.gather(*(clock_starts(temporal, lead["id"]) for lead in leads)))


async def test_a_relay_that_dies_between_commit_and_start_starts_each_clock_once(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    # Stopped, the relay sees no commit; killed, it never will. The next one finds what was written.
    pid = stack.send("relay", signal.SIGSTOP)
    leads = await create_leads(api, 20, "Between")
    temporal = await stack.temporal()
    assert await all_clock_starts(temporal, leads) == {0}
    stack.send("relay", KILL)
    await stack.restarted("relay", pid)
    await eventually(lambda: all_clock_starts(temporal, leads), lambda starts: starts == {1}, within=30)


async def test_a_relay_that_dies_again_and_again_in_a_burst_starts_each_clock_once(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    burst = asyncio.create_task(create_leads(api, 150, "Burst"))
    for _ in range(3):
        await asyncio.sleep(0.3)  # not for anything to become true: the moment of death is to be any
        pid = stack.send("relay", KILL)
        await stack.restarted("relay", pid)
    leads = await burst
    temporal = await stack.temporal()
    await eventually(lambda: all_clock_starts(temporal, leads), lambda starts: starts == {1}, within=60)


async def test_a_worker_that_dies_in_mid_saga_leaves_every_conversion_whole(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    leads = await create_leads(api, 30, "Saga")
    conversions = asyncio.gather(*(api.post(f"/leads/{lead['id']}/convert", json={}) for lead in leads))
    for _ in range(3):
        await asyncio.sleep(0.4)  # not for anything to become true: the moment of death is to be any
        pid = stack.send("worker", KILL)
        await stack.restarted("worker", pid)
    answers = await conversions
    assert {answer.status_code for answer in answers} <= {200, 202}
    for answer in answers:
        if answer.status_code == 202:
            assert answer.headers["Location"].endswith("/conversion")
    await eventually(lambda: statuses(api, leads), lambda found: found == {"converted"}, within=90)
    await assert_whole(api, leads, "Saga")


async def test_killing_crm_and_leads_in_mid_saga_leaves_every_lead_whole(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    leads = await create_leads(api, 20, "Parts")
    conversions = asyncio.gather(*(api.post(f"/leads/{lead['id']}/convert", json={}) for lead in leads))
    await asyncio.sleep(0.3)  # not for anything to become true: the moment of death is to be any
    for part in ("crm", "leads"):
        pid = stack.send(part, KILL)
        await stack.restarted(part, pid)
    answers = await conversions
    assert {answer.status_code for answer in answers} <= {200, 202, 503}
    # A lead whose call died before its reservation was committed is simply open: converting it again is safe.
    await eventually(lambda: settled(api, leads), within=90)
    for lead in leads:
        if (await get(api, f"/leads/{lead['id']}"))["status"] == "open":
            await ask(api, "POST", f"/leads/{lead['id']}/convert", {})
    await assert_whole(api, leads, "Parts")


async def statuses(api: httpx.AsyncClient, leads: list[dict[str, Any]]) -> set[str]:
    return {(await get(api, f"/leads/{lead['id']}"))["status"] for lead in leads}


async def settled(api: httpx.AsyncClient, leads: list[dict[str, Any]]) -> bool:
    """Whether no conversion runs any more; false while a part is still coming back."""
    for lead in leads:
        answer = await api.get(f"/leads/{lead['id']}/conversion")
        if answer.status_code == 503 or (answer.status_code == 200 and answer.json()["state"] == "running"):
            return False
    return True


async def assert_whole(api: httpx.AsyncClient, leads: list[dict[str, Any]], name: str) -> None:
    """Each lead has its three records, linked with each other, and there is not one record more."""
    for lead in leads:
        shown = await get(api, f"/leads/{lead['id']}")
        opportunity = await get(api, f"/opportunities/{shown['opportunityId']}")
        contact = await get(api, f"/contacts/{shown['contactId']}")
        assert shown["status"] == "converted"
        assert (opportunity["accountId"], opportunity["contactId"]) == (shown["accountId"], shown["contactId"])
        assert contact["accountId"] == shown["accountId"]
    for kind in ("accounts", "contacts", "opportunities"):
        page = await get(api, f"/{kind}", search=name, limit=100)
        assert page["meta"]["total"] == len(leads), kind
