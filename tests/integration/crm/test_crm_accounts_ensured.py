"""EnsureAccount: link the named one, else one that matches, else make one."""

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import OWNER, Conversion, CrmDoor, unique


async def test_an_account_is_made_under_the_id_that_was_planned(crm: CrmDoor) -> None:
    name, planned = unique(), str(new_id())
    conversion = Conversion(crm)
    ensured = await conversion.account(name, new_id=planned, email_domain="ACME.example", phone="+49 30 1234567")
    assert (ensured.account_id, ensured.made) == (planned, True)
    account = await crm.account(planned)
    assert account is not None
    assert (account.name, account.email_domain, account.phone) == (name, "acme.example", "+49 30 1234567")
    assert (account.owner_id, account.lead_id, account.version) == (OWNER, conversion.lead_id, 1)
    assert account.created_at == account.updated_at


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Müller & Söhne {} GmbH", "MÜLLER, SÖHNE {}"),
        ("Acme {} Inc.", "acme {} Corp"),
        ("Acme {} S.A.", "Acme {}, Ltd."),
        ("O'Reilly {}", "OReilly {} LLC"),
    ],
)
async def test_names_that_differ_in_case_punctuation_and_legal_form_are_one_account(
    crm: CrmDoor, first: str, second: str
) -> None:
    tail = new_id().hex
    made = await Conversion(crm).account(first.format(tail))
    linked = await Conversion(crm).account(second.format(tail))
    assert (linked.account_id, linked.made) == (made.account_id, False)


async def test_another_name_is_another_account(crm: CrmDoor) -> None:
    tail = new_id().hex
    first = await Conversion(crm).account(f"Acme {tail}")
    second = await Conversion(crm).account(f"Acme {tail} Europe")
    assert second.made
    assert second.account_id != first.account_id


async def test_namesakes_without_a_company_are_other_people(crm: CrmDoor) -> None:
    name, tail = unique("Pat Smith"), new_id().hex
    first = await Conversion(crm).account(name, is_person=True, person_email=f"one{tail}@gmail.com")
    second = await Conversion(crm).account(name, is_person=True, person_email=f"two{tail}@gmail.com")
    unknown = await Conversion(crm).account(name, is_person=True)
    nobody = await Conversion(crm).account(name, is_person=True)
    company = await Conversion(crm).account(name)
    assert len({each.account_id for each in (first, second, unknown, nobody, company)}) == 5


async def test_the_same_person_without_a_company_keeps_their_account(crm: CrmDoor) -> None:
    email = f"pat{new_id().hex}@gmail.com"
    first = await Conversion(crm).account("Pat Smith", is_person=True, person_email=email)
    again = await Conversion(crm).account("Patricia Smith", is_person=True, person_email=email.upper())
    assert (again.account_id, again.made) == (first.account_id, False)
    matched = await crm.match(email=email)
    assert matched.account_by_company.id == first.account_id


async def test_another_name_of_the_same_domain_is_the_same_account(crm: CrmDoor) -> None:
    domain = f"{new_id().hex}.example"
    made = await Conversion(crm).account(unique(), email_domain=domain)
    linked = await Conversion(crm).account(unique("Other"), email_domain=domain.upper())
    assert (linked.account_id, linked.made) == (made.account_id, False)


async def test_the_name_counts_before_the_domain(crm: CrmDoor) -> None:
    name, domain = unique(), f"{new_id().hex}.example"
    await Conversion(crm).account(unique("Of the domain"), email_domain=domain)
    by_name = await Conversion(crm).account(name)
    linked = await Conversion(crm).account(name, email_domain=domain)
    assert linked.account_id == by_name.account_id


async def test_a_linked_account_stays_as_it_was(crm: CrmDoor) -> None:
    name = unique()
    made = await Conversion(crm).account(name)
    before = await crm.account(made.account_id)
    await Conversion(crm).account(name.upper(), email_domain="new.example", phone="1")
    assert await crm.account(made.account_id) == before


async def test_a_named_account_is_linked_whatever_else_matches(crm: CrmDoor) -> None:
    name = unique()
    await Conversion(crm).account(name)
    other = await Conversion(crm).account(unique("Other"))
    linked = await Conversion(crm).account(name, link_id=other.account_id)
    assert (linked.account_id, linked.made) == (other.account_id, False)


async def test_an_account_that_is_not_there_cannot_be_linked(crm: CrmDoor) -> None:
    conversion, missing = Conversion(crm), str(new_id())
    with pytest.raises(LeadlineError) as refused:
        await conversion.account(unique(), link_id=missing)
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, "ACCOUNT_NOT_FOUND")
    # A refused step is no step: it may be asked for again.
    assert (await conversion.account(unique())).made


async def test_a_repeated_step_answers_the_first_outcome_again(crm: CrmDoor) -> None:
    conversion, name = Conversion(crm), unique()
    first = await conversion.account(name)
    other = await Conversion(crm).account(unique("Other"))
    assert await conversion.account(name) == first
    assert await conversion.account(unique("Another"), link_id=other.account_id) == first
    assert (await crm.accounts(name)).total == 1


async def test_an_id_that_is_taken_is_refused(crm: CrmDoor) -> None:
    taken = (await Conversion(crm).account(unique())).account_id
    with pytest.raises(LeadlineError) as refused:
        await Conversion(crm).account(unique(), new_id=taken)
    (violation,) = refused.value.violations
    assert (violation.field, violation.reason) == ("newId", "NOT_UNIQUE")


async def test_a_name_of_nothing_but_legal_forms_is_a_name(crm: CrmDoor) -> None:
    made = await Conversion(crm).account("AG")
    assert (await Conversion(crm).account("a.g.")).account_id == made.account_id
    assert (await Conversion(crm).account("GmbH")).account_id != made.account_id


async def test_names_of_any_length_that_is_allowed_can_be_stored(crm: CrmDoor) -> None:
    # One character whose compatibility form has eighteen.
    made = await Conversion(crm).account("\ufdfa" * 500)
    assert (await Conversion(crm).account("\ufdfa" * 500)).account_id == made.account_id
