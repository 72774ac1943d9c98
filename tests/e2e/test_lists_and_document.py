"""Each list and each section of the settings document shows in what becomes of leads."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.api import ask, get, post, put
from tests.support.runs import begun
from tests.support.sales import in_force, set_up, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

SETTINGS = "/lead-settings/settings"


@pytest.fixture
async def restored(api: httpx.AsyncClient) -> AsyncIterator[None]:
    """Afterwards the document says what it said before."""
    before = await get(api, SETTINGS)
    yield
    sections = {name: value for name, value in before.items() if isinstance(value, dict)}
    await put(api, SETTINGS, sections)
    await in_force(api)


async def test_a_new_priority_can_be_chosen_becomes_the_default_and_orders_leads(api: httpx.AsyncClient) -> None:
    before = next(each for each in await get(api, "/lead-settings/priorities") if each["isDefault"])
    name = unique("p")
    made = await post(api, "/lead-settings/priorities", {"name": name, "position": 1, "isDefault": True})
    assert [each["name"] for each in await get(api, "/lead-settings/priorities") if each["isDefault"]] == [name]
    process = await set_up(api)
    lead, high = await process.lead(), await process.lead(priority="high")
    assert lead["priority"] == name
    page = await get(api, "/leads", pipelineId=process.id, sortBy="priority", sortDir="asc")
    assert [each["id"] for each in page["data"]] == [lead["id"], high["id"]]
    await put(api, f"/lead-settings/priorities/{before['id']}", {"isDefault": True})
    await put(api, f"/lead-settings/priorities/{made['id']}", {"position": 5})
    await in_force(api)
    page = await get(api, "/leads", pipelineId=process.id, sortBy="priority", sortDir="asc")
    assert [each["id"] for each in page["data"]] == [high["id"], lead["id"]]


async def test_a_name_that_is_not_configured_or_out_of_use_is_refused_with_the_valid_ones(
    api: httpx.AsyncClient,
) -> None:
    lead = await post(api, "/leads", {"lastName": "Lists"})
    source, reason, role = [
        await post(api, f"/lead-settings/{path}", {"name": unique("x")})
        for path in ("sources", "disqualification-reasons", "team-roles")
    ]

    async def attempts(expect: int) -> list[Any]:
        return [
            await put(api, f"/leads/{lead['id']}", {"source": source["name"]}, expect=expect),
            await ask(api, "POST", f"/leads/{lead['id']}/disqualify", {"reason": reason["name"]}, expect=expect),
            await post(api, f"/leads/{lead['id']}/team", {"userId": lead["id"], "role": role["name"]}, expect=expect),
        ]

    for path, each in (("sources", source), ("disqualification-reasons", reason), ("team-roles", role)):
        await put(api, f"/lead-settings/{path}/{each['id']}", {"isActive": False})
    await in_force(api)
    for problem, field, valid in zip(
        await attempts(422), ("source", "reason", "role"), ("website", "no_budget", "sales_rep"), strict=True
    ):
        (error,) = problem["errors"]
        assert (error["field"], error["code"]) == (field, "not_configured")
        assert valid in error["message"]
    for path, each in (("sources", source), ("disqualification-reasons", reason), ("team-roles", role)):
        await put(api, f"/lead-settings/{path}/{each['id']}", {"isActive": True})
    await in_force(api)
    await put(api, f"/leads/{lead['id']}", {"source": source["name"]})
    await post(api, f"/leads/{lead['id']}/team", {"userId": lead["id"], "role": role["name"]})
    closed = await ask(api, "POST", f"/leads/{lead['id']}/disqualify", {"reason": reason["name"]})
    assert (closed["status"], closed["stageName"]) == ("disqualified", "Disqualified")
    assert (await get(api, f"/leads/{lead['id']}/sla"))["status"] == "met"


async def test_the_default_pipeline_takes_leads_once_it_has_a_stage(api: httpx.AsyncClient) -> None:
    before = next(each for each in await get(api, "/lead-settings/pipelines", module="leads") if each["isDefault"])
    body = {"name": unique("Default"), "module": "leads", "isDefault": True}
    pipeline = await post(api, "/lead-settings/pipelines", body)
    await in_force(api)
    lead = await post(api, "/leads", {"lastName": "Not lost"})
    assert lead["pipelineId"] != pipeline["id"]
    stage = await post(api, "/lead-settings/stages", {"pipelineId": pipeline["id"], "name": "First"})
    await in_force(api)
    lead = await post(api, "/leads", {"lastName": "Placed"})
    assert (lead["pipelineId"], lead["stageId"]) == (pipeline["id"], stage["id"])
    await put(api, f"/lead-settings/pipelines/{before['id']}", {"isDefault": True})
    await in_force(api)


@pytest.mark.usefixtures("restored")
async def test_general_says_how_numbers_and_amounts_are_read(api: httpx.AsyncClient) -> None:
    await put(api, SETTINGS, {"general": {"defaultRegion": "DE", "currency": "EUR"}})
    await in_force(api)
    lead = await post(api, "/leads", {"lastName": unique("Berlin"), "phone": "030 123456", "estimatedValue": 5})
    assert (lead["phone"], lead["phoneE164"]) == ("030 123456", "+4930123456")
    made = await ask(api, "POST", f"/leads/{lead['id']}/convert", {})
    assert (await get(api, f"/opportunities/{made['opportunityId']}"))["currency"] == "EUR"


@pytest.mark.usefixtures("restored")
async def test_conversion_asks_for_what_settings_require(api: httpx.AsyncClient) -> None:
    await put(
        api, SETTINGS, {"conversion": {"requiredFields": ["title", "customFields.size"], "requireQualified": True}}
    )
    await in_force(api)
    lead = await post(api, "/leads", {"lastName": unique("Ready"), "title": "Founder"})
    check = await get(api, f"/leads/{lead['id']}/conversion-check")
    assert check["requiredFields"] == ["title", "customFields.size"]
    assert (check["canConvert"], check["missingFields"]) == (False, ["customFields.size"])
    refused = await ask(api, "POST", f"/leads/{lead['id']}/convert", {}, expect=409)
    assert refused["code"] == "conversion_not_allowed"
    await put(api, f"/leads/{lead['id']}", {"customFields": {"size": 3}})
    assert (await get(api, f"/leads/{lead['id']}/conversion-check"))["canConvert"] is False
    await put(api, SETTINGS, {"conversion": {"requireQualified": False}})
    await in_force(api)
    await ask(api, "POST", f"/leads/{lead['id']}/convert", {})


@pytest.mark.usefixtures("restored")
async def test_of_twenty_equal_leads_at_once_one_comes_in_where_doubles_are_blocked(api: httpx.AsyncClient) -> None:
    await put(api, SETTINGS, {"duplicateDetection": {"onCreate": "block"}})
    await in_force(api)
    email = f"{unique('alice')}@startup.io"
    bodies = [{"lastName": "Johnson", "email": email.upper() if number % 2 else email} for number in range(20)]
    answers = await asyncio.gather(*(api.post("/leads", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    made = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            assert (answer.json()["code"], answer.json()["duplicateIds"]) == ("lead_duplicate", [made])
    found = await ask(api, "POST", "/leads/check-duplicates", {"email": email})
    assert [(each["id"], each["matchField"]) for each in found["duplicates"]] == [(made, "email")]
    await ask(api, "DELETE", f"/leads/{made}", expect=204)
    await post(api, "/leads", bodies[0])


@pytest.mark.usefixtures("restored")
async def test_what_counts_as_first_response_is_what_settings_say(api: httpx.AsyncClient) -> None:
    await put(api, SETTINGS, {"sla": {"firstResponseOn": ["activity"], "escalations": [{"afterMinutes": 5}]}})
    await in_force(api)
    process = await set_up(api)
    lead = await process.lead()
    await post(api, f"/leads/{lead['id']}/notes", {"content": "Looked at it"})
    await process.move(lead, "Talk")
    sla = await get(api, f"/leads/{lead['id']}/sla")
    assert (sla["firstResponseAt"], [each["afterMinutes"] for each in sla["escalations"]]) == (None, [5])
    await post(api, f"/leads/{lead['id']}/activities", {"type": "call", "direction": "outbound"})
    assert (await get(api, f"/leads/{lead['id']}/sla"))["status"] == "met"


@pytest.mark.usefixtures("restored")
async def test_a_clock_stands_still_at_the_stages_of_its_policy(stack: RunningStack, api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    policy = {"name": "Pausing", "isDefault": True, "match": [], "pauseAtStages": [process.stage("Talk")]}
    sla = {"policies": [{**policy, "responseMinutes": 0.1}], "firstResponseOn": ["activity"]}
    await put(api, SETTINGS, {"sla": sla})
    await in_force(api)
    lead = await process.lead()
    await process.move(lead, "Talk")
    shown = await get(api, f"/leads/{lead['id']}/sla")
    assert (shown["slaPolicy"], shown["status"]) == ("Pausing", "paused")
    temporal, workflow_id = await stack.temporal(), f"lead-sla/{lead['id']}"
    handle = temporal.get_workflow_handle(workflow_id)
    await begun(temporal, workflow_id)

    async def known() -> bool:
        return bool((await handle.query("clock"))["paused"])

    await eventually(known)
    await asyncio.sleep(7)  # longer than the whole promise: nothing may come due
    assert (await get(api, f"/leads/{lead['id']}/sla"))["status"] == "paused"
    await process.move(lead, "Offer")

    async def happened() -> list[str]:
        page = await get(api, f"/leads/{lead['id']}/activities", limit=100)
        return [activity["type"] for activity in page["data"]]

    types = await eventually(happened, lambda found: "sla_breached" in found, within=12)
    assert (types.count("sla_at_risk"), types.count("sla_breached")) == (1, 1)
