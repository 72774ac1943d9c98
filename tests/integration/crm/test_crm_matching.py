"""MatchRecords: what a conversion would link."""

from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, unique


async def test_nothing_matches_nothing(crm: CrmDoor) -> None:
    found = await crm.match()
    assert not any(found.HasField(field) for field in ("account_by_company", "contact_by_email", "account"))
    assert not found.contacts_by_phone
    assert found == await crm.match(company=unique(), email=f"{new_id().hex}@x.example", phone_e164="+4930000001")


async def test_an_account_matches_by_name_else_by_domain(crm: CrmDoor) -> None:
    name, domain = unique(), f"{new_id().hex}.example"
    by_name = (await Conversion(crm).account(name)).account_id
    by_domain = (await Conversion(crm).account(unique(), email_domain=domain)).account_id
    assert (await crm.match(company=f"{name.upper()}, Ltd.", email_domain=domain)).account_by_company.id == by_name
    assert (await crm.match(company=unique(), email_domain=domain)).account_by_company.id == by_domain
    assert (await crm.match(email_domain=domain.upper())).account_by_company.id == by_domain
    assert not (await crm.match(company=unique())).HasField("account_by_company")


async def test_a_contact_matches_by_email_without_case(crm: CrmDoor) -> None:
    address = f"{new_id().hex}@Acme.example"
    made = (await Conversion(crm).contact(email=address)).contact_id
    assert (await crm.match(email=address.upper())).contact_by_email.id == made


async def test_the_contact_at_the_account_that_would_be_linked_comes_first(crm: CrmDoor) -> None:
    address, name = f"{new_id().hex}@acme.example", unique()
    account = (await Conversion(crm).account(name)).account_id
    other = (await Conversion(crm).account(unique())).account_id
    older = (await Conversion(crm).contact(email=address, account_id=other)).contact_id
    newer = (await Conversion(crm).contact(email=address, account_id=account)).contact_id
    assert (await crm.match(email=address)).contact_by_email.id == older
    assert (await crm.match(email=address, company=name)).contact_by_email.id == newer
    assert (await crm.match(email=address, company=name, account_id=other)).contact_by_email.id == older


async def test_ten_contacts_of_a_phone_number_are_answered_newest_first(crm: CrmDoor) -> None:
    phone = f"+49{new_id().int % 10**12:012}"
    made = [(await Conversion(crm).contact(last_name="Shared", phone_e164=phone)).contact_id for _ in range(12)]
    found = (await crm.match(phone_e164=phone)).contacts_by_phone
    assert [each.id for each in found] == made[:1:-1]


async def test_given_ids_are_answered_where_they_are_known(crm: CrmDoor) -> None:
    account = (await Conversion(crm).account(unique())).account_id
    contact = (await Conversion(crm).contact(last_name="Known")).contact_id
    deal = (await Conversion(crm).opportunity()).opportunity_id
    found = await crm.match(account_id=account, contact_id=contact, opportunity_id=deal)
    assert (found.account.id, found.contact.id, found.opportunity.id) == (account, contact, deal)
    unknown = await crm.match(account_id=contact, contact_id=deal, opportunity_id=account)
    assert not any(unknown.HasField(field) for field in ("account", "contact", "opportunity"))


async def test_all_accounts_that_match_are_answered_those_of_the_name_first_each_once(crm: CrmDoor) -> None:
    tail, domain = new_id().hex, f"{new_id().hex}.example"
    of_domain = (await Conversion(crm).account(unique(), email_domain=domain)).account_id
    both = (await Conversion(crm).account(f"Acme {tail}")).account_id
    found = await crm.match(company=f"ACME {tail} GmbH", email_domain=domain)
    assert [each.id for each in found.accounts_by_company] == [both, of_domain]
    assert found.account_by_company == found.accounts_by_company[0]
    alone = await crm.match(email_domain=domain)
    assert [each.id for each in alone.accounts_by_company] == [of_domain]


async def test_an_account_that_matches_by_name_and_domain_is_one(crm: CrmDoor) -> None:
    name, domain = unique(), f"{new_id().hex}.example"
    account = (await Conversion(crm).account(name, email_domain=domain)).account_id
    found = await crm.match(company=name, email_domain=domain)
    assert [each.id for each in found.accounts_by_company] == [account]


async def test_ten_contacts_of_an_email_are_answered_the_one_to_link_first(crm: CrmDoor) -> None:
    address = f"{new_id().hex}@acme.example"
    accounts = [(await Conversion(crm).account(unique())).account_id for _ in range(12)]
    made = [(await Conversion(crm).contact(email=address, account_id=account)).contact_id for account in accounts]
    found = await crm.match(email=address, account_id=accounts[5])
    assert [each.id for each in found.contacts_by_email] == [made[5], *made[:5], *made[6:10]]
    assert found.contact_by_email == found.contacts_by_email[0]
