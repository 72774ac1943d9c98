"""What an operator reads of a lead's clock in the Temporal UI, in a real browser."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from temporalio.client import Client

from tests.e2e.test_story import STANDARD
from tests.support.api import get, post, put
from tests.support.browser import PROGRAMS, Browser, find_browser, running_browser
from tests.support.sales import in_force, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

_PROGRAM = find_browser()

pytestmark = pytest.mark.skipif(
    _PROGRAM is None,
    reason=f"no Chromium on the PATH ({', '.join(PROGRAMS)}); on Debian: apt-get install chromium-headless-shell",
)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A browser without a screen."""
    assert _PROGRAM is not None
    async with running_browser(_PROGRAM) as running:
        yield running


@pytest.fixture(scope="module")
async def policy(stack: RunningStack) -> AsyncIterator[str]:
    """A policy for leads of a company of the same name: three seconds at high priority, else four hours."""
    name = unique("Browsed")
    match = [{"field": "company", "operator": "equals", "value": name}]
    mine = {"name": name, "isDefault": False, "match": match, "responseMinutes": {"high": 0.05, "*": 240}}
    async with stack.client() as api:
        await put(api, "/lead-settings/settings", {"sla": {"policies": [mine, *STANDARD["policies"]]}})
        await in_force(api)
        yield name
        await put(api, "/lead-settings/settings", {"sla": {"policies": STANDARD["policies"]}})
        await in_force(api)


async def lead_of(api: httpx.AsyncClient, name: str, policy: str, **more: str) -> dict[str, Any]:
    lead: dict[str, Any] = await post(api, "/leads", {"lastName": name, "company": policy, **more})
    return lead


async def run_of(temporal: Client, lead: dict[str, Any]) -> str:
    """The path of the run's pages, once the run is there and can be found by its filters."""

    async def found() -> list[str]:
        query = f"LeadId = '{lead['id']}' AND ExecutionStatus = 'Running'"
        return [f"workflows/{quote(run.id, safe='')}/{run.run_id}" async for run in temporal.list_workflows(query)]

    (path,) = await eventually(found, within=40)
    return path


async def read(browser: Browser, stack: RunningStack, path: str, *awaited: str) -> str:
    """The text of a page of the UI, once it shows what is waited for."""
    page = await browser.open(f"{stack.about['temporalUi']}/namespaces/default/{path}")
    return await eventually(page.text, lambda text: all(each in text for each in awaited), within=40, every=0.2)


async def test_the_page_of_a_run_says_who_waits_by_which_policy_and_until_when(
    stack: RunningStack, api: httpx.AsyncClient, browser: Browser, policy: str
) -> None:
    lead = await lead_of(api, "Johnson", policy, firstName="Alice")
    run = await run_of(await stack.temporal(), lead)
    sla = await get(api, f"/leads/{lead['id']}/sla")
    text = await read(browser, stack, f"{run}/user-metadata", "Waiting for the first response")
    summary = f"Alice Johnson, {policy} · {policy}"
    assert summary in text
    details = text.partition(summary)[2]
    for told in ("Alice Johnson", policy, "medium"):
        assert told in details
    for instant in ("atRiskAt", "responseDeadline"):
        assert f"{datetime.fromisoformat(sla[instant]):%H:%M}" in details


async def test_the_timeline_of_a_run_names_its_timer(
    stack: RunningStack, api: httpx.AsyncClient, browser: Browser, policy: str
) -> None:
    lead = await lead_of(api, "Timed", policy)
    run = await run_of(await stack.temporal(), lead)
    text = await read(browser, stack, f"{run}/timeline", "RUNNING", "SLA:")
    assert re.search("SLA: at.risk", text)


async def test_the_filter_by_status_shows_the_overdue_lead_and_no_other(
    stack: RunningStack, api: httpx.AsyncClient, browser: Browser, policy: str
) -> None:
    late = await lead_of(api, "Late", policy, priority="high")
    waiting = await lead_of(api, "Waiting", policy)
    temporal = await stack.temporal()
    for lead in (late, waiting):
        await run_of(temporal, lead)

    async def overdue() -> int:
        counted = await temporal.count_workflows(f"LeadId = '{late['id']}' AND SlaStatus = 'breached'")
        return counted.count

    await eventually(overdue, within=40)
    query = quote('SlaStatus="breached" AND ExecutionStatus="Running"')
    text = await read(browser, stack, f"workflows?query={query}", f"lead-sla/{late['id']}")
    assert waiting["id"] not in text
    query = quote('SlaStatus="on_track"')
    text = await read(browser, stack, f"workflows?query={query}", f"lead-sla/{waiting['id']}")
    assert late["id"] not in text
