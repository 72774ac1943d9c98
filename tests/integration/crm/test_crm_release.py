"""Release: what a conversion made goes; what was there before, or is used by others, stays as long as it is used."""

import itertools
from collections.abc import Callable

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, count_named, note, step_named, unique

STEPS = ("account", "contact", "opportunity")


def email() -> str:
    return f"{new_id().hex}@acme.example"


async def converted(door: CrmDoor, name: str, address: str) -> tuple[Conversion, str, str, str]:
    """A whole conversion, and what it ensured."""
    conversion = Conversion(door)
    account = (await conversion.account(name)).account_id
    contact = (await conversion.contact(email=address, account_id=account)).contact_id
    deal = (await conversion.opportunity(account_id=account, contact_id=contact)).opportunity_id
    await conversion.notes(note())
    return conversion, account, contact, deal


async def left(door: CrmDoor, account: str, contact: str, opportunity: str) -> set[str]:
    """Which of the records are there."""
    found = (await door.account(account), await door.contact(contact), await door.opportunity(opportunity))
    return {step for step, record in zip(STEPS, found, strict=True) if record}


@pytest.mark.parametrize("order", [*itertools.permutations(STEPS)], ids=" ".join)
async def test_nothing_is_left_of_a_conversion_in_whatever_order_it_is_undone(
    crm: CrmDoor, order: tuple[str, ...]
) -> None:
    conversion, *records = await converted(crm, unique(), email())
    for step in order:
        await getattr(conversion, f"release_{step}")()
    assert await left(crm, *records) == set()


async def test_releases_may_be_repeated(crm: CrmDoor) -> None:
    conversion, *records = await converted(crm, unique(), email())
    await conversion.release_all()
    await conversion.release_all()
    assert await left(crm, *records) == set()


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_that_was_released_is_refused_whether_it_had_come_or_not(crm: CrmDoor, step: str) -> None:
    name = unique()
    fields = step_named(step, name)
    late, undone = Conversion(crm), Conversion(crm)
    await getattr(undone, step)(**fields)
    for conversion in (late, undone):
        await getattr(conversion, f"release_{step}")()
        with pytest.raises(LeadlineError) as refused:
            await getattr(conversion, step)(**fields)
        assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "CONVERSION_CLOSED")
    assert await count_named(crm, step, name) == 0


async def test_a_tombstone_of_one_step_leaves_the_others_open(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    await conversion.release_opportunity()
    assert (await conversion.account(unique())).made
    assert (await conversion.contact(last_name="Open")).made


async def test_what_was_there_before_stays(crm: CrmDoor) -> None:
    name, address = unique(), email()
    _, *records = await converted(crm, name, address)
    before = [await crm.account(records[0]), await crm.contact(records[1]), await crm.opportunity(records[2])]
    second = Conversion(crm)
    linked = [
        (await second.account(name)).account_id,
        (await second.contact(email=address, account_id=records[0])).contact_id,
        (await second.opportunity(link_id=records[2])).opportunity_id,
    ]
    assert linked == records
    await second.notes(note("of the second"))
    await second.release_all()
    after = [await crm.account(records[0]), await crm.contact(records[1]), await crm.opportunity(records[2])]
    assert after == before


async def test_what_another_conversion_came_to_use_stays(crm: CrmDoor) -> None:
    name, address = unique(), email()
    first, *records = await converted(crm, name, address)
    second, account, contact, deal = await converted(crm, name, address)
    assert [account, contact] == records[:2]
    await first.release_all()
    assert await left(crm, *records) == {"account", "contact"}
    assert await left(crm, account, contact, deal) == set(STEPS)
    # With the last one that used them they go, although it had only linked them.
    await second.release_all()
    assert await left(crm, account, contact, deal) == set()


async def test_an_account_stays_for_a_contact_of_another_conversion(crm: CrmDoor) -> None:
    first, account, *_ = await converted(crm, unique(), email())
    other = Conversion(crm)
    contact = (await other.contact(last_name="Late", account_id=account)).contact_id
    await first.release_all()
    assert await crm.account(account)
    await other.release_contact()
    assert await crm.contact(contact) is None
    assert await crm.account(account) is None


async def test_a_contact_stays_for_an_opportunity_of_another_conversion(crm: CrmDoor) -> None:
    first, account, contact, _ = await converted(crm, unique(), email())
    other = Conversion(crm)
    deal = (await other.opportunity(contact_id=contact, account_id=account)).opportunity_id
    await first.release_all()
    assert await left(crm, account, contact, deal) == set(STEPS)
    await other.release_opportunity()
    assert await left(crm, account, contact, deal) == set()


async def lone_contact(door: CrmDoor) -> str:
    """A contact without account, of a conversion that is over."""
    return (await Conversion(door).contact(last_name="Solo")).contact_id


async def account_of_contact(door: CrmDoor, contact_id: str) -> str:
    contact = await door.contact(contact_id)
    assert contact is not None
    return contact.account_id


@pytest.mark.parametrize("first", ["account", "contact"])
async def test_a_linked_contact_gives_its_account_back(crm: CrmDoor, first: str) -> None:
    contact, conversion = await lone_contact(crm), Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    second = {"account": "contact", "contact": "account"}[first]
    await getattr(conversion, f"release_{first}")()
    await getattr(conversion, f"release_{second}")()
    assert await account_of_contact(crm, contact) == ""
    assert await crm.account(account) is None


async def test_a_contact_keeps_an_account_that_another_conversion_came_to_use(crm: CrmDoor) -> None:
    contact, name, first, second = await lone_contact(crm), unique(), Conversion(crm), Conversion(crm)
    account = (await first.account(name)).account_id
    await first.contact(link_id=contact, account_id=account)
    await second.account(name)
    await second.contact(link_id=contact, account_id=account)
    await first.release_all()
    assert await account_of_contact(crm, contact) == account
    await second.release_all()
    assert await account_of_contact(crm, contact) == ""
    assert await crm.account(account) is None


async def test_a_contact_that_changed_since_keeps_its_account(crm: CrmDoor, crm_sql: Callable[..., None]) -> None:
    contact, conversion = await lone_contact(crm), Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    crm_sql("UPDATE contacts SET title = 'Director', version = version + 1 WHERE id = %s", contact)
    await conversion.release_all()
    assert await account_of_contact(crm, contact) == account
    assert await crm.account(account)


async def test_an_account_that_a_contact_had_already_is_not_taken_from_it(crm: CrmDoor) -> None:
    account = (await Conversion(crm).account(unique())).account_id
    contact = (await Conversion(crm).contact(last_name="Settled", account_id=account)).contact_id
    conversion = Conversion(crm)
    await conversion.contact(link_id=contact, account_id=account)
    await conversion.release_contact()
    assert await account_of_contact(crm, contact) == account


async def test_a_contact_that_an_earlier_conversion_made_gives_back_what_a_later_one_gave(crm: CrmDoor) -> None:
    earlier, later = Conversion(crm), Conversion(crm)
    contact = (await earlier.contact(last_name="Solo")).contact_id
    account = (await later.account(unique())).account_id
    await later.contact(link_id=contact, account_id=account)
    await later.release_all()
    assert await account_of_contact(crm, contact) == ""
    assert await crm.account(account) is None


async def test_notes_go_with_the_record_that_goes(crm: CrmDoor) -> None:
    conversion, copied = Conversion(crm), note()
    await conversion.account(unique())
    await conversion.notes(copied)
    await conversion.release_account()
    # The lead's notes are free to come over with another conversion.
    again = Conversion(crm)
    account = (await again.account(unique())).account_id
    await again.notes(copied)
    found = await crm.account(account)
    assert found is not None
    assert list(found.notes) == [copied]
