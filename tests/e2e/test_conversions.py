"""Converting leads over REST against the whole product: every combination, all that goes along, parts that are away."""

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import httpx
import pytest
from temporalio.client import Client, WorkflowHandle

from leadline_workflows.contracts import names
from leadline_workflows.contracts.operators import OperatorOrder
from tests.support.api import get, post, put
from tests.support.converting import COLLEAGUES, KINDS, Answer, a_lead, around, convert, records_of, surrounded
from tests.support.sales import in_force, read, unique
from tests.support.stack import RunningStack
from tests.support.waiting import eventually

MAKE, LINK, LEAVE = "make", "link", "leave"
# At least one is wanted.
COMBINATIONS = [each for each in itertools.product((MAKE, LINK, LEAVE), repeat=3) if set(each) != {LEAVE}]


async def alone(api: httpx.AsyncClient, kind: str) -> str:
    """A record that belongs to no other."""
    only = {f"create{other.title()}": other == kind for other in KINDS}
    return str((await convert(api, await a_lead(api), only))[f"{kind}Id"])


@pytest.mark.parametrize("wanted", COMBINATIONS, ids="-".join)
async def test_a_conversion_makes_links_and_leaves_what_it_is_told(
    api: httpx.AsyncClient, wanted: tuple[str, str, str]
) -> None:
    how = dict(zip(KINDS, wanted, strict=True))
    given = {f"{kind}Id": await alone(api, kind) for kind, each in how.items() if each == LINK}
    before = await records_of(api, {f"{kind}Id": given.get(f"{kind}Id") for kind in KINDS})
    lead = await a_lead(api)
    body = {**given, **{f"create{kind.title()}": False for kind, each in how.items() if each == LEAVE}}
    converted = await convert(api, lead, body)
    shown = await read(api, lead)
    records = await records_of(api, converted)
    assert shown["status"] == "converted"
    for kind, each in how.items():
        record = records[kind]
        assert converted[f"{kind}Id"] == shown.get(f"{kind}Id") == (record and record["id"])
        assert (record is None) == (each == LEAVE)
        if record and each == MAKE:
            assert record["leadId"] == lead["id"]
        if record and each == LINK:
            assert record["id"] == given[f"{kind}Id"]
    assert_linked(records, how, converted)
    assert_unchanged(before["account"], records["account"])
    assert_unchanged(before["opportunity"], records["opportunity"])


def assert_linked(records: Mapping[str, Answer | None], how: Mapping[str, str], ids: Answer) -> None:
    """What was made or had no account is at the account that there is now; a linked deal stays as it is."""
    if records["contact"]:
        assert records["contact"]["accountId"] == ids["accountId"]
    if records["opportunity"] and how["opportunity"] == MAKE:
        linked = (records["opportunity"]["accountId"], records["opportunity"]["contactId"])
        assert linked == (ids["accountId"], ids["contactId"])


def assert_unchanged(before: Answer | None, after: Answer | None) -> None:
    if before is not None:
        assert after == before


async def test_the_deal_has_the_name_stage_and_owner_that_it_is_given(api: httpx.AsyncClient) -> None:
    pipeline = await post(api, "/lead-settings/pipelines", {"name": unique("Deals"), "module": "opportunities"})
    place = {"pipelineId": pipeline["id"]}
    first, second = [await post(api, "/lead-settings/stages", {**place, "name": each}) for each in ("One", "Two")]
    await in_force(api)
    by_pipeline = await convert(api, await a_lead(api), {"opportunityPipelineId": pipeline["id"]})
    deal = {"opportunityStageId": second["id"], "opportunityName": "The deal", "ownerId": COLLEAGUES[0]}
    by_stage = await convert(api, await a_lead(api), deal)
    made = await get(api, f"/opportunities/{by_pipeline['opportunityId']}")
    assert (made["pipelineId"], made["stageId"]) == (pipeline["id"], first["id"])
    records = await records_of(api, by_stage)
    assert records["opportunity"]
    assert (records["opportunity"]["stageId"], records["opportunity"]["name"]) == (second["id"], "The deal")
    assert {record and record["ownerId"] for record in records.values()} == {COLLEAGUES[0]}


def by_id(items: list[Answer], key: str, *fields: str) -> dict[str, tuple[Any, ...]]:
    return {item[key]: tuple(item[field] for field in fields) for item in items}


async def test_all_that_stands_around_a_lead_goes_along_and_stays_with_it(api: httpx.AsyncClient) -> None:
    lead = await a_lead(api, customFields={"seats": 12, "utm_source": "fair"}, description="Wants all.")
    had = await surrounded(api, lead)
    converted = await convert(api, lead)
    deal = await get(api, f"/opportunities/{converted['opportunityId']}")
    # 3 × 99.95, and the same with 12.5 percent off: 299.85 + 262.37, not what was estimated.
    assert (deal["value"], deal["description"]) == (562.22, "Wants all.")
    assert deal["customFields"] == {"seats": 12, "utm_source": "fair"}
    line = ("id", "productId", "quantity", "unitPrice", "discount", "total")
    assert by_id(deal["lines"], *line) == by_id(had["products"], *line)
    assert by_id(deal["notes"], "id", "content", "createdBy") == by_id(had["notes"], "id", "content", "createdBy")
    assert by_id(deal["team"], "userId", "role") == by_id(had["team"], "userId", "role")
    linked = by_id(deal["documents"], "documentId", "name", "leadId")
    assert linked == by_id(had["documents"], "id", "name", "leadId")
    assert await around(api, lead) == had
    content = await api.get(f"/leads/{lead['id']}/documents/{deal['documents'][0]['documentId']}")
    assert content.content == b"An offer."


async def test_without_lines_the_deal_is_worth_what_was_estimated(api: httpx.AsyncClient) -> None:
    converted = await convert(api, await a_lead(api, estimatedValue=1200.5))
    assert (await get(api, f"/opportunities/{converted['opportunityId']}"))["value"] == 1200.5


async def test_without_a_deal_what_goes_along_goes_to_the_contact(api: httpx.AsyncClient) -> None:
    lead = await a_lead(api, customFields={"seats": 3})
    await post(api, f"/leads/{lead['id']}/notes", {"content": "For the person."})
    converted = await convert(api, lead, {"createOpportunity": False})
    contact = await get(api, f"/contacts/{converted['contactId']}")
    account = await get(api, f"/accounts/{converted['accountId']}")
    assert ([note["content"] for note in contact["notes"]], account["notes"]) == (["For the person."], [])
    assert (contact["customFields"], account["customFields"]) == ({"seats": 3}, {})


@asynccontextmanager
async def field_map(api: httpx.AsyncClient, rules: list[dict[str, str]]) -> AsyncIterator[None]:
    """These rules in force."""
    await put(api, "/lead-settings/settings", {"conversion": {"fieldMap": rules}})
    try:
        await in_force(api)
        yield
    finally:
        await put(api, "/lead-settings/settings", {"conversion": {"fieldMap": []}})
        await in_force(api)


async def test_fields_go_where_the_rules_say_and_only_to_what_is_made(api: httpx.AsyncClient) -> None:
    rules = [
        {"from": "customFields.parent", "to": "account.name"},
        {"from": "source", "to": "account.customFields.came_by"},
        {"from": "customFields.budget", "to": "opportunity.value"},
    ]
    fields = {"parent": unique("Parent"), "budget": 777.5, "rest": "stays"}
    async with field_map(api, rules):
        converted = await convert(api, await a_lead(api, source="website", customFields=fields))
        records = await records_of(api, converted)
        account, deal = records["account"], records["opportunity"]
        assert account
        assert deal
        assert (account["name"], account["customFields"]) == (fields["parent"], {"came_by": "website"})
        assert (deal["value"], deal["customFields"]) == (777.5, {"rest": "stays"})
        linked = await convert(api, await a_lead(api, customFields=fields), {"accountId": account["id"]})
        assert (await get(api, f"/accounts/{linked['accountId']}"))["version"] == account["version"]
        misfit = await a_lead(api, customFields={"budget": "a lot"})
        check = await get(api, f"/leads/{misfit['id']}/conversion-check")
        assert (check["canConvert"], len(check["reasons"])) == (False, 1)
        problem = await convert(api, misfit, expect=409)
        assert problem["code"] == "conversion_not_allowed"
        assert [error["field"] for error in problem["errors"]] == ["customFields.budget"]
        assert (await read(api, misfit))["status"] == "open"


@asynccontextmanager
async def away(stack: RunningStack, part: str) -> AsyncIterator[None]:
    """A part that is killed and not started again, since whoever would do that stands still."""
    stack.process.send_signal(signal.SIGSTOP)
    try:
        killed = stack.send(part, signal.SIGKILL)
        yield
    finally:
        stack.process.send_signal(signal.SIGCONT)
    await stack.restarted(part, killed)


async def seconds_to_next_attempt(handle: WorkflowHandle[Any, Any]) -> float:
    """How long the step that waits is left alone."""
    (pending,) = (await handle.describe()).raw_description.pending_activities
    return pending.next_attempt_schedule_time.ToDatetime(UTC).timestamp() - time.time()


async def attention(temporal: Client, lead: Answer) -> list[str]:
    """The ids of the runs of a lead that operators find by what they wait for."""
    query = f"Attention = 'waiting' AND LeadId = '{lead['id']}'"
    return [run.id async for run in temporal.list_workflows(query)]


async def test_a_conversion_says_what_it_waits_for_and_goes_on_when_an_operator_asks(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    lead, temporal = await a_lead(api), await stack.temporal()
    path = f"/leads/{lead['id']}/conversion"
    async with away(stack, "crm"):
        asked = asyncio.create_task(api.post(f"/leads/{lead['id']}/convert", json={}))

        async def conversion() -> Answer:
            answer = await api.get(path)
            return answer.json() if answer.is_success else {}  # it has not begun yet

        found = await eventually(conversion, lambda each: bool(each.get("waits")), within=15)
        waits = found["waits"]
        assert (found["state"], waits["step"], waits["reason"]) == ("running", "ensure account", "part_unavailable")
        assert found["startedAt"] <= waits["since"]
        handle = temporal.get_workflow_handle(names.lead_conversion_id(lead["id"]))
        await eventually(lambda: attention(temporal, lead), lambda ids: ids == [handle.id])
        assert (await asked).headers["location"] == path
        await eventually(lambda: seconds_to_next_attempt(handle), lambda seconds: seconds > 6, within=20)
    order = OperatorOrder("Olga", "The CRM is back.")
    assert await handle.execute_update(names.RETRY_NOW, order, result_type=str) == "ensure account"
    done = await eventually(conversion, lambda each: each["state"] == "completed")
    assert done["waits"] is None
    await eventually(lambda: attention(temporal, lead), lambda ids: not ids)
