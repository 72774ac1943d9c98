"""The documented story, told over REST against the whole product."""

import asyncio

import httpx
from temporalio.client import Client, WorkflowExecutionStatus

from tests.support.api import answer_within, ask, get, post, put
from tests.support.runs import run_is, run_status
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

ALICE = {
    "firstName": "Alice",
    "lastName": "Johnson",
    "email": "alice@startup.io",
    "phone": "+12125550123",
    "company": "StartupIO",
    "title": "Founder",
    "source": "website",
    "priority": "high",
    "estimatedValue": 50000,
    "description": "Inbound from pricing page",
    "customFields": {"utm_source": "google", "company_size": "50-100"},
}
STANDARD = {
    "policies": [{"name": "Standard Response", "isDefault": True, "match": [], "responseMinutes": {"*": 240}}],
    "escalations": [],
}


async def policy_in_force(api: httpx.AsyncClient, name: str) -> None:
    """Wait until new leads are promised by a policy: settings are pushed within a second."""

    async def promised() -> str:
        lead = await post(api, "/leads", {"lastName": "Probe"})
        sla = await get(api, f"/leads/{lead['id']}/sla")
        await ask(api, "DELETE", f"/leads/{lead['id']}", expect=204)
        return str(sla["slaPolicy"])

    await eventually(promised, lambda policy: policy == name)


async def status_of(api: httpx.AsyncClient, lead_id: str) -> str:
    return str((await get(api, f"/leads/{lead_id}/sla"))["status"])


async def happened(api: httpx.AsyncClient, lead_id: str) -> list[str]:
    page = await get(api, f"/leads/{lead_id}/activities", limit=100)
    return [activity["type"] for activity in page["data"]]


async def clock_runs(temporal: Client, lead_id: str) -> bool:
    """Whether the lead's clock is a running workflow; false while it has not been started yet."""
    query = f"WorkflowId = 'lead-sla/{lead_id}'"
    runs = [run async for run in temporal.list_workflows(query)]
    return [run.status for run in runs] == [WorkflowExecutionStatus.RUNNING]


async def test_the_seeded_settings_are_there(api: httpx.AsyncClient) -> None:
    # Other tests add pipelines and priorities, of which none is the default.
    pipelines = await get(api, "/lead-settings/pipelines", module="leads")
    assert [pipeline["name"] for pipeline in pipelines if pipeline["isDefault"]] == ["Lead pipeline"]
    stages = await get(api, "/lead-settings/stages", module="leads", pipelineId=pipelines[0]["id"])
    names = [stage["name"] for stage in stages]
    assert names == ["New", "Contacted", "Qualified", "Proposal", "Converted", "Disqualified"]
    priorities = [priority["name"] for priority in await get(api, "/lead-settings/priorities")]
    assert priorities[:4] == ["low", "medium", "high", "critical"]
    assert (await get(api, "/lead-settings/qualification-threshold"))["threshold"] == 60
    settings = await get(api, "/lead-settings/settings")
    assert settings["sla"]["policies"][0]["name"] == "Standard Response"


async def test_a_lead_comes_in_is_found_and_has_its_clock(stack: RunningStack, api: httpx.AsyncClient) -> None:
    lead = await post(api, "/leads", ALICE)
    for name, value in ALICE.items():
        assert lead[name] == value
    assert (lead["stageName"], lead["score"], lead["status"]) == ("New", 0, "open")
    assert await get(api, f"/leads/{lead['id']}") == lead
    found = await get(api, "/leads", search="alice john", priority="high", source="website")
    assert lead["id"] in [each["id"] for each in found["data"]]
    sla = await get(api, f"/leads/{lead['id']}/sla")
    assert (sla["slaPolicy"], sla["status"], sla["firstResponseAt"]) == ("Standard Response", "on_track", None)
    assert sla["timeRemaining"] in {"4h 0m", "3h 59m"}
    temporal = await stack.temporal()
    await eventually(lambda: clock_runs(temporal, lead["id"]))
    described = await temporal.get_workflow_handle(f"lead-sla/{lead['id']}").describe()
    assert await described.static_summary() == "Alice Johnson, StartupIO · Standard Response"


async def test_an_unanswered_lead_becomes_at_risk_and_breached(stack: RunningStack, api: httpx.AsyncClient) -> None:
    await answer_within(api, 4)
    await policy_in_force(api, "In seconds")
    lead = await post(api, "/leads", {"lastName": "Unanswered"})
    await eventually(lambda: status_of(api, lead["id"]), lambda status: status == "at_risk", within=6)
    await eventually(lambda: happened(api, lead["id"]), lambda types: "sla_at_risk" in types, within=6)
    await eventually(lambda: status_of(api, lead["id"]), lambda status: status == "breached", within=6)
    await eventually(lambda: happened(api, lead["id"]), lambda types: "sla_breached" in types, within=6)
    types = await happened(api, lead["id"])
    assert (types.count("sla_at_risk"), types.count("sla_breached")) == (1, 1)
    summary = await get(api, "/leads/sla/summary")
    assert summary["breached"] >= 1
    assert summary["total"] == summary["withinSla"] + summary["atRisk"] + summary["breached"]
    temporal = await stack.temporal()
    assert await run_status(temporal, f"lead-sla/{lead['id']}") == WorkflowExecutionStatus.RUNNING


async def test_a_first_response_in_time_is_met_and_ends_the_clock(stack: RunningStack, api: httpx.AsyncClient) -> None:
    await put(api, "/lead-settings/settings", {"sla": STANDARD})
    await policy_in_force(api, "Standard Response")
    lead = await post(api, "/leads", {"lastName": "Answered"})
    call = {"type": "call", "direction": "outbound", "subject": "Welcome call"}
    await post(api, f"/leads/{lead['id']}/activities", call)
    sla = await get(api, f"/leads/{lead['id']}/sla")
    assert (sla["status"], sla["timeRemaining"]) == ("met", None)
    temporal = await stack.temporal()
    handle = temporal.get_workflow_handle(f"lead-sla/{lead['id']}")
    result = await asyncio.wait_for(handle.result(), 15)
    assert result["closed_by"] == "answered"
    await run_is(temporal, f"lead-sla/{lead['id']}", WorkflowExecutionStatus.COMPLETED)


async def test_a_lead_is_converted_and_its_records_can_be_read_back(api: httpx.AsyncClient) -> None:
    body = {**ALICE, "lastName": "Convert", "email": "carol@convert-me.io", "company": "Convert Me Inc."}
    lead = await post(api, "/leads", body)
    await post(api, f"/leads/{lead['id']}/notes", {"content": "Wants to start in March"})
    check = await get(api, f"/leads/{lead['id']}/conversion-check")
    assert check["canConvert"] is True
    assert check["requiredFields"] == ["estimatedValue"]
    assert (check["existingContact"], check["existingAccount"]) == (None, None)
    deal = {"createContact": True, "createAccount": True, "createOpportunity": True, "opportunityName": "The deal"}
    converted = await ask(api, "POST", f"/leads/{lead['id']}/convert", deal)
    assert converted["message"] == "Lead converted successfully"
    account = await get(api, f"/accounts/{converted['accountId']}")
    contact = await get(api, f"/contacts/{converted['contactId']}")
    opportunity = await get(api, f"/opportunities/{converted['opportunityId']}")
    assert account["name"] == "Convert Me Inc."
    assert (contact["email"], contact["accountId"]) == ("carol@convert-me.io", account["id"])
    assert (opportunity["name"], opportunity["value"]) == ("The deal", 50000)
    assert (opportunity["accountId"], opportunity["contactId"]) == (account["id"], contact["id"])
    assert [note["content"] for note in opportunity["notes"]] == ["Wants to start in March"]
    lead = await get(api, f"/leads/{lead['id']}")
    assert (lead["status"], lead["stageName"], lead["accountId"]) == ("converted", "Converted", account["id"])
    again = await ask(api, "POST", f"/leads/{lead['id']}/convert", deal, expect=409)
    assert (again["code"], again["opportunityId"]) == ("lead_already_converted", opportunity["id"])


async def test_twenty_conversions_of_one_lead_at_once_make_one(api: httpx.AsyncClient) -> None:
    lead = await post(api, "/leads", {**ALICE, "email": "dave@race.io", "company": "Race Ltd"})
    attempts = (api.post(f"/leads/{lead['id']}/convert", json={}) for _ in range(20))
    answers = await asyncio.gather(*attempts)
    assert sorted({answer.status_code for answer in answers}) == [200, 409]
    assert sum(answer.status_code == 200 for answer in answers) == 1
    codes = {answer.json().get("code") for answer in answers if answer.status_code == 409}
    assert codes <= {"lead_converting", "lead_already_converted"}
    assert (await get(api, "/accounts", search="Race Ltd"))["meta"]["total"] == 1


async def test_conversions_of_one_company_at_once_make_one_account(api: httpx.AsyncClient) -> None:
    people = [{**ALICE, "email": f"p{number}@acme-twins.io", "company": "Acme Twins"} for number in range(8)]
    leads = await asyncio.gather(*(post(api, "/leads", body) for body in people))
    converted = await asyncio.gather(*(ask(api, "POST", f"/leads/{lead['id']}/convert", {}) for lead in leads))
    assert len({each["accountId"] for each in converted}) == 1
    assert len({each["contactId"] for each in converted}) == 8
    assert (await get(api, "/accounts", search="Acme Twins"))["meta"]["total"] == 1


async def test_a_conversion_links_what_it_is_told_and_refuses_what_is_not_there(api: httpx.AsyncClient) -> None:
    first = await post(api, "/leads", {**ALICE, "email": "erin@link-me.io", "company": "Link Me"})
    made = await ask(api, "POST", f"/leads/{first['id']}/convert", {})
    other = await post(api, "/leads", {**ALICE, "email": "frank@elsewhere.io", "company": "Elsewhere"})
    elsewhere = await ask(api, "POST", f"/leads/{other['id']}/convert", {})
    lead = await post(api, "/leads", {**ALICE, "email": "grace@third.io", "company": "Third"})
    convert = f"/leads/{lead['id']}/convert"
    for body, field in (
        ({"accountId": lead["id"]}, "accountId"),
        ({"accountId": elsewhere["accountId"], "contactId": made["contactId"]}, "contactId"),
    ):
        problem = await ask(api, "POST", convert, body, expect=422)
        assert [error["field"] for error in problem["errors"]] == [field]
    assert (await get(api, f"/leads/{lead['id']}"))["status"] == "open"
    linked = await ask(api, "POST", convert, {"accountId": made["accountId"]})
    assert linked["accountId"] == made["accountId"]
    assert linked["contactId"] != made["contactId"]
