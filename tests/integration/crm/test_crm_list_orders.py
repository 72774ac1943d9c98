"""Lists in every order, by page and by cursor, with every filter, compared with what plain Python makes of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from leadline.crm.v1 import record_service_pb2 as pb

from kit.ids import new_id
from tests.integration.crm.crm_door import OWNER, SORTS, Conversion, CrmDoor, unique
from tests.support import tokens

List = Callable[..., Awaitable[Any]]
Key = Callable[[Any], Any]

# By REST name: what a record is ordered by, None where it has nothing.
KEYS: dict[str, Key] = {
    "createdAt": lambda each: each.created_at.ToNanoseconds(),
    "updatedAt": lambda each: each.updated_at.ToNanoseconds(),
    "name": lambda each: each.name.lower(),
    "firstName": lambda each: each.first_name.lower() if each.HasField("first_name") else None,
    "lastName": lambda each: each.last_name.lower() if each.HasField("last_name") else None,
    "value": lambda each: float(each.value) if each.HasField("value") else None,
    "unitPrice": lambda each: float(each.unit_price),
}
ORDERS = [(field, by, way) for field, sorts in SORTS.items() for by in sorts for way in ("asc", "desc")]


def in_order(records: Sequence[Any], by: str, way: str) -> list[str]:
    """The ids in the order that is asked for, those without a value last."""
    there = [each for each in records if KEYS[by](each) is not None]
    missing = [each for each in records if KEYS[by](each) is None]
    there.sort(key=lambda each: (KEYS[by](each), each.id), reverse=way == "desc")
    missing.sort(key=lambda each: each.id, reverse=way == "desc")
    return [each.id for each in (*there, *missing)]


@pytest.fixture(scope="session")
async def listed(crm: CrmDoor) -> dict[str, Sequence[Any]]:
    """Records of each kind that one search finds, alike in much and without much."""
    search = unique("Listed")
    account = (await Conversion(crm).account(f"{search} zero")).account_id
    for number in range(8):
        name = f"{('beta', 'Alpha', 'ÄTHER')[number % 3]} {search}"
        await Conversion(crm).account(f"{name} {number}")
        first = {"first_name": name} if number % 2 else {}
        await Conversion(crm).contact(
            **first, last_name=None if number == 1 else name, email=f"{search}{number}@x.example"
        )
        value = {"value": str(number // 2)} if number % 3 else {}
        await Conversion(crm).opportunity(name=name, account_id=account, **value)
        await crm.add_product(name=name, sku=unique(), unit_price=str(number // 2))
    lists: dict[str, List] = {
        "accounts": crm.accounts,
        "contacts": crm.contacts,
        "opportunities": crm.opportunities,
        "products": crm.products,
    }
    return {field: [search, *getattr(await list_(search, limit=100), field)] for field, list_ in lists.items()}


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
async def test_cursors_and_numbers_lead_through_the_same_order(
    crm: CrmDoor, listed: dict[str, Sequence[Any]], order: tuple[str, str, str]
) -> None:
    field, by, way = order
    limit = 3
    search, *records = listed[field]
    assert len(records) >= 8
    list_: List = getattr(crm, field)
    asked = {"search": search, "sort_by": by, "sort_dir": way, "limit": limit}
    wanted = in_order(records, by, way)
    by_cursor: list[str] = []
    cursor = ""
    for number in range(len(records) // limit + 1):
        page = await list_(**asked, cursor=cursor)
        numbered = await list_(**asked, page=number + 1)
        assert numbered == page
        assert page.total == len(records)
        by_cursor += [each.id for each in getattr(page, field)]
        cursor = page.next_cursor
        if not cursor:
            break
    assert by_cursor == wanted
    assert not cursor


async def test_a_page_goes_on_where_the_last_one_ended_whatever_comes_meanwhile(crm: CrmDoor) -> None:
    name = unique("Growing")
    made = [(await Conversion(crm).account(f"{name} {number}")).account_id for number in range(4)]
    first = await crm.accounts(name, limit=2)
    await Conversion(crm).account(f"{name} new")
    following = await crm.accounts(name, limit=2, cursor=first.next_cursor)
    assert [each.id for each in (*first.accounts, *following.accounts)] == made[::-1]
    assert (first.total, following.total, following.next_cursor) == (4, 5, "")


async def test_products_go_upwards_by_name_and_downwards_by_anything_else(crm: CrmDoor) -> None:
    name = unique("Way")
    cheap = (await crm.add_product(name=f"{name} a", unit_price="1")).id
    dear = (await crm.add_product(name=f"{name} b", unit_price="2")).id
    assert [each.id for each in (await crm.products(name)).products] == [cheap, dear]
    assert [each.id for each in (await crm.products(name, sort_by="unitPrice")).products] == [dear, cheap]


async def test_products_are_filtered_by_whether_they_are_active(crm: CrmDoor) -> None:
    name = unique("Active")
    active = (await crm.add_product(name=name, unit_price="1")).id
    idle = (await crm.add_product(name=name, unit_price="1", is_active=False)).id
    assert [each.id for each in (await crm.products(name, is_active=True)).products] == [active]
    assert [each.id for each in (await crm.products(name, is_active=False)).products] == [idle]
    assert (await crm.products(name)).total == 2


async def test_opportunities_are_filtered_by_all_that_they_belong_to(crm: CrmDoor) -> None:
    name = unique("Deal")
    accounts = [(await Conversion(crm).account(unique())).account_id for _ in range(2)]
    contact = (await Conversion(crm).contact(last_name="Buyer")).contact_id
    pipeline, stage, owner = str(new_id()), str(new_id()), str(new_id())
    fields: dict[str, dict[str, str]] = {
        "plain": {},
        "first": {"account_id": accounts[0], "contact_id": contact},
        "second": {"account_id": accounts[1], "pipeline_id": pipeline, "stage_id": stage},
        "third": {"pipeline_id": pipeline, "owner_id": owner},
    }
    made = {each: (await Conversion(crm).opportunity(name=name, **own)).opportunity_id for each, own in fields.items()}
    for which, found in (
        ({"account_ids": accounts}, {"first", "second"}),
        ({"account_id": accounts[0]}, {"first"}),
        ({"account_id": accounts[0], "account_ids": [accounts[1]]}, {"first", "second"}),
        ({"contact_ids": [contact, str(new_id())]}, {"first"}),
        ({"pipeline_ids": [pipeline]}, {"second", "third"}),
        ({"pipeline_ids": [pipeline], "stage_ids": [stage]}, {"second"}),
        ({"owner_ids": [owner]}, {"third"}),
        ({"owner_ids": [owner], "stage_ids": [stage]}, set()),
        ({"owner_ids": ["none"]}, set()),
    ):
        page = await crm.opportunities(name, **which)
        assert {each.id for each in page.opportunities} == {made[each] for each in found}, which
        assert page.total == len(found)


async def test_contacts_and_accounts_are_filtered_by_address_whatever_its_case(crm: CrmDoor) -> None:
    tail = new_id().hex
    contact = (await Conversion(crm).contact(email=f"Ann{tail}@X.example")).contact_id
    other = (await Conversion(crm).contact(email=f"bob{tail}@x.example")).contact_id
    account = (await Conversion(crm).account(unique(), email_domain=f"{tail}.example")).account_id
    found = await crm.contacts(emails=[f"ANN{tail}@x.EXAMPLE"])
    assert [each.id for each in found.contacts] == [contact]
    both = await crm.contacts(emails=[f"ann{tail}@x.example", f"bob{tail}@x.example"])
    assert [each.id for each in both.contacts] == [other, contact]
    assert [each.id for each in (await crm.accounts(email_domains=[f"{tail}.EXAMPLE"])).accounts] == [account]


async def test_me_is_the_caller_and_none_is_nobody(crm: CrmDoor, crm_sql: Callable[..., None]) -> None:
    name = unique("Owned")
    own = (await Conversion(crm).account(f"{name} own")).account_id
    lost = (await Conversion(crm).account(f"{name} lost")).account_id
    crm_sql("UPDATE accounts SET owner_id = NULL WHERE id = %s", lost)
    token = tokens.token("accounts:view")

    async def found(*owners: str) -> set[str]:
        request = pb.ListAccountsRequest(search=name, owner_ids=owners)
        return {each.id for each in (await crm.ask(crm.records.ListAccounts, request, token)).accounts}

    assert await found("me") == await found(OWNER) == {own}
    assert await found("none") == {lost}
    assert await found("me", "none") == {own, lost}
    assert {each.id for each in (await crm.accounts(name, owner_ids=["me"])).accounts} == set()


async def test_names_of_any_length_have_a_cursor(crm: CrmDoor) -> None:
    tail = new_id().hex
    for number in range(3):
        await Conversion(crm).account(f"{number}{tail}{'😀' * 400}")
    page = await crm.accounts(tail, limit=2, sort_by="name")
    assert len(page.next_cursor) < 2000
    following = await crm.accounts(tail, limit=2, sort_by="name", cursor=page.next_cursor)
    assert len({each.id for each in (*page.accounts, *following.accounts)}) == 3
