"""CopyNotes and RemoveNotes, and the notes of a record as it is read."""

import pytest

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from tests.integration.crm.crm_door import Conversion, CrmDoor, note, unique


async def test_notes_go_to_the_opportunity_before_the_contact_before_the_account(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    on_account, on_contact, on_opportunity = note("account"), note("contact"), note("opportunity")
    await conversion.notes(on_account)
    contact = (await conversion.contact(last_name="Noted")).contact_id
    await conversion.notes(on_contact)
    opportunity = (await conversion.opportunity()).opportunity_id
    await conversion.notes(on_opportunity)
    found = [await crm.account(account), await crm.contact(contact), await crm.opportunity(opportunity)]
    assert [list(each.notes) for each in found if each] == [[on_account], [on_contact], [on_opportunity]]


async def test_a_note_that_is_there_stays_as_it_is(crm: CrmDoor) -> None:
    conversion, first, second = Conversion(crm), note("as it was"), note("more")
    account = (await conversion.account(unique())).account_id
    await conversion.notes(first)
    changed = note("changed", note_id=None)
    changed.id = first.id
    await conversion.notes(changed, second, second)
    found = await crm.account(account)
    assert found is not None
    assert {each.id: each.content for each in found.notes} == {first.id: "as it was", second.id: "more"}


async def test_the_newest_hundred_are_shown_newest_first(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    notes = [note(str(number), seconds=1_700_000_000 + number) for number in range(103)]
    await conversion.notes(*notes[:100])
    await conversion.notes(*notes[100:])
    found = await crm.account(account)
    assert found is not None
    assert [each.content for each in found.notes] == [str(number) for number in range(102, 2, -1)]


async def test_lists_come_without_notes(crm: CrmDoor) -> None:
    conversion, name = Conversion(crm), unique()
    await conversion.account(name)
    await conversion.notes(note())
    (listed,) = (await crm.accounts(name)).accounts
    assert not listed.notes


async def test_removed_notes_are_gone_and_others_stay(crm: CrmDoor) -> None:
    name, first, second = unique(), Conversion(crm), Conversion(crm)
    account = (await first.account(name)).account_id
    await second.account(name)
    kept = note("kept")
    await first.notes(note(), note())
    await second.notes(kept)
    await first.remove_notes()
    await first.remove_notes()
    found = await crm.account(account)
    assert found is not None
    assert list(found.notes) == [kept]


@pytest.mark.parametrize("undo", ["remove_notes", "release_contact", "release_all"])
async def test_a_conversion_that_is_being_undone_takes_no_more_notes(crm: CrmDoor, undo: str) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    await getattr(conversion, undo)()
    with pytest.raises(LeadlineError) as refused:
        await conversion.notes(note())
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.REFUSED, "CONVERSION_CLOSED")
    found = await crm.account(account)
    assert found is None or not found.notes


async def test_a_conversion_that_ensured_nothing_has_no_place_for_notes(crm: CrmDoor) -> None:
    with pytest.raises(LeadlineError) as refused:
        await Conversion(crm).notes(note())
    assert (refused.value.kind, refused.value.reason) == (ErrorKind.NOT_FOUND, "CONVERSION_NOT_FOUND")


async def test_no_notes_are_as_good_as_some(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    await conversion.account(unique())
    await conversion.notes()


async def test_notes_of_any_content_come_back_as_they_were(crm: CrmDoor) -> None:
    conversion = Conversion(crm)
    account = (await conversion.account(unique())).account_id
    content = 'Zeile eins\r\n\tzwei — 三 🚀 %_\\\' "x"' + "y" * 19_000
    await conversion.notes(note(content, note_id=new_id()))
    found = await crm.account(account)
    assert found is not None
    assert found.notes[0].content == content
