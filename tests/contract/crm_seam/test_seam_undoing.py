"""Undoing: step by step it never fails and leaves nothing behind; all at once it is whole or refused."""

import asyncio
import itertools
from typing import Any

import pytest
from leadline.crm.v1 import conversion_record_service_pb2 as pb

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.contract.crm_seam.servers import SeamDoor
from tests.integration.crm.crm_door import Conversion, document, member, note, sold, unique
from tests.support import tokens

STEPS = ("account", "contact", "opportunity")
COPIES: dict[str, Any] = {"notes": note, "documents": document, "team": member}


async def converted(crm: SeamDoor, name: str, address: str) -> tuple[Conversion, dict[str, str]]:
    """A whole conversion with all that comes over, and the ids of its records."""
    conversion = Conversion(crm)
    account = (await conversion.account(name)).account_id
    contact = (await conversion.contact(email=address, account_id=account)).contact_id
    deal = await conversion.opportunity(account_id=account, contact_id=contact, lines=[sold()])
    for kind, make in COPIES.items():
        await getattr(conversion, kind)(make())
    return conversion, {"account": account, "contact": contact, "opportunity": deal.opportunity_id}


async def left(crm: SeamDoor, made: dict[str, str]) -> dict[str, Any]:
    """The records that are still there, as they are."""
    found = {kind: await getattr(crm, kind)(record_id) for kind, record_id in made.items()}
    return {kind: record for kind, record in found.items() if record}


async def refused_as_closed(call: Any) -> bool:
    with pytest.raises(LeadlineError) as refused:
        await call
    return (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "CONVERSION_CLOSED")


async def why_not(conversion: Conversion) -> set[str]:
    """What undoing it all is refused with; what was said before must be the same."""
    known = {
        f"{pb.RecordKind.Name(each.kind)[12:].lower()}Id:{pb.UndoObstacleReason.Name(each.reason)[21:]}"
        for each in (await conversion.records()).obstacles
    }
    with pytest.raises(LeadlineError) as refused:
        await conversion.undo()
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "RECORDS_CHANGED")
    assert {f"{each.field}:{each.reason}" for each in refused.value.violations} == known
    return known


@pytest.mark.parametrize("order", [*itertools.permutations(STEPS)], ids=" ".join)
async def test_nothing_is_left_in_whatever_order_steps_are_undone_and_how_often(
    crm: SeamDoor, order: tuple[str, ...]
) -> None:
    conversion, made = await converted(crm, unique(), f"{new_id().hex}@x.example")
    for step in order * 2:
        await getattr(conversion, f"release_{step}")()
    assert await left(crm, made) == {}


async def test_undoing_what_was_never_done_is_fine_and_closes_it(crm: SeamDoor) -> None:
    conversion, open_ = Conversion(crm), Conversion(crm)
    await conversion.release_all()
    await conversion.release_all()
    await open_.release_opportunity()
    assert (await open_.account(unique())).made
    for step in (*STEPS, *COPIES):
        assert await refused_as_closed(getattr(conversion, step)())
    assert await refused_as_closed(open_.opportunity())
    assert await refused_as_closed(open_.notes(note()))


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_and_its_undoing_at_once_leave_nothing(crm: SeamDoor, step: str) -> None:
    conversions = [Conversion(crm) for _ in range(8)]
    ids = [str(new_id()) for _ in conversions]
    calls = [
        call
        for each, planned in zip(conversions, ids, strict=True)
        for call in (
            getattr(each, step)(**{"last_name" if step == "contact" else "name": unique()}, new_id=planned),
            getattr(each, f"release_{step}")(),
        )
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {each.reason for each in answers if isinstance(each, LeadlineError)} <= {"CONVERSION_CLOSED"}
    assert not any([await getattr(crm, step)(planned) for planned in ids])


async def test_what_others_use_stays_until_the_last_of_them_lets_go(crm: SeamDoor) -> None:
    name, address = unique(), f"{new_id().hex}@x.example"
    first, made = await converted(crm, name, address)
    second, other = await converted(crm, name, address)
    assert (other["account"], other["contact"]) == (made["account"], made["contact"])
    await first.release_all()
    assert set(await left(crm, made)) == {"account", "contact"}
    assert set(await left(crm, other)) == set(STEPS)
    await second.release_all()
    assert await left(crm, other) == {}


async def test_a_record_stays_while_another_one_refers_to_it(crm: SeamDoor) -> None:
    first, other = Conversion(crm), Conversion(crm)
    made = {"account": (await first.account(unique())).account_id}
    made["contact"] = (await first.contact(last_name="Solo")).contact_id
    later = (await other.contact(last_name="Late", account_id=made["account"])).contact_id
    deal = (await other.opportunity(contact_id=made["contact"])).opportunity_id
    assert await why_not(first) == {"accountId:USED", "contactId:USED"}
    await first.release_all()
    assert set(await left(crm, made)) == {"account", "contact"}
    await other.release_all()
    assert await left(crm, {**made, "opportunity": deal}) == {}
    assert await crm.contact(later) is None


async def test_a_linked_contact_gives_back_the_account_that_it_was_given(crm: SeamDoor) -> None:
    contact, conversion = (await Conversion(crm).contact(last_name="Solo")).contact_id, Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    await conversion.release_all()
    found = await crm.contact(contact)
    assert found is not None
    assert not found.HasField("account_id")
    assert await crm.account(account) is None


@pytest.mark.parametrize("kind", COPIES)
async def test_removed_copies_are_gone_those_of_others_stay_and_no_more_are_taken(crm: SeamDoor, kind: str) -> None:
    name, first, second, kept = unique(), Conversion(crm), Conversion(crm), COPIES[kind]()
    account = (await first.account(name)).account_id
    await second.account(name)
    await getattr(first, kind)(COPIES[kind](), COPIES[kind]())
    await getattr(second, kind)(kept)
    for _ in range(2):
        await getattr(first, f"remove_{kind}")()
    assert await refused_as_closed(getattr(first, kind)(COPIES[kind]()))
    found = await crm.account(account)
    assert list(getattr(found, kind)) == [kept]


async def test_a_whole_conversion_is_undone_at_once_and_may_be_undone_again(crm: SeamDoor) -> None:
    conversion, made = await converted(crm, unique(), f"{new_id().hex}@x.example")
    assert not (await conversion.records()).obstacles
    await conversion.undo()
    await conversion.undo()
    assert await left(crm, made) == {}
    for step in (*STEPS, *COPIES):
        assert await refused_as_closed(getattr(conversion, step)())


async def test_undoing_at_once_leaves_what_was_linked_without_what_came_over(crm: SeamDoor) -> None:
    contact = (await Conversion(crm).contact(last_name="Solo")).contact_id
    deal = (await Conversion(crm).opportunity()).opportunity_id
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await conversion.contact(link_id=contact, account_id=account)
    await conversion.opportunity(link_id=deal)
    for kind, make in COPIES.items():
        await getattr(conversion, kind)(make())
    await conversion.undo()
    found = await left(crm, {"account": account, "contact": contact, "opportunity": deal})
    assert set(found) == {"contact", "opportunity"}
    assert not found["contact"].HasField("account_id")
    assert not any(getattr(found["opportunity"], kind) for kind in COPIES)


async def test_undoing_at_once_is_refused_whole_where_others_use_something(crm: SeamDoor) -> None:
    name, address = unique(), f"{new_id().hex}@x.example"
    first, made = await converted(crm, name, address)
    second, _ = await converted(crm, name, address)
    before = await left(crm, made)
    assert await why_not(first) == {"accountId:USED", "contactId:USED"}
    assert await left(crm, made) == before
    await second.undo()
    await first.undo()
    assert await left(crm, made) == {}


async def test_undoing_at_once_is_refused_whole_where_something_changed(crm: SeamDoor) -> None:
    conversion, other = Conversion(crm), Conversion(crm)
    made = {"contact": (await conversion.contact(last_name="Solo")).contact_id}
    made["opportunity"] = (await conversion.opportunity(contact_id=made["contact"])).opportunity_id
    account = (await other.account(unique())).account_id
    # Another conversion gives the contact an account and takes it back: two versions later.
    await other.contact(link_id=made["contact"], account_id=account)
    await other.release_all()
    before = await left(crm, made)
    assert await why_not(conversion) == {"contactId:CHANGED"}
    assert await left(crm, made) == before
    await conversion.release_all()
    assert await left(crm, made) == {}


async def test_what_a_conversion_came_to_can_be_read(crm: SeamDoor) -> None:
    contact, conversion = await Conversion(crm).contact(last_name="Solo"), Conversion(crm)
    assert await conversion.records() == pb.GetConversionRecordsResponse()
    account = await conversion.account(unique())
    linked = await conversion.contact(link_id=contact.contact_id)
    await conversion.release_contact()
    await conversion.release_opportunity()
    found = {each.kind: each for each in (await conversion.records()).records}
    assert found == {
        pb.RECORD_KIND_ACCOUNT: pb.ConversionRecord(
            kind=pb.RECORD_KIND_ACCOUNT, record_id=account.account_id, made=True, version=account.version
        ),
        pb.RECORD_KIND_CONTACT: pb.ConversionRecord(
            kind=pb.RECORD_KIND_CONTACT, record_id=contact.contact_id, version=linked.version, released=True
        ),
        pb.RECORD_KIND_OPPORTUNITY: pb.ConversionRecord(kind=pb.RECORD_KIND_OPPORTUNITY, released=True),
    }


@pytest.mark.usefixtures("is_ours")
async def test_each_call_checks_the_token_itself(crm: SeamDoor) -> None:
    methods = pb.DESCRIPTOR.services_by_name["ConversionRecordService"].methods
    for method in methods:
        request = getattr(pb, f"{method.name}Request")()
        reads = method.name in {"MatchRecords", "GetConversionRecords"}
        other = "conversion_records:write" if reads else "conversion_records:match"
        for token, kind in ((tokens.token(other), ErrorKind.FORBIDDEN), ("no token", ErrorKind.UNAUTHENTICATED)):
            with pytest.raises(LeadlineError) as refused:
                await crm.ask(getattr(crm.conversions, method.name), request, token)
            assert refused.value.kind is kind, method.name
