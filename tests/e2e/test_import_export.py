"""Leads come from a file and go to one, through the whole product."""

from typing import Any

import httpx
import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.support.api import ask, get, post
from tests.support.imports import (
    counts,
    csv_of,
    exported,
    import_ended,
    import_file,
    leads_of,
    refused_rows,
    send_file,
)
from tests.support.sales import unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

COLUMNS = ("Last Name", "E-mail", "Company", "Origin", "Size", "Internal")
MAPPING = {"E-mail": "email", "Origin": "source", "Size": "customFields.size", "Internal": None}


def email(name: str, company: str) -> str:
    return f"{name}@{company.lower().replace('_', '-')}.io"


def row(name: str, company: str, **more: str) -> list[str]:
    """A row of a file with these columns."""
    values = {"Last Name": name, "E-mail": email(name, company), "Company": company, **more}
    return [values.get(column, "") for column in COLUMNS]


async def test_a_file_becomes_leads_and_says_of_each_row_that_does_not_why(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    company = unique("Import")
    known = await post(api, "/leads", {"lastName": "Known", "email": email("known", company), "company": company})
    file = csv_of(
        COLUMNS,
        [
            row("first", company, Origin="Trade Show", Size="50-100", Internal="secret"),
            row("second", company, Origin="Word of mouth"),
            row("KNOWN", company),
            row("=cmd()", company, **{"E-mail": "no address"}),
            ["too", "few"],
            row("third", company),
        ],
    )
    values = {"source": {"Trade Show": "event", "*": "other"}}
    done = await import_file(api, file, mapping=MAPPING, values=values, defaults={"priority": "high"}, key="one-file")
    assert (done["state"], counts(done), done["processed"]) == ("completed", (3, 0, 1, 2), 6), done["failure"]
    assert (done["fileName"], done["processedBytes"], done["sizeBytes"]) == ("leads.csv", len(file), len(file))
    assert (done["failure"], done["options"]["duplicates"]) == (None, "skip")
    assert {"name": "Internal", "field": None} in done["columns"]
    first, second, third = [lead for lead in await leads_of(api, company) if lead["id"] != known["id"]]
    assert [lead["lastName"] for lead in (first, second, third)] == ["first", "second", "third"]
    assert (first["source"], first["priority"], first["customFields"]) == ("event", "high", {"size": "50-100"})
    assert (second["source"], third["source"]) == ("other", None)
    refused = await refused_rows(api, done["id"])
    assert [(each["row"], each["Last Name"]) for each in refused] == [("5", "'=cmd()"), ("6", "too")]
    assert "email" in refused[0]["reasons"]
    (made,) = (await get(api, f"/leads/{first['id']}/activities"))["data"]
    assert (made["type"], made["metadata"]["importId"]) == ("lead_created", done["id"])
    listed = await get(api, "/leads/import", limit=1)
    assert listed["data"] == [done]
    again = await send_file(api, file, mapping=MAPPING, values=values, defaults={"priority": "high"}, key="one-file")
    assert again["id"] == done["id"]
    temporal = await stack.temporal()
    run = await temporal.get_workflow_handle(f"lead-import/{done['id']}").describe()
    assert run.status == WorkflowExecutionStatus.COMPLETED


async def test_rows_of_known_leads_change_them_or_make_more_as_asked_for(api: httpx.AsyncClient) -> None:
    company = unique("Known")
    known = await post(api, "/leads", {"lastName": "old", "email": email("known", company), "company": company})
    file = csv_of(("lastName", "email", "company", "title"), [["new", email("known", company), company, "Founder"]])
    updated = await import_file(api, file, duplicates="update")
    assert counts(updated) == (0, 1, 0, 0)
    lead = await get(api, f"/leads/{known['id']}")
    assert (lead["lastName"], lead["title"], lead["version"]) == ("new", "Founder", known["version"] + 1)
    entries = (await get(api, f"/leads/{known['id']}/history"))["data"]
    assert {(each["field"], each["origin"]) for each in entries} == {("lastName", "import"), ("title", "import")}
    assert counts(await import_file(api, file, duplicates="update")) == (0, 0, 1, 0)
    assert counts(await import_file(api, file, duplicates="create")) == (1, 0, 0, 0)
    assert len(await leads_of(api, company)) == 2


async def test_a_dry_run_says_what_the_import_would_do_and_does_nothing(api: httpx.AsyncClient) -> None:
    company = unique("Dry")
    names = ["one", "two", "one", "three", "two"]
    file = csv_of(COLUMNS, [*(row(name, company) for name in names), row("bad", company, Origin="nowhere")])
    tried = await import_file(api, file, mapping=MAPPING, dryRun=True)
    assert (tried["state"], counts(tried)) == ("completed", (3, 0, 2, 1))
    assert await leads_of(api, company) == []
    done = await import_file(api, file, mapping=MAPPING)
    assert counts(done) == counts(tried)
    assert await refused_rows(api, done["id"]) == await refused_rows(api, tried["id"])
    assert len(await leads_of(api, company)) == 3


async def test_a_canceled_import_keeps_what_it_has_done_and_does_no_more(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    company = unique("Cancel")
    file = csv_of(COLUMNS, (row(f"n{number}", company) for number in range(5_000)))
    started = await send_file(api, file, mapping=MAPPING)
    canceled = await ask(api, "POST", f"/leads/import/{started['id']}/cancel")
    assert canceled["state"] == "canceled"
    assert canceled["endedAt"]
    assert canceled["processed"] < 5_000
    assert (await get(api, "/leads", search=company, limit=1))["meta"]["total"] == canceled["created"]
    problem = await ask(api, "POST", f"/leads/import/{started['id']}/cancel", expect=409)
    assert (problem["code"], problem["state"]) == ("import_closed", "canceled")
    temporal = await stack.temporal()

    async def status() -> Any:
        runs = [run async for run in temporal.list_workflows(f"WorkflowId = 'lead-import/{started['id']}'")]
        return [run.status for run in runs]

    await eventually(status, lambda found: found not in ([], [WorkflowExecutionStatus.RUNNING]), within=15)
    assert await import_ended(api, started["id"]) == canceled
    assert (await get(api, "/leads", search=company, limit=1))["meta"]["total"] == canceled["created"]


async def test_an_export_has_the_leads_of_the_list_and_can_be_imported_again(api: httpx.AsyncClient) -> None:
    company = unique("Round")
    bodies: list[dict[str, Any]] = [
        {"firstName": "Zoë", "lastName": '"Quoted", with; comma', "priority": "high", "estimatedValue": 1234.5},
        {"firstName": "=1+1", "lastName": "Formula", "phone": "+12125550199", "customFields": {"size": "50-100"}},
        {"lastName": "Low", "priority": "low", "description": "first line\nsecond line"},
    ]
    for place, body in enumerate(bodies):
        await post(api, "/leads", {**body, "company": company, "email": email(f"p{place}", company)})
    before = await leads_of(api, company)
    rows = await exported(api, search=company, sortDir="asc")
    assert [each["id"] for each in rows] == [lead["id"] for lead in before]
    assert [each["lastName"] for each in rows] == [lead["lastName"] for lead in before]
    assert (rows[0]["estimatedValue"], rows[0]["createdAt"]) == ("1234.50", before[0]["createdAt"])
    assert [each["lastName"] for each in await exported(api, search=company, priority="low")] == ["Low"]
    assert await exported(api, search=company, status="converted") == []
    file = (await api.get("/leads/export", params={"search": company, "sortDir": "asc"})).content
    ids = [lead["id"] for lead in before]
    assert (await ask(api, "POST", "/leads/bulk-delete", {"ids": ids}))["deleted"] == 3
    done = await import_file(api, file)
    assert counts(done) == (3, 0, 0, 0), await refused_rows(api, done["id"])
    after = await leads_of(api, company)
    kept = {*bodies[0], *bodies[1], *bodies[2], "email", "company", "stageId", "pipelineId", "source", "assignedTo"}
    assert [[lead[name] for name in kept] for lead in after] == [[lead[name] for name in kept] for lead in before]


@pytest.mark.parametrize("query", ["page=1", "limit=10", "cursor=abc", "colour=red"])
async def test_an_export_takes_the_filters_of_the_list_and_nothing_else(query: str, api: httpx.AsyncClient) -> None:
    problem = await ask(api, "GET", f"/leads/export?{query}", expect=422)
    assert [each["field"] for each in problem["errors"]] == [query.partition("=")[0]]


async def test_files_are_for_those_who_may_import_and_export(stack: RunningStack) -> None:
    seller = stack.token("leads:view", "leads:create", "leads:edit", "leads:delete")
    async with stack.client(seller) as client:
        for problem in (
            await send_file(client, b"lastName\nA\n", expect=403),
            await get(client, "/leads/import", expect=403),
            await get(client, "/leads/export", expect=403),
        ):
            assert problem["code"] == "permission_missing"
            assert problem["permission"] in {"leads:import", "leads:export"}
    async with stack.client(stack.token("leads:import")) as client:
        done = await import_file(client, csv_of(("lastName",), [[unique("Clerk")]]))
        assert counts(done) == (1, 0, 0, 0)
    async with stack.client(stack.token("leads:export")) as client:
        assert (await client.get("/leads/export", params={"search": done["id"]})).status_code == 200
