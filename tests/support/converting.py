"""Leads that are converted over REST, and what was made of them."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.support.api import ask, get, post
from tests.support.sales import unique

KINDS = {"account": "accounts", "contact": "contacts", "opportunity": "opportunities"}
COLLEAGUES = ["018f4e6e-0000-7000-8000-0000000000c1", "018f4e6e-0000-7000-8000-0000000000c2"]

Answer = dict[str, Any]


async def a_lead(api: httpx.AsyncClient, **fields: Any) -> Answer:
    """A lead of a company of its own."""
    name = unique("Conv")
    body = {"firstName": "Ada", "lastName": name, "company": name, "email": f"ada@{name.replace('_', '-')}.io"}
    made: Answer = await post(api, "/leads", {**body, "estimatedValue": 1200, **fields})
    return made


async def convert(api: httpx.AsyncClient, lead: Answer, body: Any = None, *, expect: int = 200) -> Answer:
    """What converting it is answered."""
    done: Answer = await ask(api, "POST", f"/leads/{lead['id']}/convert", body or {}, expect=expect)
    return done


async def records_of(api: httpx.AsyncClient, ids: Mapping[str, Any]) -> dict[str, Answer | None]:
    """The records that these ids name, by kind."""
    found = {}
    for kind, path in KINDS.items():
        record_id = ids[f"{kind}Id"]
        found[kind] = await get(api, f"/{path}/{record_id}") if record_id else None
    return found


async def surrounded(api: httpx.AsyncClient, lead: Answer) -> dict[str, Any]:
    """Put something of everything around a lead; answers what the lead shows of it."""
    path = f"/leads/{lead['id']}"
    for number, discount in enumerate((0, 12.5)):
        product = await post(api, "/products", {"name": f"Plan {number}", "unitPrice": 99.95})
        await post(api, f"{path}/products", {"productId": product["id"], "quantity": 3, "discount": discount})
        await post(api, f"{path}/notes", {"content": f"Note {number}"})
        files = {"file": (f"offer{number}.txt", b"An offer.", "text/plain")}
        await ask(api, "POST", f"{path}/documents", expect=201, files=files)
        await post(api, f"{path}/team", {"userId": COLLEAGUES[number], "role": "sales_rep"})
    return await around(api, lead)


async def around(api: httpx.AsyncClient, lead: Answer) -> dict[str, Any]:
    """What the lead shows around it."""
    path = f"/leads/{lead['id']}"
    pages = {name: (await get(api, f"{path}/{name}"))["data"] for name in ("notes", "documents")}
    return pages | {name: await get(api, f"{path}/{name}") for name in ("products", "team")}
