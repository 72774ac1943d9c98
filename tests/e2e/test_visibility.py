"""What a stage hides from those who are no administrators: in every answer and for every write."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.api import ask, get, post, put
from tests.support.sales import Process, in_force, read, set_up, unique
from tests.support.stack import RunningStack


@pytest.fixture
async def rep(stack: RunningStack) -> AsyncIterator[httpx.AsyncClient]:
    """The API as somebody in sales has it."""
    token = stack.token("leads:view", "leads:create", "leads:edit", "leads:delete")
    async with stack.client(token) as client:
        yield client


async def hiding(api: httpx.AsyncClient) -> Process:
    process = await set_up(api)
    fields = {"estimatedValue": "hidden", "customFields.margin": "hidden", "source": "read_only", "title": "editable"}
    await put(api, f"/lead-settings/field-visibility/{process.stage('Talk')}", {"fields": fields})
    await in_force(api)
    return process


# Such as stand in no id and no instant by chance.
FIRST, SECOND = 90_817_263, 90_817_264


async def test_a_hidden_field_is_in_no_answer(api: httpx.AsyncClient, rep: httpx.AsyncClient) -> None:
    process = await hiding(api)
    email = f"{unique('alice')}@startup.io"
    given: dict[str, Any] = {
        "estimatedValue": FIRST,
        "source": "event",
        "email": email,
        "customFields": {"margin": 12, "size": 3},
    }
    lead = await process.lead(**given)
    moved = await ask(rep, "POST", f"/leads/{lead['id']}/change-stage", {"stageId": process.stage("Talk")})
    await put(api, f"/leads/{lead['id']}", {"estimatedValue": SECOND})
    listed = (await get(rep, "/leads", search=email))["data"]
    changed = await put(rep, f"/leads/{lead['id']}", {"title": "Founder"})
    for shown in (moved, await read(rep, lead), *listed, changed):
        assert "estimatedValue" not in shown
        assert (shown["customFields"], shown["source"]) == ({"size": 3}, "event")
    assert len(listed) == 1
    texts = [
        (await rep.get(f"/leads/{lead['id']}/{path}")).text
        for path in ("history", "activities", "conversion-check", "stage-assignments", "sla")
    ]
    found = await ask(rep, "POST", "/leads/check-duplicates", {"email": email})
    assert [each["id"] for each in found["duplicates"]] == [lead["id"]]
    assert not any(str(value) in text for text in texts for value in (FIRST, SECOND))
    assert (await read(api, lead))["estimatedValue"] == SECOND
    assert str(SECOND) in (await api.get(f"/leads/{lead['id']}/history")).text


async def test_no_write_reaches_a_hidden_or_read_only_field(api: httpx.AsyncClient, rep: httpx.AsyncClient) -> None:
    process = await hiding(api)
    lead = await process.lead(estimatedValue=777, customFields={"margin": 12, "size": 3})
    await process.move(lead, "Talk")
    before = await read(api, lead)
    for change in (
        {"estimatedValue": 1},
        {"estimatedValue": 777},
        {"source": "event"},
        {"customFields": {"margin": 1}},
        {"title": "Founder", "source": None},
    ):
        refused = await put(rep, f"/leads/{lead['id']}", change, expect=403)
        assert refused["code"] == "field_not_editable", change
    bulk = {"ids": [lead["id"]], "changes": {"source": "event"}}
    assert [each["code"] for each in (await put(rep, "/leads/bulk-update", bulk))["failed"]] == ["field_not_editable"]
    new = {"lastName": "New", "stageId": process.stage("Talk"), "pipelineId": process.id, "estimatedValue": 5}
    assert (await post(rep, "/leads", new, expect=403))["code"] == "field_not_editable"
    assert await read(api, lead) == before
    changed = await put(rep, f"/leads/{lead['id']}", {"customFields": {"size": 4}})
    assert changed["customFields"] == {"size": 4}
    assert (await read(api, lead))["customFields"] == {"margin": 12, "size": 4}


async def test_the_stage_where_the_lead_is_decides(api: httpx.AsyncClient, rep: httpx.AsyncClient) -> None:
    process = await hiding(api)
    lead = await process.lead(estimatedValue=777)
    assert (await read(rep, lead))["estimatedValue"] == 777
    await process.move(lead, "Talk")
    assert "estimatedValue" not in await read(rep, lead)
    await process.move(lead, "Offer")
    assert (await read(rep, lead))["estimatedValue"] == 777
    await put(rep, f"/leads/{lead['id']}", {"estimatedValue": 5})
