"""Many at once: one company is one account, one person one contact, and no order of calls leaves an orphan."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any

import psycopg
import pytest

from kit.errors import LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, count_named, step_named, unique
from tests.support.waiting import eventually


async def together(calls: Iterable[Awaitable[Any]]) -> list[Any]:
    """What all calls answer, begun at once; refusals that are expected among them, anything else fails."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, LeadlineError):
            raise answer
    return answers


async def test_fifty_conversions_of_one_company_make_one_account(crm: CrmDoor) -> None:
    name = unique()
    spellings = [name, f"{name} GmbH", name.upper(), f"{name}, Inc."]
    ensured = await together(Conversion(crm).account(spellings[number % 4]) for number in range(50))
    assert len({each.account_id for each in ensured}) == 1
    assert [each.made for each in ensured].count(True) == 1
    assert (await crm.accounts(name)).total == 1


async def test_fifty_conversions_of_one_domain_make_one_account(crm: CrmDoor) -> None:
    prefix, domain = unique(), f"{new_id().hex}.example"
    ensured = await together(Conversion(crm).account(f"{prefix} {number}", email_domain=domain) for number in range(50))
    assert len({each.account_id for each in ensured}) == 1
    assert (await crm.accounts(prefix)).total == 1


async def test_names_and_domains_that_cross_do_not_wait_in_a_circle(crm: CrmDoor) -> None:
    names = [unique() for _ in range(3)]
    domains = [f"{new_id().hex}.example" for _ in range(3)]
    pairs = [(name, domain) for name in names for domain in domains] * 3
    ensured = await together(
        Conversion(crm).account(name, email_domain=domain)
        for pair in zip(pairs, reversed(pairs), strict=True)
        for name, domain in pair
    )
    assert all(not isinstance(each, LeadlineError) for each in ensured)
    # Whoever comes first decides which names share an account, but none has two.
    assert all([(await crm.accounts(name)).total <= 1 for name in names])
    assert len({each.account_id for each in ensured}) == sum([(await crm.accounts(name)).total for name in names])


async def test_fifty_conversions_of_one_person_make_one_contact(crm: CrmDoor) -> None:
    address = f"{new_id().hex}@acme.example"
    account = (await Conversion(crm).account(unique())).account_id
    ensured = await together(
        Conversion(crm).contact(email=address.upper() if number % 2 else address, account_id=account)
        for number in range(50)
    )
    assert len({each.contact_id for each in ensured}) == 1
    assert [each.made for each in ensured].count(True) == 1
    assert (await crm.contacts(account_id=account)).total == 1


async def test_a_step_asked_for_twenty_times_at_once_happens_once(crm: CrmDoor) -> None:
    conversion, name = Conversion(crm), unique()
    deals = await together(conversion.opportunity(name=name) for _ in range(20))
    assert len({each.opportunity_id for each in deals}) == 1
    assert all(each.made for each in deals)
    assert (await crm.opportunities(name)).total == 1


async def test_one_of_two_accounts_gets_a_contact_that_both_want(crm: CrmDoor) -> None:
    contact = (await Conversion(crm).contact(last_name="Wanted")).contact_id
    accounts = [(await Conversion(crm).account(unique())).account_id for _ in range(2)]
    answers = await together(
        Conversion(crm).contact(link_id=contact, account_id=accounts[number % 2]) for number in range(20)
    )
    refused = [each for each in answers if isinstance(each, LeadlineError)]
    assert {each.reason for each in refused} == {"CONTACT_OF_ANOTHER_ACCOUNT"}
    assert len(refused) == 10
    found = await crm.contact(contact)
    assert found is not None
    assert {each.metadata["accountId"] for each in refused} == {found.account_id}
    assert found.version == 2


@pytest.mark.parametrize("step", ["account", "contact", "opportunity"])
async def test_a_step_and_its_release_at_once_leave_nothing(crm: CrmDoor, step: str) -> None:
    name = unique()
    fields = step_named(step, name)
    conversions = [Conversion(crm) for _ in range(20)]
    calls = [
        call
        for number, each in enumerate(conversions)
        for call in _either_way(number, getattr(each, step)(**fields), getattr(each, f"release_{step}")())
    ]
    answers = await together(calls)
    assert {each.reason for each in answers if isinstance(each, LeadlineError)} <= {"CONVERSION_CLOSED"}
    assert await count_named(crm, step, name) == 0


async def test_what_is_being_linked_is_not_deleted_beneath(crm: CrmDoor) -> None:
    for _ in range(10):
        name, first = unique(), Conversion(crm)
        await first.account(name)
        second, third = Conversion(crm), Conversion(crm)
        ensured, _released, other = await together([second.account(name), first.release_all(), third.account(name)])
        assert ensured.account_id == other.account_id
        assert await crm.account(ensured.account_id)
        assert (await crm.accounts(name)).total == 1


async def test_an_account_is_not_deleted_beneath_a_contact_that_comes_to_it(crm: CrmDoor) -> None:
    for number in range(20):
        first, other = Conversion(crm), Conversion(crm)
        account = (await first.account(unique())).account_id
        coming = other.contact(last_name="Late", account_id=account)
        answers = await together(_either_way(number, coming, first.release_account()))
        refused = [each.reason for each in answers if isinstance(each, LeadlineError)]
        if refused:
            assert refused == ["ACCOUNT_NOT_FOUND"]
            assert await crm.account(account) is None
        else:
            assert await crm.account(account)
            assert (await crm.contacts(account_id=account)).total == 1


async def test_whole_conversions_that_start_and_are_undone_at_once_leave_only_what_is_converted(crm: CrmDoor) -> None:
    name, address = unique(), f"{new_id().hex}@acme.example"
    conversions = [Conversion(crm) for _ in range(20)]

    async def convert(conversion: Conversion, *, undo: bool) -> str:
        account = (await conversion.account(name)).account_id
        contact = (await conversion.contact(email=address, account_id=account)).contact_id
        deal = await conversion.opportunity(name=name, account_id=account, contact_id=contact)
        if undo:
            await conversion.release_all()
        return deal.opportunity_id

    answers = await together(convert(each, undo=number % 2 == 0) for number, each in enumerate(conversions))
    assert not [each for each in answers if isinstance(each, LeadlineError)]
    (account,) = (await crm.accounts(name)).accounts
    (contact,) = (await crm.contacts(address)).contacts
    deals = (await crm.opportunities(name, limit=100)).opportunities
    assert {each.id for each in deals} == set(answers[1::2])
    assert {(each.account_id, each.contact_id) for each in deals} == {(account.id, contact.id)}
    await together(each.release_all() for each in conversions)
    assert (await crm.accounts(name)).total == (await crm.contacts(address)).total == 0


def _either_way(number: int, first: Any, second: Any) -> list[Any]:
    return [first, second] if number % 2 else [second, first]


async def someone_waits(url: str) -> bool:
    """Whether a session of this database waits for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    # A look of its own each time: within one transaction the answer stays the same.
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone() != (0,)


async def test_an_account_that_goes_while_it_is_being_linked_is_made_anew(crm: CrmDoor, crm_url: str) -> None:
    name = unique()
    going = (await Conversion(crm).account(name)).account_id
    with psycopg.connect(crm_url) as connection:
        connection.execute("DELETE FROM accounts WHERE id = %s", [going])
        ensuring = asyncio.create_task(Conversion(crm).account(name))
        await eventually(lambda: someone_waits(crm_url))
    ensured = await ensuring
    assert ensured.made
    assert await crm.account(ensured.account_id)


async def test_a_contact_that_gets_another_account_while_it_is_being_linked_is_left_there(
    crm: CrmDoor, crm_url: str
) -> None:
    address = f"{new_id().hex}@acme.example"
    here, there = [(await Conversion(crm).account(unique())).account_id for _ in range(2)]
    moving = (await Conversion(crm).contact(email=address)).contact_id
    with psycopg.connect(crm_url) as connection:
        connection.execute("UPDATE contacts SET account_id = %s WHERE id = %s", [there, moving])
        ensuring = asyncio.create_task(Conversion(crm).contact(email=address, account_id=here))
        await eventually(lambda: someone_waits(crm_url))
    ensured = await ensuring
    assert ensured.made
    moved = await crm.contact(moving)
    assert moved is not None
    assert moved.account_id == there
