"""What stands around a lead: products, team, notes, activities and history, over REST against the whole product."""

from typing import Any

import httpx

from tests.support.api import ask, get, post, put
from tests.support.sales import read, unique
from tests.support.stack import RunningStack


async def a_lead(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await post(api, "/leads", {"lastName": unique("Lead"), **fields})
    return made


async def a_product(api: httpx.AsyncClient, price: float = 5000, **fields: Any) -> str:
    made = await post(api, "/products", {"name": "Enterprise Plan", "unitPrice": price, **fields})
    return str(made["id"])


async def types_of(api: httpx.AsyncClient, lead: dict[str, Any]) -> list[str]:
    """What happened around a lead, the first thing first."""
    page = await get(api, f"/leads/{lead['id']}/activities", limit=100)
    return [each["type"] for each in reversed(page["data"])]


async def refused(api: httpx.AsyncClient, method: str, path: str, body: Any, status: int) -> tuple[str, set[str]]:
    """The code of a refusal, and the fields at fault."""
    problem = await ask(api, method, path, body, expect=status)
    return problem["code"], {each["field"] for each in problem.get("errors", ())}


async def test_the_documented_product_line_comes_out(api: httpx.AsyncClient) -> None:
    lead, product = await a_lead(api), await a_product(api)
    products = f"/leads/{lead['id']}/products"
    body = {"productId": product, "quantity": 1, "unitPrice": 5000, "discount": 10}
    answer = await api.post(products, json=body)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{products}/{product}")
    assert answer.headers["etag"] == '"1"'
    line = answer.json()
    assert {name: line[name] for name in body} == body
    assert (line["productName"], line["total"], line["leadId"]) == ("Enterprise Plan", 4500, lead["id"])
    assert await get(api, products) == [line]
    changed = await put(api, f"{products}/{product}", {"quantity": 2.5, "discount": None})
    assert (changed["quantity"], changed["discount"], changed["total"], changed["version"]) == (2.5, 0, 12500, 2)
    await ask(api, "DELETE", f"{products}/{line['id']}", expect=204)
    assert await get(api, products) == []
    assert await types_of(api, lead) == ["lead_created", "product_added", "product_changed", "product_removed"]
    assert await read(api, lead) == lead


async def test_a_line_takes_the_price_of_the_catalogue_and_keeps_it(api: httpx.AsyncClient) -> None:
    lead, product = await a_lead(api), await a_product(api, 99.95)
    products = f"/leads/{lead['id']}/products"
    line = await post(api, products, {"productId": product, "quantity": 3})
    assert (line["unitPrice"], line["total"]) == (99.95, 299.85)
    await put(api, f"/products/{product}", {"unitPrice": 1, "name": "Cheaper"})
    await ask(api, "DELETE", f"/products/{product}", expect=204)
    assert await get(api, products) == [line]


async def test_what_cannot_be_a_line_is_refused_and_nothing_is_added(api: httpx.AsyncClient) -> None:
    lead, product, old = await a_lead(api), await a_product(api), await a_product(api, isActive=False)
    products = f"/leads/{lead['id']}/products"
    for wrong, field in (
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1.00001}, "quantity"),
        ({"discount": 101}, "discount"),
        ({"unitPrice": 1.005}, "unitPrice"),
        ({"productId": old}, "productId"),
        ({"productId": lead["id"]}, "productId"),
    ):
        body = {"productId": product, **wrong}
        assert await refused(api, "POST", products, body, 422) == ("validation_failed", {field})
    assert await get(api, products) == []
    await post(api, products, {"productId": product})
    assert await refused(api, "POST", products, {"productId": product}, 409) == ("product_already_added", set())
    assert await refused(api, "DELETE", f"{products}/{old}", None, 404) == ("product_line_not_found", set())


async def test_a_line_is_changed_as_it_was_seen_or_not_at_all(api: httpx.AsyncClient) -> None:
    lead, product = await a_lead(api), await a_product(api)
    path = f"/leads/{lead['id']}/products/{product}"
    await post(api, f"/leads/{lead['id']}/products", {"productId": product})
    answer = await api.put(path, json={"quantity": 2}, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    for attempt in (
        await api.put(path, json={"quantity": 3}, headers={"if-match": '"1"'}),
        await api.delete(path, headers={"if-match": '"1"'}),
    ):
        assert (attempt.status_code, attempt.json()["currentVersion"]) == (412, 2)
    assert [each["quantity"] for each in await get(api, f"/leads/{lead['id']}/products")] == [2]


async def test_the_same_key_adds_a_product_once(api: httpx.AsyncClient) -> None:
    lead, product, key = await a_lead(api), await a_product(api), unique("key")
    products, body = f"/leads/{lead['id']}/products", {"productId": product, "quantity": 2}
    first, again = [await api.post(products, json=body, headers={"idempotency-key": key}) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = await api.post(products, json={**body, "quantity": 3}, headers={"idempotency-key": key})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await get(api, products) == [first.json()]


async def test_team_notes_and_activities_stand_around_a_lead(stack: RunningStack, api: httpx.AsyncClient) -> None:
    lead = await a_lead(api)
    path, user = f"/leads/{lead['id']}", lead["createdBy"]
    member = await post(api, f"{path}/team", {"userId": user, "role": "sales_rep"})
    assert (member["userId"], member["role"], member["addedBy"]) == (user, "sales_rep", user)
    assert await get(api, f"{path}/team") == [member]
    again = {"userId": user, "role": "technical_advisor"}
    assert await refused(api, "POST", f"{path}/team", again, 409) == ("already_in_team", set())
    note = await post(api, f"{path}/notes", {"content": "n" * 20_000})
    assert (await get(api, f"{path}/notes"))["data"] == [note]
    too_long = {"content": "n" * 20_001}
    assert await refused(api, "POST", f"{path}/notes", too_long, 422) == ("validation_failed", {"content"})
    call = {"type": "call", "direction": "inbound", "subject": "Asked for a price"}
    logged = await post(api, f"{path}/activities", call)
    assert (logged["type"], logged["direction"], logged["title"]) == ("call", "inbound", "Asked for a price")
    assert (await get(api, f"{path}/activities"))["data"][0] == logged
    await ask(api, "DELETE", f"{path}/team/{user}", expect=204)
    assert await get(api, f"{path}/team") == []
    assert await types_of(api, lead) == [
        "lead_created",
        "team_member_added",
        "note_added",
        "first_response",
        "call",
        "team_member_removed",
    ]
    assert await read(api, lead) == lead


async def test_history_says_what_changed_from_what_to_what_and_how_it_came(api: httpx.AsyncClient) -> None:
    lead = await a_lead(api, priority="low")
    path = f"/leads/{lead['id']}"
    await put(api, path, {"priority": "high", "estimatedValue": 1234.5, "customFields": {"size": "10"}})
    await put(api, "/leads/bulk-update", {"ids": [lead["id"]], "changes": {"priority": "critical"}})
    newest, *together = (await get(api, f"{path}/history"))["data"]
    assert (newest["field"], newest["oldValue"], newest["newValue"]) == ("priority", "high", "critical")
    assert (newest["oldLabel"], newest["newLabel"], newest["origin"]) == ("High", "Critical", "bulk")
    assert {each["field"]: (each["oldValue"], each["newValue"]) for each in together} == {
        "priority": ("low", "high"),
        "estimatedValue": (None, 1234.5),
        "customFields.size": (None, "10"),
    }
    assert {(each["origin"], each["changedBy"]) for each in together} == {("single", lead["createdBy"])}
    assert len({each["changeId"] for each in together} - {newest["changeId"]}) == 1


async def test_a_closed_lead_keeps_its_products_and_team_and_still_takes_notes_and_activities(
    api: httpx.AsyncClient,
) -> None:
    lead, product, other = await a_lead(api), await a_product(api), await a_product(api)
    path, user = f"/leads/{lead['id']}", lead["createdBy"]
    line = await post(api, f"{path}/products", {"productId": product})
    await post(api, f"{path}/team", {"userId": user, "role": "sales_rep"})
    await ask(api, "POST", f"{path}/disqualify", {"reason": "no_budget"})
    for method, where, body in (
        ("POST", "products", {"productId": other}),
        ("PUT", f"products/{product}", {"quantity": 2}),
        ("DELETE", f"products/{product}", None),
        ("POST", "team", {"userId": product, "role": "sales_rep"}),
        ("DELETE", f"team/{user}", None),
    ):
        assert await refused(api, method, f"{path}/{where}", body, 409) == ("lead_closed", set())
    await post(api, f"{path}/notes", {"content": "They may come back in spring."})
    await post(api, f"{path}/activities", {"type": "email", "direction": "outbound"})
    assert await get(api, f"{path}/products") == [line]
    assert [each["userId"] for each in await get(api, f"{path}/team")] == [user]
    assert (await types_of(api, lead))[-2:] == ["note_added", "email"]


async def test_what_is_around_a_deleted_lead_is_out_of_every_answer(api: httpx.AsyncClient) -> None:
    lead, product = await a_lead(api), await a_product(api)
    path = f"/leads/{lead['id']}"
    await post(api, f"{path}/products", {"productId": product})
    await ask(api, "DELETE", path, expect=204)
    for where in ("products", "team", "notes", "activities", "history", "stage-assignments"):
        assert await refused(api, "GET", f"{path}/{where}", None, 404) == ("lead_not_found", set())
    for method, where, body in (
        ("POST", "products", {"productId": product}),
        ("PUT", f"products/{product}", {"quantity": 2}),
        ("DELETE", f"products/{product}", None),
        ("POST", "notes", {"content": "Too late."}),
    ):
        assert await refused(api, method, f"{path}/{where}", body, 404) == ("lead_not_found", set())


async def test_whoever_may_only_view_changes_nothing_around_a_lead(stack: RunningStack, api: httpx.AsyncClient) -> None:
    lead, product = await a_lead(api), await a_product(api)
    path = f"/leads/{lead['id']}"
    async with stack.client(stack.token("leads:view")) as viewer:
        assert await get(viewer, f"{path}/products") == []
        for where, body in (
            ("products", {"productId": product}),
            ("team", {"userId": product, "role": "sales_rep"}),
            ("notes", {"content": "Hello."}),
            ("activities", {"type": "call", "direction": "outbound"}),
        ):
            assert await refused(viewer, "POST", f"{path}/{where}", body, 403) == ("permission_missing", set())
    # An editor needs no permission of their own for the catalogue.
    async with stack.client(stack.token("leads:view", "leads:edit")) as editor:
        await post(editor, f"{path}/products", {"productId": product})
