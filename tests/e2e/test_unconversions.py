"""Undoing conversions over REST against the whole product: all comes back, or it is said what stands in the way."""

from typing import Any

import httpx
from temporalio.client import WorkflowExecutionStatus

from leadline_workflows.contracts import names
from tests.support.api import ask, get, post, put
from tests.support.converting import KINDS, Answer, a_lead, convert, records_of, surrounded
from tests.support.runs import run_is
from tests.support.sales import in_force, read, unique
from tests.support.stack import RunningStack

# What counts up or says when something was changed last.
COUNTED = {"version", "updatedAt"}


async def unconvert(api: httpx.AsyncClient, lead: Answer, *, expect: int = 200) -> Answer:
    done: Answer = await ask(api, "POST", f"/leads/{lead['id']}/unconvert", expect=expect)
    return done


async def types_of(api: httpx.AsyncClient, lead: Answer) -> list[str]:
    page = await get(api, f"/leads/{lead['id']}/activities", limit=100)
    return [each["type"] for each in reversed(page["data"])]


def but_counted(shown: Answer) -> Answer:
    return {name: value for name, value in shown.items() if name not in COUNTED}


async def promise(api: httpx.AsyncClient, lead: Answer) -> Answer:
    """What the lead was promised, and how that stands."""
    sla = await get(api, f"/leads/{lead['id']}/sla")
    return {name: value for name, value in sla.items() if name not in {"timeRemaining", "remainingSeconds"}}


async def test_a_lead_comes_back_as_it_was_and_can_be_converted_again(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    lead = await a_lead(api, customFields={"seats": 4})
    had = await surrounded(api, lead)
    call = {"type": "call", "direction": "inbound"}
    await post(api, f"/leads/{lead['id']}/activities", call)
    before, promised = await read(api, lead), await promise(api, lead)
    first = await convert(api, lead)
    undone = await unconvert(api, lead)
    assert (undone["state"], undone["accountId"]) == ("unconverted", first["accountId"])
    assert but_counted(await read(api, lead)) == but_counted(before)
    assert await promise(api, lead) == promised
    for kind, path in KINDS.items():
        await get(api, f"/{path}/{first[f'{kind}Id']}", expect=404)
    assert (await types_of(api, lead))[-4:] == [
        "conversion_started",
        "lead_converted",
        "unconversion_started",
        "lead_unconverted",
    ]
    second = await convert(api, lead)
    assert not set(first.values()) & {second[f"{kind}Id"] for kind in KINDS}
    deal = (await records_of(api, second))["opportunity"]
    assert deal
    assert {len(deal[name]) for name in ("notes", "documents", "team", "lines")} == {len(had["notes"])}
    workflow_id = names.lead_unconversion_id(lead["id"])
    await run_is(await stack.temporal(), workflow_id, WorkflowExecutionStatus.COMPLETED)


async def test_the_clock_of_a_lead_that_comes_back_runs_again(stack: RunningStack, api: httpx.AsyncClient) -> None:
    lead = await a_lead(api)
    temporal, clock = await stack.temporal(), names.lead_sla_id(lead["id"])
    await convert(api, lead)
    assert (await get(api, f"/leads/{lead['id']}/sla"))["status"] == "met"
    await run_is(temporal, clock, WorkflowExecutionStatus.COMPLETED)
    await unconvert(api, lead)
    sla = await get(api, f"/leads/{lead['id']}/sla")
    assert (sla["status"], sla["firstResponseAt"]) == ("on_track", None)
    await run_is(temporal, clock, WorkflowExecutionStatus.RUNNING)


async def test_what_was_linked_stays_as_it_was(api: httpx.AsyncClient) -> None:
    kept = await convert(api, await a_lead(api))
    before = await records_of(api, kept)
    lead = await a_lead(api)
    given = {"accountId": kept["accountId"], "contactId": kept["contactId"]}
    converted = await convert(api, lead, given)
    await unconvert(api, lead)
    assert await records_of(api, kept) == before
    await get(api, f"/opportunities/{converted['opportunityId']}", expect=404)


async def test_an_account_with_a_deal_of_somebody_else_keeps_the_lead_converted(api: httpx.AsyncClient) -> None:
    lead, other = await a_lead(api), await a_lead(api)
    made = await convert(api, lead)
    await convert(api, other, {"accountId": made["accountId"]})
    problem = await unconvert(api, lead, expect=409)
    assert (problem["code"], in_the_way(problem["errors"])) == ("records_changed", {"accountId": "used"})
    assert (await read(api, lead))["status"] == "converted"
    stands = await get(api, f"/leads/{lead['id']}/conversion")
    assert (stands["state"], stands["failureReason"]) == ("completed", "records_changed")
    assert in_the_way(stands["obstacles"]) == {"accountId": "used"}
    assert (await types_of(api, lead))[-1] == "unconversion_failed"
    # The lead is free, and once nobody uses the account any more, it can be undone.
    await post(api, f"/leads/{lead['id']}/notes", {"content": "Still here."})
    await unconvert(api, other)
    assert (await unconvert(api, lead))["state"] == "unconverted"


async def test_a_deal_that_was_moved_since_keeps_the_lead_converted(api: httpx.AsyncClient) -> None:
    pipeline = await post(api, "/lead-settings/pipelines", {"name": unique("Deals"), "module": "opportunities"})
    place = {"pipelineId": pipeline["id"]}
    first, second = [await post(api, "/lead-settings/stages", {**place, "name": each}) for each in ("One", "Two")]
    await in_force(api)
    lead = await a_lead(api)
    made = await convert(api, lead, {"opportunityStageId": first["id"]})
    moved = {"moveTo": second["id"]}
    await ask(api, "DELETE", f"/lead-settings/stages/{first['id']}", expect=204, params=moved)
    problem = await unconvert(api, lead, expect=409)
    assert (problem["code"], in_the_way(problem["errors"])) == ("records_changed", {"opportunityId": "changed"})
    assert (await get(api, f"/opportunities/{made['opportunityId']}"))["stageId"] == second["id"]


def in_the_way(errors: list[dict[str, Any]]) -> dict[str, str]:
    return {error["field"]: error["code"] for error in errors}


async def test_only_a_conversion_of_late_is_undone(api: httpx.AsyncClient) -> None:
    lead = await a_lead(api)
    assert (await unconvert(api, lead, expect=409))["code"] == "lead_not_converted"
    made = await convert(api, lead)
    await put(api, "/lead-settings/settings", {"conversion": {"undoHours": 0}})
    try:
        await in_force(api)
        problem = await unconvert(api, lead, expect=409)
        assert (problem["code"], problem["undoHours"]) == ("undo_time_over", 0)
        assert await read(api, lead) | {"status": "converted", "accountId": made["accountId"]} == await read(api, lead)
    finally:
        await put(api, "/lead-settings/settings", {"conversion": {"undoHours": 72}})
        await in_force(api)
    await unconvert(api, lead)
