"""Steps: each is done once, whoever asks how often, and links what matches before it makes anything."""

import asyncio
from typing import Any

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.contract.crm_seam.servers import SeamDoor, SeamServer
from tests.integration.crm.crm_door import (
    LEAD,
    OWNER,
    PIPELINE,
    STAGE,
    Conversion,
    document,
    member,
    note,
    sold,
    unique,
)


def email() -> str:
    return f"Ann.{new_id().hex}@Acme.example"


async def refusal(call: Any) -> tuple[ErrorKind, str]:
    """The kind and the reason that a call is refused with."""
    with pytest.raises(LeadlineError) as refused:
        await call
    return refused.value.kind, refused.value.reason


async def test_an_account_is_made_under_the_planned_id_with_all_its_fields(crm: SeamDoor) -> None:
    conversion, planned, name = Conversion(crm), str(new_id()), unique()
    made = await conversion.account(
        name, new_id=planned, email_domain="ACME.example", phone="+49 30 1", custom_fields='{"tier":"gold"}'
    )
    assert (made.account_id, made.made, made.version) == (planned, True, 1)
    account = await crm.account(planned)
    assert account is not None
    assert (account.name, account.email_domain, account.phone) == (name, "acme.example", "+49 30 1")
    assert (account.owner_id, account.lead_id, account.version) == (OWNER, conversion.lead_id, 1)
    assert account.custom_fields.replace(" ", "") == '{"tier":"gold"}'
    assert account.HasField("created_at")


@pytest.mark.parametrize(
    ("first", "second"), [("Müller & Söhne {} GmbH", "MÜLLER, SÖHNE {}"), ("A.B. {} Inc.", "AB {}")]
)
async def test_one_company_has_one_account_whatever_case_punctuation_and_legal_form(
    crm: SeamDoor, first: str, second: str
) -> None:
    tail = new_id().hex
    made = await Conversion(crm).account(first.format(tail))
    linked = await Conversion(crm).account(second.format(tail))
    assert (linked.account_id, linked.made) == (made.account_id, False)


async def test_an_account_matches_by_name_before_domain(crm: SeamDoor) -> None:
    name, domain = unique(), f"{new_id().hex}.example"
    of_domain = await Conversion(crm).account(unique("Other"), email_domain=domain)
    of_name = await Conversion(crm).account(name)
    assert (await Conversion(crm).account(name, email_domain=domain)).account_id == of_name.account_id
    assert (await Conversion(crm).account(unique(), email_domain=domain.upper())).account_id == of_domain.account_id


async def test_namesakes_without_a_company_are_other_people(crm: SeamDoor) -> None:
    name, tail = unique("Pat Smith"), new_id().hex
    first = await Conversion(crm).account(name, is_person=True, person_email=f"one{tail}@gmail.com")
    other = await Conversion(crm).account(name, is_person=True, person_email=f"two{tail}@gmail.com")
    company = await Conversion(crm).account(name)
    again = await Conversion(crm).account("Somebody", is_person=True, person_email=f"ONE{tail}@gmail.com")
    assert len({first.account_id, other.account_id, company.account_id}) == 3
    assert (again.account_id, again.made) == (first.account_id, False)


async def test_a_contact_matches_by_email_at_the_account_or_at_none_and_gets_the_account(crm: SeamDoor) -> None:
    address = email()
    here, there = [(await Conversion(crm).account(unique())).account_id for _ in range(2)]
    elsewhere = await Conversion(crm).contact(email=address, account_id=there)
    made = await Conversion(crm).contact(email=address, account_id=here)
    assert made.made
    assert (await Conversion(crm).contact(email=address.upper(), account_id=here)).contact_id == made.contact_id
    assert (await Conversion(crm).contact(email=address)).contact_id == elsewhere.contact_id
    lone = await Conversion(crm).contact(last_name="Solo")
    given = await Conversion(crm).contact(link_id=lone.contact_id, account_id=here)
    assert (given.contact_id, given.made, given.version) == (lone.contact_id, False, lone.version + 1)
    contact = await crm.contact(lone.contact_id)
    assert contact is not None
    assert (contact.account_id, contact.version) == (here, given.version)
    assert (await crm.contact(made.contact_id)).email == address  # type: ignore[union-attr]


async def test_an_opportunity_is_made_with_its_lines(crm: SeamDoor) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    contact = (await conversion.contact(last_name="Buyer", account_id=account)).contact_id
    lines = [sold("2", "10.00"), sold("2.5", "9999999999999.10", "12.5")]
    made = await conversion.opportunity(
        account_id=account, contact_id=contact, value="50000", lines=lines, custom_fields='{"a":1}'
    )
    deal = await crm.opportunity(made.opportunity_id)
    assert deal is not None
    assert (deal.account_id, deal.contact_id, deal.pipeline_id, deal.stage_id) == (account, contact, PIPELINE, STAGE)
    assert (deal.value, deal.currency, deal.version, made.version) == ("50000.00", "EUR", 1, 1)
    assert [(line.id, line.total) for line in deal.lines] == [
        (lines[0].id, "20.00"),
        (lines[1].id, "21874999999998.03"),
    ]
    assert deal.custom_fields.replace(" ", "") == '{"a":1}'


async def test_what_is_linked_stays_as_it_is(crm: SeamDoor) -> None:
    name = unique()
    account = (await Conversion(crm).account(name)).account_id
    deal = (await Conversion(crm).opportunity()).opportunity_id
    before = [await crm.account(account), await crm.opportunity(deal)]
    linked = Conversion(crm)
    assert not (await linked.account(name.upper(), phone="1", custom_fields='{"a":1}')).made
    assert not (await linked.opportunity(link_id=deal, name="Other", lines=[sold()])).made
    assert [await crm.account(account), await crm.opportunity(deal)] == before


@pytest.mark.parametrize("step", ["account", "contact", "opportunity"])
async def test_a_step_that_comes_again_answers_the_first_outcome(crm: SeamDoor, step: str) -> None:
    conversion, other = Conversion(crm), Conversion(crm)
    name = {"last_name": unique()} if step == "contact" else {"name": unique()}
    first = await getattr(conversion, step)(**name)
    linked = await getattr(other, step)(link_id=getattr(first, f"{step}_id"))
    assert first.made
    assert not linked.made
    assert await getattr(conversion, step)(**{key: unique() for key in name}) == first
    assert await getattr(conversion, step)(link_id=str(new_id())) == first
    assert await getattr(other, step)(**name) == linked


async def test_what_a_step_refers_to_must_be_there_and_a_refused_step_is_none(crm: SeamDoor) -> None:
    conversion, missing = Conversion(crm), str(new_id())
    for call, reason in (
        (conversion.account(unique(), link_id=missing), "ACCOUNT_NOT_FOUND"),
        (conversion.contact(link_id=missing), "CONTACT_NOT_FOUND"),
        (conversion.contact(last_name="A", account_id=missing), "ACCOUNT_NOT_FOUND"),
        (conversion.opportunity(link_id=missing), "OPPORTUNITY_NOT_FOUND"),
        (conversion.opportunity(contact_id=missing), "CONTACT_NOT_FOUND"),
        (conversion.opportunity(account_id=missing), "ACCOUNT_NOT_FOUND"),
        (conversion.notes(note()), "CONVERSION_NOT_FOUND"),
        (conversion.documents(document()), "CONVERSION_NOT_FOUND"),
        (conversion.team(member()), "CONVERSION_NOT_FOUND"),
    ):
        assert await refusal(call) == (ErrorKind.NOT_FOUND, reason)
    assert (await conversion.account(unique())).made
    assert (await conversion.contact(last_name="A")).made
    assert (await conversion.opportunity()).made


async def test_a_named_contact_of_another_account_is_refused(crm: SeamDoor) -> None:
    here, there = [(await Conversion(crm).account(unique())).account_id for _ in range(2)]
    contact = (await Conversion(crm).contact(last_name="Busy", account_id=there)).contact_id
    with pytest.raises(LeadlineError) as refused:
        await Conversion(crm).contact(link_id=contact, account_id=here)
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "CONTACT_OF_ANOTHER_ACCOUNT")
    assert refused.value.metadata["accountId"] == there


async def test_values_that_cannot_be_are_refused(crm: SeamDoor) -> None:
    taken, nameless = (await Conversion(crm).account(unique())).account_id, Conversion(crm)
    nameless.id = ""
    for call in (Conversion(crm).account(unique(), new_id=taken), nameless.account(unique()), nameless.undo()):
        assert await refusal(call) == (ErrorKind.INVALID, "VALIDATION_FAILED")


async def test_conversions_at_once_make_one_account_one_contact_and_a_deal_each(crm: SeamDoor) -> None:
    name, address = unique(), email()
    conversions = [Conversion(crm) for _ in range(10)]

    async def convert(conversion: Conversion) -> tuple[str, str, str]:
        account = (await conversion.account(name)).account_id
        contact = (await conversion.contact(email=address, account_id=account)).contact_id
        deal = await conversion.opportunity(account_id=account, contact_id=contact)
        return account, contact, deal.opportunity_id

    # Each twice: an attempt that was given up may still be on its way.
    made = await asyncio.gather(*(convert(each) for each in conversions * 2))
    assert made[:10] == made[10:]
    assert [len(set(ids)) for ids in zip(*made, strict=True)] == [1, 1, 10]


async def test_copies_go_to_the_deal_once_each_as_they_are(crm: SeamDoor) -> None:
    conversion, other = Conversion(crm), Conversion(crm)
    account = (await conversion.account(unique())).account_id
    deal = (await conversion.opportunity()).opportunity_id
    notes, documents, team = [note("one"), note("two\nlines")], [document(), document("b.txt")], [member(), member()]
    for _ in range(2):
        await conversion.notes(*notes)
        await conversion.documents(*documents)
        await conversion.team(*team)
    changed = note("changed")
    changed.id = notes[0].id
    await conversion.notes(changed)
    found = await crm.opportunity(deal)
    assert found is not None
    for kept, copied in ((found.notes, notes), (found.documents, documents), (found.team, team)):
        assert sorted(map(str, kept)) == sorted(map(str, copied))
    assert found.documents[0].lead_id == LEAD
    untouched = await crm.account(account)
    assert untouched is not None
    assert not untouched.notes
    linked = (await other.account("x", link_id=account)).account_id
    await other.team(member(team[0].user_id))
    assert [each.user_id for each in (await crm.account(linked)).team] == [team[0].user_id]  # type: ignore[union-attr]


async def test_what_a_lead_would_find_is_answered_without_a_change(crm: SeamDoor) -> None:
    name, address, phone = unique(), email(), f"+49{new_id().int % 10**12:012}"
    assert not (await crm.match(company=name, email=address)).HasField("account_by_company")
    account = (await Conversion(crm).account(name)).account_id
    elsewhere = (await Conversion(crm).contact(email=address)).contact_id
    contact = await Conversion(crm).contact(last_name="Phone", phone_e164=phone, account_id=account)
    deal = (await Conversion(crm).opportunity()).opportunity_id
    found = await crm.match(
        company=f"{name.upper()}, Ltd.",
        email=address.lower(),
        phone_e164=phone,
        account_id=account,
        contact_id=elsewhere,
        opportunity_id=deal,
    )
    assert (found.account_by_company.id, found.contact_by_email.id) == (account, elsewhere)
    assert [each.id for each in found.accounts_by_company] == [account]
    assert [each.id for each in found.contacts_by_email] == [elsewhere]
    assert [each.id for each in found.contacts_by_phone] == [contact.contact_id]
    assert (found.account.id, found.contact.id, found.opportunity.id) == (account, elsewhere, deal)
    unknown = await crm.match(account_id=deal, contact_id=account, opportunity_id=elsewhere)
    assert not any(unknown.HasField(field) for field in ("account", "contact", "opportunity"))
    assert (await Conversion(crm).contact(email=address)).contact_id == elsewhere


@pytest.mark.usefixtures("is_ours")
async def test_steps_and_tombstones_outlive_the_process(server: SeamServer) -> None:
    done, undone, name = Conversion(server.door), Conversion(server.door), unique()
    first = await done.account(name)
    await undone.release_opportunity()
    await server.close()
    await server.open()
    for conversion in (done, undone):
        conversion._door, conversion._stub = server.door, server.door.conversions
    assert await done.account(unique("Other")) == first
    assert await refusal(undone.opportunity()) == (ErrorKind.REFUSED, "CONVERSION_CLOSED")
