"""Deleting what leads use: refused with their count, or moved whole and then gone, or everything back."""

import asyncio
from typing import Any

import httpx
from temporalio.client import WorkflowExecutionStatus

from tests.support.api import ask, get, post, put
from tests.support.runs import run_is
from tests.support.sales import Process, in_force, read, set_up, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually


async def remove(api: httpx.AsyncClient, path: str, *, expect: int = 204, **query: str) -> Any:
    return await ask(api, "DELETE", f"/lead-settings/{path}", expect=expect, params=query)


async def open_again(process: Process) -> None:
    """Wait until leads come in at the first stage again."""
    await eventually(process.lead, lambda lead: lead["stageName"] == "New")


async def test_a_stage_in_use_is_refused_with_the_count_and_stays_open(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    await asyncio.gather(*(process.lead() for _ in range(3)))
    deleted = await process.lead()
    await ask(api, "DELETE", f"/leads/{deleted['id']}", expect=204)
    problem = await remove(api, f"stages/{process.stage('New')}", expect=409)
    assert (problem["code"], problem["count"]) == ("in_use", 4)
    await open_again(process)


async def test_a_stage_gives_its_leads_to_another_and_is_gone(stack: RunningStack, api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    leads = await asyncio.gather(*(process.lead() for _ in range(25)))
    stage = process.stage("New")
    await remove(api, f"stages/{stage}", moveTo=process.stage("Offer"))
    for lead in leads:
        assert (await read(api, lead))["stageName"] == "Offer"
    (entry,) = (await get(api, f"/leads/{leads[0]['id']}/history"))["data"]
    assert (entry["field"], entry["oldLabel"], entry["newLabel"], entry["changedBy"]) == (
        "stageId",
        "New",
        "Offer",
        None,
    )
    names = [each["name"] for each in await get(api, "/lead-settings/stages", pipelineId=process.id)]
    assert names == ["Talk", "Offer", "Won", "Lost"]
    assert (await process.lead(stageId=stage, expect=422))["errors"][0]["field"] == "stageId"
    await run_is(await stack.temporal(), f"retire-stage/{stage}", WorkflowExecutionStatus.COMPLETED)


async def test_leads_that_cannot_pass_the_gate_bring_everything_back(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    await process.asks("Offer", "contract", "text")
    await in_force(api)
    leads = [await process.lead() for _ in range(3)]
    problem = await remove(api, f"stages/{process.stage('New')}", expect=409, moveTo=process.stage("Offer"))
    assert (problem["code"], problem["cause"]) == ("retirement_failed", "stage_fields_missing")
    for lead in leads:
        assert (await read(api, lead))["stageName"] == "New"
    await open_again(process)
    told = await get(api, f"/lead-settings/retirements/{problem['retirementId']}")
    assert (told["state"], told["name"]) == ("failed", "New")


async def test_a_pipeline_gives_its_leads_to_the_stages_of_the_same_names(api: httpx.AsyncClient) -> None:
    old, new = await set_up(api, "New", "Special"), await set_up(api)
    first, special, converted = (
        await old.lead(),
        await old.lead(stageId=old.stage("Special")),
        await old.lead(estimatedValue=5),
    )
    await ask(api, "POST", f"/leads/{converted['id']}/convert", {})
    await remove(api, f"pipelines/{old.id}", moveTo=new.id)
    shown = [await read(api, lead) for lead in (first, special, converted)]
    assert [lead["stageName"] for lead in shown] == ["New", "New", "Won"]
    assert {lead["pipelineId"] for lead in shown} == {new.id}
    assert old.id not in [each["id"] for each in await get(api, "/lead-settings/pipelines")]


async def test_an_opportunity_stage_in_use_moves_its_opportunities(api: httpx.AsyncClient) -> None:
    pipeline = await post(api, "/lead-settings/pipelines", {"name": unique("Deals"), "module": "opportunities"})
    early, late = [
        await post(api, "/lead-settings/stages", {"pipelineId": pipeline["id"], "name": name})
        for name in ("Early", "Late")
    ]
    await in_force(api)
    lead = await post(api, "/leads", {"lastName": unique("Deal"), "estimatedValue": 5})
    made = await ask(api, "POST", f"/leads/{lead['id']}/convert", {"opportunityStageId": early["id"]})
    problem = await remove(api, f"stages/{early['id']}", expect=409)
    assert (problem["code"], problem["count"]) == ("in_use", 1)
    await remove(api, f"stages/{early['id']}", moveTo=late["id"])
    assert (await get(api, f"/opportunities/{made['opportunityId']}"))["stageId"] == late["id"]


async def test_names_that_leads_carry_are_replaced(api: httpx.AsyncClient) -> None:
    lists = {"priorities": "priority", "sources": "source", "disqualification-reasons": None, "team-roles": None}
    entries = {
        path: [await post(api, f"/lead-settings/{path}", {"name": unique("n")}) for _ in range(2)] for path in lists
    }
    await in_force(api)
    old, new = ({path: pair[place]["name"] for path, pair in entries.items()} for place in (0, 1))
    given = {field: old[path] for path, field in lists.items() if field}
    lead = await post(api, "/leads", {"lastName": unique("Names"), **given})
    user = {"userId": lead["id"], "role": old["team-roles"]}
    await post(api, f"/leads/{lead['id']}/team", user)
    await ask(api, "POST", f"/leads/{lead['id']}/disqualify", {"reason": old["disqualification-reasons"]})
    for path, (first, second) in entries.items():
        problem = await remove(api, f"{path}/{first['id']}", expect=409)
        assert (problem["code"], problem["count"]) == ("in_use", 1), path
        await remove(api, f"{path}/{first['id']}", replaceWith=second["id"])
    shown = await read(api, lead)
    assert (shown["priority"], shown["source"]) == (new["priorities"], new["sources"])
    assert shown["disqualificationReason"] == new["disqualification-reasons"]
    assert [each["role"] for each in await get(api, f"/leads/{lead['id']}/team")] == [new["team-roles"]]
    again = await post(api, "/lead-settings/priorities", {"name": old["priorities"]})
    await in_force(api)
    assert (await post(api, "/leads", {"lastName": "Again", "priority": again["name"]}))["priority"] == again["name"]


async def test_what_must_stay_cannot_be_deleted(api: httpx.AsyncClient) -> None:
    pipelines = await get(api, "/lead-settings/pipelines", module="leads")
    default = next(each for each in pipelines if each["isDefault"])
    assert (await remove(api, f"pipelines/{default['id']}", expect=409))["code"] == "default_required"
    priority = next(each for each in await get(api, "/lead-settings/priorities") if each["isDefault"])
    assert (await remove(api, f"priorities/{priority['id']}", expect=409))["code"] == "default_required"
    process = await set_up(api, "Only")
    assert (await remove(api, f"stages/{process.stage('Only')}", expect=409))["code"] == "last_open_stage"


async def test_leads_come_in_while_their_stage_is_deleted_and_none_is_lost_or_left(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    stage, target = process.stage("New"), process.stage("Talk")

    async def incoming() -> list[dict[str, Any]]:
        return [await process.lead() for _ in range(15)]

    async def deleting() -> None:
        await asyncio.sleep(0.05)  # not for anything to become true: some leads are to be there before
        await remove(api, f"stages/{stage}", moveTo=target)

    *streams, _ = await asyncio.gather(*(incoming() for _ in range(4)), deleting())
    leads = [lead for stream in streams for lead in stream or []]
    assert len(leads) == 60
    for lead in leads:
        assert (await read(api, lead))["stageId"] == target
    assert (await get(api, "/leads", stageId=stage))["meta"]["total"] == 0


async def test_an_operator_who_cancels_brings_everything_back(stack: RunningStack, api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    leads = [await process.lead() for _ in range(3)]
    stage = process.stage("New")
    # The worker stands still, so that the run is there before it has done anything.
    worker = stack.pause("worker")
    deletion = asyncio.create_task(
        api.delete(f"/lead-settings/stages/{stage}", params={"moveTo": process.stage("Talk")})
    )
    handle = (await stack.temporal()).get_workflow_handle(f"retire-stage/{stage}")

    async def there() -> bool:
        return [run async for run in (await stack.temporal()).list_workflows(f"WorkflowId = '{handle.id}'")] != []

    await eventually(there)
    await handle.cancel()
    stack.resume(worker)
    answer = await deletion
    assert (answer.status_code, answer.json()["code"]) == (409, "retirement_failed")
    for lead in leads:
        assert (await read(api, lead))["stageName"] == "New"
    await open_again(process)
    await put(api, f"/lead-settings/stages/{stage}", {"name": "Still here"})
