"""Leads that are closed, deleted and brought back over REST, with their clocks as operators see them in Temporal."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from tests.support.api import ask, get, post, put
from tests.support.runs import begun, run_is
from tests.support.sales import Process, in_force, read, set_up, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

RUNNING, COMPLETED = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED
STANDARD = {"name": "Standard Response", "isDefault": True, "match": [], "responseMinutes": {"*": 240}}
BULK_DELETE = "/leads/bulk-delete"


@pytest.fixture
async def temporal(stack: RunningStack) -> Client:
    return await stack.temporal()


@pytest.fixture
async def hurried(api: httpx.AsyncClient) -> AsyncIterator[str]:
    """A source whose leads are promised an answer within two seconds."""
    async with promising(api, 0.0333) as source:
        yield source


@pytest.fixture
async def resting_relay(stack: RunningStack, api: httpx.AsyncClient, temporal: Client) -> AsyncIterator[None]:
    """Nobody has a thousand clocks to start while something is timed; they are started before the next test."""
    stack.send("relay", signal.SIGSTOP)
    yield
    stack.send("relay", signal.SIGCONT)
    await is_started(temporal, await post(api, "/leads", {"lastName": "Last of many"}), within=100)


@asynccontextmanager
async def promising(api: httpx.AsyncClient, minutes: float) -> AsyncIterator[str]:
    source = unique("source")
    await post(api, "/lead-settings/sources", {"name": source})
    match = [{"field": "source", "operator": "equals", "value": source}]
    policy = {"name": "Other", "match": match, "responseMinutes": minutes}
    await put(api, "/lead-settings/settings", {"sla": {"policies": [policy, STANDARD]}})
    await in_force(api)
    try:
        yield source
    finally:
        await put(api, "/lead-settings/settings", {"sla": {"policies": [STANDARD]}})


async def disqualify(api: httpx.AsyncClient, lead: dict[str, Any]) -> Any:
    return await ask(api, "POST", f"/leads/{lead['id']}/disqualify", {"reason": "no_budget", "notes": "Next year"})


async def happened(api: httpx.AsyncClient, lead: dict[str, Any]) -> list[str]:
    page = await get(api, f"/leads/{lead['id']}/activities", limit=100)
    return [activity["type"] for activity in page["data"]]


async def clock_is(temporal: Client, lead: dict[str, Any], status: WorkflowExecutionStatus) -> None:
    await run_is(temporal, f"lead-sla/{lead['id']}", status)


async def is_started(temporal: Client, lead: dict[str, Any], *, within: float = 20) -> None:
    await begun(temporal, f"lead-sla/{lead['id']}", within=within)


async def test_a_reopened_lead_is_where_it_was_and_its_clock_starts_anew(
    api: httpx.AsyncClient, temporal: Client
) -> None:
    process = await set_up(api)
    owner = str(uuid4())
    lead = await process.lead(stageId=process.stage("Talk"), assignedTo=owner)
    promised = (await get(api, f"/leads/{lead['id']}/sla"))["responseDeadline"]
    await is_started(temporal, lead)
    closed = await disqualify(api, lead)
    assert (closed["status"], closed["stageName"]) == ("disqualified", "Lost")
    await clock_is(temporal, lead, COMPLETED)

    answer = await api.post(f"/leads/{lead['id']}/reopen", headers={"if-match": f'"{closed["version"]}"'})
    opened = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, f'"{closed["version"] + 1}"')
    assert (opened["status"], opened["stageName"], opened["assignedTo"]) == ("open", "Talk", owner)
    assert not {"disqualifiedAt", "disqualificationReason", "disqualificationNotes"} & opened.keys()
    assert await read(api, lead) == opened
    sla = await get(api, f"/leads/{lead['id']}/sla")
    assert (sla["status"], sla["firstResponseAt"]) == ("on_track", None)
    assert sla["responseDeadline"] > promised
    await clock_is(temporal, lead, RUNNING)

    told = next(
        each for each in (await get(api, f"/leads/{lead['id']}/activities"))["data"] if each["type"] == "lead_reopened"
    )
    assert (told["metadata"]["reason"], told["metadata"]["responseDeadline"][:19]) == ("no_budget", promised[:19])
    await post(api, f"/leads/{lead['id']}/notes", {"content": "Called again"})
    await clock_is(temporal, lead, COMPLETED)
    assert (await get(api, f"/leads/{lead['id']}/sla"))["status"] == "met"


async def test_a_lead_is_reopened_through_the_gate_to_where_it_is_told(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    lead = await process.lead(stageId=process.stage("Talk"))
    await disqualify(api, lead)
    await process.asks("Talk", "budget", "number")
    await in_force(api)
    missing = await ask(api, "POST", f"/leads/{lead['id']}/reopen", expect=422)
    assert (missing["code"], missing["errors"][0]["field"]) == ("stage_fields_missing", "stageFieldValues.budget")
    there = await ask(api, "POST", f"/leads/{lead['id']}/reopen", {"stageFieldValues": {"budget": 5}})
    assert (there["stageName"], there["stageFieldValues"]) == ("Talk", {"budget": 5})
    await disqualify(api, lead)
    other = await ask(api, "POST", f"/leads/{lead['id']}/reopen", {"stageId": process.stage("Offer")})
    assert other["stageName"] == "Offer"


async def test_a_stage_that_was_deleted_meanwhile_is_passed_over(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    lead = await process.lead(stageId=process.stage("Talk"))
    await disqualify(api, lead)
    await ask(api, "DELETE", f"/lead-settings/stages/{process.stage('Talk')}", expect=204)
    assert (await ask(api, "POST", f"/leads/{lead['id']}/reopen"))["stageName"] == "New"


async def test_a_restored_lead_is_back_with_everything_and_its_clock_goes_on(
    api: httpx.AsyncClient, temporal: Client
) -> None:
    process = await set_up(api)
    lead = await process.lead(email=f"{uuid4().hex}@back.io")
    await is_started(temporal, lead)
    await put(api, f"/leads/{lead['id']}", {"title": "Founder"})
    promised = (await get(api, f"/leads/{lead['id']}/sla"))["responseDeadline"]
    before = await read(api, lead)
    await ask(api, "DELETE", f"/leads/{lead['id']}", expect=204, headers={"if-match": f'"{before["version"]}"'})
    await clock_is(temporal, lead, COMPLETED)
    for path in ("", "/sla", "/notes", "/activities", "/history"):
        assert (await get(api, f"/leads/{lead['id']}{path}", expect=404))["code"] == "lead_not_found"

    answer = await api.post(f"/leads/{lead['id']}/restore")
    back = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, f'"{back["version"]}"')
    assert back["version"] > before["version"] + 1
    volatile = {"version", "updatedAt"}
    assert {name: each for name, each in back.items() if name not in volatile} == {
        name: each for name, each in before.items() if name not in volatile
    }
    assert (await get(api, "/leads", search=lead["email"]))["meta"]["total"] == 1
    assert (await get(api, f"/leads/{lead['id']}/history"))["data"][0]["field"] == "title"
    sla = await get(api, f"/leads/{lead['id']}/sla")
    assert (sla["status"], sla["responseDeadline"]) == ("on_track", promised)
    await clock_is(temporal, lead, RUNNING)
    assert (await happened(api, lead))[:2] == ["lead_restored", "lead_deleted"]


async def test_a_deadline_that_passed_while_a_lead_was_deleted_is_recorded_with_its_time(
    api: httpx.AsyncClient, temporal: Client, hurried: str
) -> None:
    lead = await post(api, "/leads", {"lastName": "Hurried", "source": hurried})
    await ask(api, "DELETE", f"/leads/{lead['id']}", expect=204)
    deadline = time.monotonic() + 2.1

    async def passed() -> bool:
        return time.monotonic() > deadline

    await eventually(passed)
    await ask(api, "POST", f"/leads/{lead['id']}/restore")
    await eventually(lambda: happened(api, lead), lambda types: "sla_breached" in types)
    sla = await get(api, f"/leads/{lead['id']}/sla")
    told = (await get(api, f"/leads/{lead['id']}/activities"))["data"]
    breach = next(each for each in told if each["type"] == "sla_breached")
    restored = next(each for each in told if each["type"] == "lead_restored")
    assert breach["occurredAt"] == sla["responseDeadline"] < restored["createdAt"]
    await clock_is(temporal, lead, RUNNING)


async def test_a_lead_that_comes_and_goes_again_and_again_has_its_clock_each_time(
    api: httpx.AsyncClient, temporal: Client
) -> None:
    lead = await post(api, "/leads", {"lastName": "Restless"})
    for _ in range(3):
        await disqualify(api, lead)
        await ask(api, "POST", f"/leads/{lead['id']}/reopen")
        await ask(api, "DELETE", f"/leads/{lead['id']}", expect=204)
        await ask(api, "POST", f"/leads/{lead['id']}/restore")
    await is_started(temporal, lead)

    async def known() -> tuple[int, str, WorkflowExecutionStatus | None]:
        handle = temporal.get_workflow_handle(f"lead-sla/{lead['id']}")
        asked = await handle.query("clock")
        return asked["version"], asked["closed_by"], (await handle.describe()).status

    await eventually(known, lambda now: now == (13, "", RUNNING))


async def test_what_stands_against_coming_back_is_said(api: httpx.AsyncClient, stack: RunningStack) -> None:
    lead = await post(api, "/leads", {"lastName": "Here"})
    reopen, restore = f"/leads/{lead['id']}/reopen", f"/leads/{lead['id']}/restore"
    for path, status, code in (
        (reopen, 409, "lead_not_disqualified"),
        (restore, 409, "lead_not_deleted"),
        (f"/leads/{uuid4()}/reopen", 404, "lead_not_found"),
        (f"/leads/{uuid4()}/restore", 404, "lead_not_found"),
        ("/leads/7/restore", 422, "validation_failed"),
    ):
        assert (await ask(api, "POST", path, expect=status))["code"] == code
    closed = await disqualify(api, lead)
    stale = await ask(api, "POST", reopen, expect=412, headers={"if-match": f'"{lead["version"]}"'})
    assert (stale["code"], stale["currentVersion"]) == ("version_stale", closed["version"])
    assert (await ask(api, "DELETE", f"/leads/{lead['id']}", expect=409))["code"] == "lead_closed"
    async with stack.client(stack.token("leads:view", "leads:edit")) as editor:
        assert (await ask(editor, "POST", restore, expect=403))["permission"] == "leads:delete"
        assert (await ask(editor, "POST", BULK_DELETE, {"ids": [lead["id"]]}, expect=403))["code"] == (
            "permission_missing"
        )
        assert (await ask(editor, "POST", reopen))["status"] == "open"
    assert (await read(api, lead))["version"] == closed["version"] + 1


@pytest.mark.parametrize("path", ["reopen", "restore"])
async def test_under_a_key_a_lead_comes_back_once(api: httpx.AsyncClient, path: str) -> None:
    lead = await post(api, "/leads", {"lastName": "Once"})
    if path == "reopen":
        await disqualify(api, lead)
    else:
        await ask(api, "DELETE", f"/leads/{lead['id']}", expect=204)
    key = {"idempotency-key": str(uuid4())}
    answers = [await ask(api, "POST", f"/leads/{lead['id']}/{path}", headers=key) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert len(await happened(api, lead)) == len(set(await happened(api, lead)))


async def made(process: Process, count: int) -> list[str]:
    ids: list[str] = []
    for _ in range(0, count, 50):
        leads = await asyncio.gather(*(process.lead() for _ in range(50)))
        ids += [lead["id"] for lead in leads]
    return ids


@pytest.mark.usefixtures("resting_relay")
async def test_a_thousand_leads_are_deleted_in_one_call(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    ids = await made(process, 1_000)
    started = time.monotonic()
    answer = await ask(api, "DELETE", BULK_DELETE, {"ids": ids})
    assert answer == {"deleted": 1_000, "failed": []}
    assert time.monotonic() - started < 3
    assert (await get(api, "/leads", pipelineId=process.id))["meta"]["total"] == 0
    again = await ask(api, "POST", BULK_DELETE, {"ids": ids[:3]})
    assert (again["deleted"], [each["code"] for each in again["failed"]]) == (0, ["lead_not_found"] * 3)


async def test_all_or_none_are_deleted_and_each_refusal_is_named(api: httpx.AsyncClient) -> None:
    process = await set_up(api)
    free, closed = [await process.lead() for _ in range(2)]
    await disqualify(api, closed)
    ids = [free["id"], closed["id"], str(uuid4())]
    for verb in ("DELETE", "POST"):
        refused = await ask(api, verb, BULK_DELETE, {"ids": ids, "atomic": True}, expect=422)
        assert [(each["field"], each["code"]) for each in refused["errors"]] == [
            ("ids[1]", "lead_closed"),
            ("ids[2]", "lead_not_found"),
        ]
    twice = await ask(api, "POST", BULK_DELETE, {"ids": [free["id"], free["id"].upper()]}, expect=422)
    assert [(each["field"], each["code"]) for each in twice["errors"]] == [("ids[1]", "duplicate")]
    assert (await read(api, free))["status"] == "open"
    assert (await ask(api, "POST", BULK_DELETE, {"ids": ids}))["deleted"] == 1
    await get(api, f"/leads/{free['id']}", expect=404)


async def test_what_a_lost_clock_did_not_record_is_found_and_the_clock_is_started_again(
    api: httpx.AsyncClient, temporal: Client, hurried: str
) -> None:
    # The check that comes by itself every five minutes would be first now and then.
    schedule = temporal.get_schedule_handle("check-sla-clocks")
    await schedule.pause()
    # Whatever other tests have left behind.
    await ask(api, "POST", "/leads/sla/check-breaches")
    lead = await post(api, "/leads", {"lastName": "Forgotten", "source": hurried})
    await is_started(temporal, lead)
    await temporal.get_workflow_handle(f"lead-sla/{lead['id']}").terminate()

    async def status() -> str:
        return str((await get(api, f"/leads/{lead['id']}/sla"))["status"])

    await eventually(status, lambda now: now == "breached")
    missed = {"sla_at_risk", "sla_breached"} - set(await happened(api, lead))
    checked = await ask(api, "POST", "/leads/sla/check-breaches")
    assert (checked["checked"], checked["breached"], checked["repaired"]) == (1, 1, 1)
    assert checked["atRisk"] == len(missed - {"sla_breached"})
    await clock_is(temporal, lead, RUNNING)
    told = await happened(api, lead)
    assert (told.count("sla_at_risk"), told.count("sla_breached")) == (1, 1)
    nothing = {"checked": 0, "atRisk": 0, "breached": 0, "escalated": 0, "repaired": 0}
    assert await ask(api, "POST", "/leads/sla/check-breaches") == nothing
    await schedule.unpause()
