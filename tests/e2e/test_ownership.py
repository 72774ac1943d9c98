"""Who gets the leads that enter a stage, and who held them when."""

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx

from tests.support.api import get, put
from tests.support.sales import Process, in_force, read, set_up


def users(count: int) -> list[str]:
    return [str(uuid4()) for _ in range(count)]


async def own(process: Process, stage: str, **ownership: Any) -> None:
    await put(process.api, f"/lead-settings/stage-ownership/{process.stage(stage)}", ownership)
    await in_force(process.api)


async def test_fifty_leads_at_once_are_shared_out_in_turn(api: httpx.AsyncClient) -> None:
    process, members = await set_up(api), users(4)
    await own(
        process, "New", ownerType="team", ownerId="inbound", autoAssign=True, strategy="round_robin", memberIds=members
    )
    leads = await asyncio.gather(*(process.lead() for _ in range(50)))
    counts = Counter(lead["assignedTo"] for lead in leads)
    assert set(counts) == set(members)
    assert max(counts.values()) - min(counts.values()) <= 1


async def test_fifty_leads_at_once_go_to_whoever_has_the_fewest(api: httpx.AsyncClient) -> None:
    process, members = await set_up(api), users(3)
    busy, *others = members
    for _ in range(10):
        await process.lead(assignedTo=busy)
    await own(
        process, "New", ownerType="team", ownerId="inbound", autoAssign=True, strategy="least_loaded", memberIds=members
    )
    leads = await asyncio.gather(*(process.lead() for _ in range(50)))
    counts = Counter(lead["assignedTo"] for lead in leads)
    assert counts == {busy: 10, others[0]: 20, others[1]: 20}


async def test_every_entry_assigns_and_a_named_owner_wins(api: httpx.AsyncClient) -> None:
    process, (owner, chosen) = await set_up(api), users(2)
    await own(process, "Talk", ownerType="user", ownerId=owner, autoAssign=True)
    changed, updated, bulk = [await process.lead() for _ in range(3)]
    assert changed["assignedTo"] is None
    assert (await process.move(changed, "Talk"))["assignedTo"] == owner
    talk: dict[str, Any] = {"stageId": process.stage("Talk")}
    assert (await put(api, f"/leads/{updated['id']}", talk))["assignedTo"] == owner
    await put(api, "/leads/bulk-update", {"ids": [bulk["id"]], "changes": talk})
    assert (await read(api, bulk))["assignedTo"] == owner
    assert (await process.lead(**talk))["assignedTo"] == owner
    assert (await process.lead(**talk, assignedTo=chosen))["assignedTo"] == chosen
    history = (await get(api, f"/leads/{changed['id']}/history"))["data"]
    assert {entry["field"]: entry["newValue"] for entry in history} == {**talk, "assignedTo": owner}
    assert len({entry["changeId"] for entry in history}) == 1


async def test_who_held_a_lead_at_which_stage_is_kept(api: httpx.AsyncClient) -> None:
    process, (first, second) = await set_up(api), users(2)
    lead = await process.lead(assignedTo=first)
    await process.move(lead, "Talk")
    await put(api, f"/leads/{lead['id']}", {"assignedTo": second})
    page = await get(api, f"/leads/{lead['id']}/stage-assignments")
    newest, middle, oldest = page["data"]
    held = [(each["stageName"], each["assignedTo"]) for each in page["data"]]
    assert held == [("Talk", second), ("Talk", first), ("New", first)]
    assert (oldest["endedAt"], middle["endedAt"]) == (middle["startedAt"], newest["startedAt"])
    assert newest["endedAt"] is None
    assert oldest["startedAt"] == lead["createdAt"]
