"""UndoConversion: all of a conversion that had come to its end is undone, or nothing of it and the reason is said."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from leadline.crm.v1 import conversion_record_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, document, member, note, sold, unique

CHANGE = {
    "account": "UPDATE accounts SET phone = '1', version = version + 1 WHERE id = %s",
    "contact": "UPDATE contacts SET title = 'Head', version = version + 1 WHERE id = %s",
    "opportunity": "UPDATE opportunities SET value = 1, version = version + 1 WHERE id = %s",
}
KINDS = {
    pb.RECORD_KIND_ACCOUNT: "account",
    pb.RECORD_KIND_CONTACT: "contact",
    pb.RECORD_KIND_OPPORTUNITY: "opportunity",
}
REASONS = {pb.UNDO_OBSTACLE_REASON_CHANGED: "CHANGED", pb.UNDO_OBSTACLE_REASON_USED: "USED"}


async def converted(door: CrmDoor, name: str | None = None, **contact: str) -> tuple[Conversion, dict[str, str]]:
    """A whole conversion with all that comes over, and the ids of its records."""
    conversion = Conversion(door)
    account = (await conversion.account(name or unique())).account_id
    person = (await conversion.contact(account_id=account, **{"last_name": "Made", **contact})).contact_id
    deal = await conversion.opportunity(account_id=account, contact_id=person, lines=[sold()])
    await conversion.notes(note())
    await conversion.documents(document())
    await conversion.team(member())
    return conversion, {"account": account, "contact": person, "opportunity": deal.opportunity_id}


async def there(door: CrmDoor, made: dict[str, str]) -> dict[str, Any]:
    """The records that are still there, as they are."""
    found = {kind: await getattr(door, kind)(record_id) for kind, record_id in made.items()}
    return {kind: record for kind, record in found.items() if record}


async def obstacles(conversion: Conversion) -> set[str]:
    """What the conversion's records say that stands in the way."""
    found = (await conversion.records()).obstacles
    return {f"{KINDS[each.kind]}Id:{REASONS[each.reason]}" for each in found}


async def refusal(conversion: Conversion) -> set[str]:
    """The fields and reasons that undoing is refused with."""
    with pytest.raises(LeadlineError) as refused:
        await conversion.undo()
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "RECORDS_CHANGED")
    return {f"{each.field}:{each.reason}" for each in refused.value.violations}


async def test_everything_that_it_made_goes_at_once_and_may_be_asked_for_again(crm: CrmDoor) -> None:
    conversion, made = await converted(crm)
    assert await obstacles(conversion) == set()
    await conversion.undo()
    assert await there(crm, made) == {}
    await conversion.undo()
    await conversion.release_all()
    for step in ("account", "contact", "opportunity", "notes", "documents", "team"):
        with pytest.raises(LeadlineError) as refused:
            await getattr(conversion, step)()
        assert refused.value.reason == "CONVERSION_CLOSED"


async def test_an_undoing_that_comes_first_closes_the_conversion(crm: CrmDoor) -> None:
    conversion, name = Conversion(crm), unique()
    assert await conversion.records() == pb.GetConversionRecordsResponse()
    await conversion.undo()
    with pytest.raises(LeadlineError) as refused:
        await conversion.account(name)
    assert refused.value.reason == "CONVERSION_CLOSED"
    assert (await crm.accounts(name)).total == 0


@pytest.mark.parametrize("kind", CHANGE)
async def test_nothing_goes_where_something_was_changed(crm: CrmDoor, crm_sql: Callable[..., None], kind: str) -> None:
    conversion, made = await converted(crm)
    crm_sql(CHANGE[kind], made[kind])
    before = await there(crm, made)
    assert await obstacles(conversion) == await refusal(conversion) == {f"{kind}Id:CHANGED"}
    assert await there(crm, made) == before
    # A refused undoing is none: the conversion may still be released step by step.
    await conversion.release_all()
    assert await there(crm, made) == {}


async def test_a_stage_that_was_moved_is_a_change(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    stage, pipeline = str(new_id()), str(new_id())
    await conversion.opportunity(stage_id=stage)
    await crm.move(str(new_id()), (stage, pipeline, str(new_id())))
    assert await refusal(conversion) == {"opportunityId:CHANGED"}


async def test_nothing_goes_where_another_conversion_uses_something(crm: CrmDoor) -> None:
    name, address = unique(), f"{new_id().hex}@x.example"
    first, made = await converted(crm, name, email=address)
    second, other = await converted(crm, name, email=address)
    assert (other["account"], other["contact"]) == (made["account"], made["contact"])
    before = await there(crm, made)
    assert await obstacles(first) == await refusal(first) == {"accountId:USED", "contactId:USED"}
    assert await there(crm, made) == before
    # The second one made only its opportunity: that one goes, and what it linked stays.
    await second.undo()
    assert await there(crm, other) == {kind: before[kind] for kind in ("account", "contact")}
    await first.undo()
    assert await there(crm, made) == {}


@pytest.mark.parametrize("kind", ["contact", "opportunity"])
async def test_nothing_goes_where_a_record_of_somebody_else_refers_to_it(
    crm: CrmDoor, crm_sql: Callable[..., None], kind: str
) -> None:
    conversion, made = await converted(crm)
    if kind == "contact":
        crm_sql("INSERT INTO contacts (id, account_id) VALUES (%s, %s)", str(new_id()), made["account"])
    else:
        statement = """INSERT INTO opportunities (id, name, contact_id, pipeline_id, stage_id, currency)
                       VALUES (%s, 'Other', %s, %s, %s, 'EUR')"""
        crm_sql(statement, *(str(new_id()), made["contact"], str(new_id()), str(new_id())))
    used = {"contact": "accountId:USED", "opportunity": "contactId:USED"}[kind]
    assert await obstacles(conversion) == await refusal(conversion) == {used}
    assert set(await there(crm, made)) == set(made)


async def test_what_was_linked_stays_and_gives_back_what_it_was_given(crm: CrmDoor) -> None:
    contact = (await Conversion(crm).contact(last_name="Solo")).contact_id
    deal = (await Conversion(crm).opportunity()).opportunity_id
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    await conversion.opportunity(link_id=deal)
    await conversion.notes(note())
    await conversion.documents(document())
    await conversion.team(member())
    assert await obstacles(conversion) == set()
    await conversion.undo()
    left = await there(crm, {"account": account, "contact": contact, "opportunity": deal})
    assert set(left) == {"contact", "opportunity"}
    assert not left["contact"].HasField("account_id")
    assert not any((left["opportunity"].notes, left["opportunity"].documents, left["opportunity"].team))


async def test_a_linked_contact_that_changed_keeps_the_account_that_would_go(
    crm: CrmDoor, crm_sql: Callable[..., None]
) -> None:
    contact, conversion = (await Conversion(crm).contact(last_name="Solo")).contact_id, Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    crm_sql(CHANGE["contact"], contact)
    assert await obstacles(conversion) == await refusal(conversion) == {"accountId:USED"}


async def test_a_linked_contact_that_another_conversion_uses_keeps_the_account_that_would_go(crm: CrmDoor) -> None:
    contact, conversion = (await Conversion(crm).contact(last_name="Solo")).contact_id, Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    await Conversion(crm).contact(link_id=contact)
    assert await refusal(conversion) == {"accountId:USED"}
    found = await crm.contact(contact)
    assert found is not None
    assert found.account_id == account


async def test_the_records_of_a_conversion_say_what_was_made_linked_and_undone(crm: CrmDoor) -> None:
    contact, conversion = (await Conversion(crm).contact(last_name="Solo")).contact_id, Conversion(crm)
    account = await conversion.account(unique())
    linked = await conversion.contact(link_id=contact, account_id=account.account_id)
    assert (account.version, linked.version) == (1, 2)
    assert await conversion.contact(link_id=contact) == linked
    await conversion.release_opportunity()
    found = await conversion.records()
    assert list(found.records) == [
        pb.ConversionRecord(kind=pb.RECORD_KIND_ACCOUNT, record_id=account.account_id, made=True, version=1),
        pb.ConversionRecord(kind=pb.RECORD_KIND_CONTACT, record_id=contact, version=2),
        pb.ConversionRecord(kind=pb.RECORD_KIND_OPPORTUNITY, released=True),
    ]


async def test_steps_that_the_version_before_did_can_be_undone_too(crm: CrmDoor, crm_sql: Callable[..., None]) -> None:
    conversion, made = await converted(crm)
    crm_sql("UPDATE conversion_records SET record_version = NULL WHERE conversion_id = %s", conversion.id)
    await conversion.undo()
    assert await there(crm, made) == {}


async def test_of_twenty_undoings_and_conversions_at_once_each_is_whole(crm: CrmDoor) -> None:
    name, address = unique(), f"{new_id().hex}@x.example"
    conversions = [Conversion(crm) for _ in range(10)]
    first, _ = await converted(crm, name, email=address)

    async def convert(conversion: Conversion) -> None:
        account = (await conversion.account(name)).account_id
        person = (await conversion.contact(email=address, account_id=account)).contact_id
        await conversion.opportunity(name=name, account_id=account, contact_id=person)

    answers = await asyncio.gather(
        *(call for each in conversions for call in (convert(each), first.undo())), return_exceptions=True
    )
    refused = [each for each in answers if isinstance(each, BaseException)]
    assert {each.reason for each in refused if isinstance(each, LeadlineError)} <= {"RECORDS_CHANGED"}
    assert all(isinstance(each, LeadlineError) for each in refused)
    (account,) = (await crm.accounts(name)).accounts
    (contact,) = (await crm.contacts(address)).contacts
    deals = (await crm.opportunities(name, limit=100)).opportunities
    assert len(deals) == 10
    assert {(each.account_id, each.contact_id) for each in deals} == {(account.id, contact.id)}
