"""Leads die under calls with idempotency keys: whoever repeats them until they are answered doubles none."""

import asyncio
import signal
from typing import Any

import httpx

from tests.support.api import ask, get
from tests.support.sales import unique
from tests.support.stack import RunningStack

# Answers after which a caller tries again: a part is away, its connection broke, or the first call is still running.
AGAIN = {503, 409}


async def repeated(api: httpx.AsyncClient, path: str, body: Any, key: str) -> Any:
    """What a POST answers in the end, repeated under its key as a careful caller does."""
    while True:
        answer = await api.post(path, json=body, headers={"Idempotency-Key": key})
        if answer.status_code not in AGAIN:
            assert answer.status_code in {200, 201}, answer.text
            return answer.json()
        await asyncio.sleep(int(answer.headers["retry-after"]) / 10)


async def test_leads_that_die_again_and_again_in_a_burst_make_each_lead_and_note_once(
    stack: RunningStack, api: httpx.AsyncClient
) -> None:
    name = unique("Keyed")

    async def create_with_note(number: int) -> str:
        body = {"firstName": name, "lastName": str(number)}
        lead: dict[str, Any] = await repeated(api, "/leads", body, f"{name}-{number}")
        await repeated(api, f"/leads/{lead['id']}/notes", {"content": "once"}, f"{name}-{number}")
        again: dict[str, Any] = await repeated(api, "/leads", body, f"{name}-{number}")
        assert again["id"] == lead["id"]
        return str(lead["id"])

    burst = asyncio.gather(*(create_with_note(number) for number in range(30)))
    for _ in range(2):
        await asyncio.sleep(0.3)  # not for anything to become true: the moment of death is to be any
        pid = stack.send("leads", signal.SIGKILL)
        await stack.restarted("leads", pid)
    ids = await burst
    assert len(set(ids)) == (await get(api, "/leads", search=name, limit=1))["meta"]["total"] == 30
    for lead_id in ids:
        told = [each["type"] for each in (await get(api, f"/leads/{lead_id}/activities"))["data"]]
        assert (told.count("lead_created"), told.count("note_added")) == (1, 1)
    # Another body under a key that has been used is another request.
    headers = {"Idempotency-Key": f"{name}-0"}
    said = await ask(api, "POST", "/leads", {"lastName": "Other"}, expect=422, headers=headers)
    assert said["code"] == "idempotency_key_reused"
