"""Keeping duplicates out, over REST: of equal leads that come at once, one is taken and the others are told of it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.support.api import get, post, put
from tests.support.waiting import eventually


@pytest.fixture
async def blocking(api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The API of a product that keeps duplicates out, for as long as a test lasts."""
    await put(api, "/lead-settings/settings", {"duplicateDetection": {"onCreate": "block"}})
    email = f"{uuid4().hex}@startup.io"
    await post(api, "/leads", {"email": email})

    async def again() -> int:
        return (await api.post("/leads", json={"email": email})).status_code

    await eventually(again, lambda status: status == 409)
    yield api
    await put(api, "/lead-settings/settings", {"duplicateDetection": {"onCreate": "allow"}})
    await eventually(again, lambda status: status == 201)


async def test_of_twenty_equal_leads_at_once_one_is_created_and_nineteen_are_refused(
    blocking: httpx.AsyncClient,
) -> None:
    local = uuid4().hex
    spellings = [f"{local}@münchen.de", f"{local.upper()}@XN--MNCHEN-3YA.DE", f"{local}@xn--mnchen-3ya.de"]
    bodies = [{"lastName": "Johnson", "email": spellings[number % 3]} for number in range(20)]
    answers = await asyncio.gather(*(blocking.post("/leads", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 19]
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    for said in (answer.json() for answer in answers if answer.status_code == 409):
        assert (said["code"], said["duplicateIds"]) == ("lead_duplicate", [made["id"]])
    found = await post(blocking, "/leads/check-duplicates", {"email": spellings[0]}, expect=200)
    assert [(each["id"], each["matchField"]) for each in found["duplicates"]] == [(made["id"], "email")]
    assert (await get(blocking, f"/leads/{made['id']}"))["email"] == made["email"]
    assert made["email"] in spellings
