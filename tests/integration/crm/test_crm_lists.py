"""Lists: pages that neither repeat nor lose a record, searches, and the order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.conftest import crm_replica
from tests.integration.crm.crm_door import Conversion, CrmDoor, unique

List = Callable[..., Awaitable[Any]]


async def all_pages(list_: List, field: str, limit: int, **which: str) -> list[Any]:
    """The items of all pages, and that each page says how many there are."""
    found: list[Any] = []
    for page in range(1, 100):
        answer = await list_(page=page, limit=limit, **which)
        items = getattr(answer, field)
        if not items:
            assert answer.total == len(found)
            return found
        assert len(items) <= limit
        found += items
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_hold_every_account_once_newest_first(
    crm: CrmDoor, crm_sql: Callable[..., None], limit: int
) -> None:
    name = unique()
    made = [(await Conversion(crm).account(f"{name} {number}")).account_id for number in range(10)]
    # Five at the same moment: their ids decide.
    crm_sql("UPDATE accounts SET created_at = '2020-01-01Z' WHERE id = ANY(%s::uuid[])", made[:5])
    found = await all_pages(crm.accounts, "accounts", limit, search=name)
    assert [each.id for each in found] == [*reversed(made[5:]), *sorted(made[:5], reverse=True)]


async def test_contacts_and_opportunities_of_an_account_newest_first(crm: CrmDoor) -> None:
    conversion, search = Conversion(crm), unique("Person")
    account = (await conversion.account(unique())).account_id
    other = (await Conversion(crm).account(unique())).account_id
    people, deals = [], []
    for number in range(5):
        fields = {"first_name": f"{number}", "last_name": search, "account_id": account}
        people.append((await Conversion(crm).contact(**fields)).contact_id)
        deals.append((await Conversion(crm).opportunity(name=f"{search} {number}", account_id=account)).opportunity_id)
    await Conversion(crm).contact(last_name=search, account_id=other)
    await Conversion(crm).opportunity(name=search, account_id=other)
    found = await all_pages(crm.contacts, "contacts", 2, account_id=account)
    assert [each.id for each in found] == people[::-1]
    assert [each.id for each in (await crm.contacts(f"3 {search}", account)).contacts] == [people[3]]
    assert [each.id for each in await all_pages(crm.opportunities, "opportunities", 2, account_id=account)] == deals[
        ::-1
    ]
    assert [each.id for each in (await crm.opportunities(f"{search} 3", account)).opportunities] == [deals[3]]
    assert (await crm.contacts(search)).total == (await crm.opportunities(search)).total == 6
    assert (await crm.contacts(account_id=str(new_id()))).total == 0


async def test_products_come_by_name_without_case(crm: CrmDoor) -> None:
    prefix = unique("Product")
    names = [f"{prefix} {tail}" for tail in ("beta", "Alpha", "alpha 2", "GAMMA", "Äther")]
    for name in names:
        await crm.add_product(name=name, unit_price="1")
    twins = [(await crm.add_product(name=f"{prefix} Delta", unit_price="1")).id for _ in range(3)]
    found = await all_pages(crm.products, "products", 2, search=prefix)
    tails = [each.name.removeprefix(prefix).strip() for each in found]
    assert tails == ["Alpha", "alpha 2", "beta", "Delta", "Delta", "Delta", "GAMMA", "Äther"]
    assert [each.id for each in found[3:6]] == sorted(twins)


@pytest.mark.parametrize(
    "search", ["Anna Öst", "öST{}", "NNA ö", "{}@EXAMPLE", "anna.ö", " anna öst ", "Ost{}", "ÁNNÅ o\u0308st", "nn"]
)
async def test_contacts_are_found_by_any_part_of_full_name_and_email(crm: CrmDoor, search: str) -> None:
    tail = new_id().hex
    fields = {"first_name": "Anna", "last_name": f"Öst{tail}", "email": f"anna.öst{tail}@example.com"}
    contact = (await Conversion(crm).contact(**fields)).contact_id
    found = await crm.contacts(search.format(tail), limit=100)
    assert contact in {each.id for each in found.contacts}


@pytest.mark.parametrize("search", ["Öst{} anna", "Öst{}anna.", "Öst{}\\", "%{}", "_{}", "Öst{}%"])
async def test_what_is_no_part_of_it_is_not_found(crm: CrmDoor, search: str) -> None:
    tail = new_id().hex
    fields = {"first_name": "Anna", "last_name": f"Öst{tail}", "email": f"anna.öst{tail}@example.com"}
    await Conversion(crm).contact(**fields)
    assert (await crm.contacts(search.format(tail))).total == 0


async def test_characters_that_patterns_know_are_found_as_they_are(crm: CrmDoor) -> None:
    name = f"100%_sure\\{new_id().hex}"
    account = (await Conversion(crm).account(name)).account_id
    (found,) = (await crm.accounts(f"0%_SURE\\{name[-32:]}")).accounts
    assert found.id == account


async def test_products_are_found_by_sku(crm: CrmDoor) -> None:
    sku = unique("SKU")
    made = await crm.add_product(name="Searched", sku=sku, unit_price="1")
    (found,) = (await crm.products(sku[5:].upper())).products
    assert found == made


async def test_page_and_limit_have_defaults_and_a_page_beyond_the_end_is_empty(empty_crm: CrmDoor) -> None:
    assert (await empty_crm.accounts()).total == 0
    await asyncio.gather(*(Conversion(empty_crm).account(unique()) for _ in range(27)))
    first = await empty_crm.accounts()
    assert (len(first.accounts), first.total) == (25, 27)
    assert first == await empty_crm.accounts(page=1, limit=25)
    assert len((await empty_crm.accounts(page=2)).accounts) == 2
    beyond = await empty_crm.accounts(page=10_000_000, limit=100)
    assert (len(beyond.accounts), beyond.total) == (0, 27)


async def test_a_page_that_begins_too_far_in_is_refused_and_cursors_go_on(copy_crm: Callable[[], str]) -> None:
    url = copy_crm()
    with psycopg.connect(url) as connection:
        connection.execute(
            """INSERT INTO accounts (id, name, name_key) SELECT gen_random_uuid(), n::text, n::text
               FROM generate_series(1, 10200) n"""
        )
    async with crm_replica(url) as door:
        deepest = await door.accounts(page=101, limit=100)
        assert (len(deepest.accounts), deepest.total) == (100, 10_200)
        with pytest.raises(LeadlineError) as refused:
            await door.accounts(page=102, limit=100)
        assert (refused.value.kind, refused.value.reason) == (ErrorKind.INVALID, "PAGE_TOO_DEEP")
        assert [each.field for each in refused.value.violations] == ["page"]
        last = await door.accounts(cursor=deepest.next_cursor, limit=100)
        assert (len(last.accounts), last.next_cursor) == (100, "")
        assert not (await door.accounts(page=103, limit=100)).accounts
