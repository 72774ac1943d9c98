"""EnsureContact: link the named one, else one of the same e-mail at the account or at none, else make one."""

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import OWNER, Conversion, CrmDoor, unique


def email() -> str:
    return f"Alice.{new_id().hex}@Acme.example"


async def account_of(door: CrmDoor) -> str:
    return (await Conversion(door).account(unique())).account_id


async def test_a_contact_is_made_at_the_account(crm: CrmDoor) -> None:
    conversion, address, account = Conversion(crm), email(), await account_of(crm)
    fields = {
        "first_name": "Alice",
        "last_name": "Johnson",
        "email": address,
        "phone": "(212) 555-0123",
        "phone_e164": "+12125550123",
        "title": "Founder",
        "account_id": account,
    }
    ensured = await conversion.contact(**fields)
    assert ensured.made
    contact = await crm.contact(ensured.contact_id)
    assert contact is not None
    assert {field: getattr(contact, field) for field in fields} == fields
    assert (contact.owner_id, contact.lead_id, contact.version) == (OWNER, conversion.lead_id, 1)


async def test_a_contact_may_have_no_account_and_no_email(crm: CrmDoor) -> None:
    first = await Conversion(crm).contact(last_name="Solo")
    second = await Conversion(crm).contact(last_name="Solo")
    assert first.made
    assert second.made
    contact = await crm.contact(first.contact_id)
    assert contact is not None
    assert not any(contact.HasField(field) for field in ("account_id", "email", "phone", "first_name"))


async def test_the_same_email_in_another_case_is_the_same_contact(crm: CrmDoor) -> None:
    address, account = email(), await account_of(crm)
    made = await Conversion(crm).contact(email=address, account_id=account)
    linked = await Conversion(crm).contact(email=address.upper(), account_id=account)
    assert (linked.contact_id, linked.made) == (made.contact_id, False)
    contact = await crm.contact(made.contact_id)
    assert contact is not None
    assert (contact.email, contact.version) == (address, 1)


async def test_a_contact_without_account_gets_the_account(crm: CrmDoor) -> None:
    address, account = email(), await account_of(crm)
    made = await Conversion(crm).contact(email=address)
    linked = await Conversion(crm).contact(email=address, account_id=account)
    assert (linked.contact_id, linked.made) == (made.contact_id, False)
    contact = await crm.contact(made.contact_id)
    assert contact is not None
    assert (contact.account_id, contact.version) == (account, 2)
    assert contact.updated_at.ToNanoseconds() > contact.created_at.ToNanoseconds()


async def test_a_named_contact_without_account_gets_the_account(crm: CrmDoor) -> None:
    account = await account_of(crm)
    made = await Conversion(crm).contact(last_name="Solo")
    linked = await Conversion(crm).contact(link_id=made.contact_id, account_id=account)
    assert (linked.contact_id, linked.made) == (made.contact_id, False)
    contact = await crm.contact(made.contact_id)
    assert contact is not None
    assert contact.account_id == account


async def test_the_same_email_at_another_account_is_another_contact(crm: CrmDoor) -> None:
    address, here, there = email(), await account_of(crm), await account_of(crm)
    first = await Conversion(crm).contact(email=address, account_id=here)
    second = await Conversion(crm).contact(email=address, account_id=there)
    assert second.made
    assert second.contact_id != first.contact_id


async def test_the_contact_at_the_account_comes_before_an_older_one_at_none(crm: CrmDoor) -> None:
    address, account, undone = email(), await account_of(crm), Conversion(crm)
    older = await Conversion(crm).contact(email=address)
    # While the older one is elsewhere, a second one can be made.
    await undone.contact(email=address, account_id=await account_of(crm))
    at_account = await Conversion(crm).contact(email=address, account_id=account)
    await undone.release_contact()
    assert at_account.contact_id != older.contact_id
    linked = await Conversion(crm).contact(email=address, account_id=account)
    assert linked.contact_id == at_account.contact_id


async def test_without_account_a_match_may_be_at_any(crm: CrmDoor) -> None:
    address, account = email(), await account_of(crm)
    made = await Conversion(crm).contact(email=address, account_id=account)
    linked = await Conversion(crm).contact(email=address)
    assert (linked.contact_id, linked.made) == (made.contact_id, False)
    contact = await crm.contact(made.contact_id)
    assert contact is not None
    assert contact.account_id == account


async def test_a_named_contact_of_another_account_is_refused(crm: CrmDoor) -> None:
    here, there = await account_of(crm), await account_of(crm)
    contact = (await Conversion(crm).contact(last_name="Busy", account_id=there)).contact_id
    conversion = Conversion(crm)
    with pytest.raises(LeadlineError) as refused:
        await conversion.contact(link_id=contact, account_id=here)
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "CONTACT_OF_ANOTHER_ACCOUNT")
    assert refused.value.metadata == {"accountId": there}
    assert (await conversion.contact(link_id=contact)).contact_id == contact


async def test_a_contact_or_an_account_that_is_not_there_is_not_found(crm: CrmDoor) -> None:
    missing = str(new_id())
    contact = (await Conversion(crm).contact(last_name="Solo")).contact_id
    for reason, fields in (
        ("CONTACT_NOT_FOUND", {"link_id": missing}),
        ("ACCOUNT_NOT_FOUND", {"link_id": contact, "account_id": missing}),
        ("ACCOUNT_NOT_FOUND", {"last_name": "New", "account_id": missing}),
    ):
        with pytest.raises(LeadlineError) as refused:
            await Conversion(crm).contact(**fields)
        assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, reason)


async def test_a_repeated_step_gives_the_account_once(crm: CrmDoor) -> None:
    account, conversion = await account_of(crm), Conversion(crm)
    contact = (await Conversion(crm).contact(last_name="Solo")).contact_id
    first = await conversion.contact(link_id=contact, account_id=account)
    assert await conversion.contact(link_id=contact, account_id=account) == first
    assert await conversion.contact(last_name="Somebody else") == first
    found = await crm.contact(contact)
    assert found is not None
    assert found.version == 2
