"""Pages of what is around a lead: by number, and by cursor without a deep offset."""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from leadline.leads.v1 import timeline_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2, lists_pb2

from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.integration.leads.pushing import open_house

LISTS = {
    "ListActivities": (pb.ListActivitiesRequest, "activities"),
    "ListNotes": (pb.ListNotesRequest, "notes"),
    "ListHistory": (pb.ListHistoryRequest, "entries"),
    "ListStageAssignments": (pb.ListStageAssignmentsRequest, "assignments"),
}


async def page(door: Door, method: str, lead_id: str, **asked: Any) -> tuple[list[str], Any]:
    """The ids of a page, and the whole answer."""
    request, items = LISTS[method]
    answer = await door.ask(getattr(door.timeline_stub, method), request(lead_id=lead_id, **asked))
    return [each.id for each in getattr(answer, items)], answer


async def pages(door: Door, method: str, lead_id: str, limit: int) -> list[list[str]]:
    """All pages by cursor."""
    ids, answer = await page(door, method, lead_id, limit=limit)
    found = [ids]
    while answer.next_cursor:
        ids, answer = await page(door, method, lead_id, limit=limit, cursor=answer.next_cursor)
        found.append(ids)
    return found


@pytest.fixture(scope="module")
async def lead_id(door: Door) -> str:
    """A lead around which seven things of each kind are, some at the same instant."""
    lead = await door.create(last_name="Johnson")
    for number in range(6):
        await door.change_stage(lead.id, door.stage("Contacted" if number % 2 == 0 else "New"))
        await door.add_note(lead.id, f"note {number}")
    await door.add_note(lead.id, "the last note")
    await door.update(lead.id, title="Founder", company="StartupIO", first_name="Alice")
    return lead.id


@pytest.mark.parametrize("method", LISTS)
async def test_pages_by_cursor_are_the_pages_by_number(door: Door, lead_id: str, method: str) -> None:
    whole, answer = await page(door, method, lead_id, limit=100)
    assert answer.next_cursor == ""
    assert len(whole) == answer.total >= 7
    by_cursor = await pages(door, method, lead_id, 3)
    by_number = [(await page(door, method, lead_id, page=number + 1, limit=3))[0] for number in range(len(by_cursor))]
    assert by_cursor == by_number == parts(whole, 3)


def parts(whole: Sequence[str], size: int) -> list[list[str]]:
    return [list(whole[start : start + size]) for start in range(0, len(whole), size)]


async def test_a_page_that_ends_with_the_list_has_no_cursor(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    for number in range(4):
        await door.add_note(lead.id, str(number))
    assert [len(each) for each in await pages(door, "ListNotes", lead.id, 2)] == [2, 2]
    (_, empty) = await page(door, "ListNotes", (await door.create(last_name="Other")).id)
    assert (empty.total, empty.next_cursor) == (0, "")


async def test_what_is_added_meanwhile_shifts_no_page(door: Door) -> None:
    lead = await door.create(last_name="Johnson")
    made = [(await door.add_note(lead.id, str(number))).id for number in range(6)]
    first, answer = await page(door, "ListNotes", lead.id, limit=3)
    await door.add_note(lead.id, "new")
    second, answer = await page(door, "ListNotes", lead.id, limit=3, cursor=answer.next_cursor)
    assert [*first, *second] == made[::-1]
    assert (answer.total, answer.next_cursor) == (7, "")


@pytest.fixture(scope="module")
async def hiding(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[Door]:
    """A door to leads whose e-mail is hidden at the stage Contacted."""
    made = configuration_service_pb2.Configuration.FromString(configuration.SerializeToString())
    contacted = next(each.id for each in made.stages if each.name == "Contacted")
    made.field_visibility.add(stage_id=contacted, fields={"email": lists_pb2.FIELD_ACCESS_HIDDEN})
    async with open_house(create_database("leads_pages_hiding"), made, clock) as house:
        yield house.door


async def test_what_a_stage_hides_leaves_no_gap_in_pages(hiding: Door) -> None:
    door = hiding
    lead = await door.create(last_name="Johnson", email="a@startup.io")
    for number in range(4):
        await door.update(lead.id, email=f"a{number}@startup.io", company=f"Startup {number}")
    await door.change_stage(lead.id, door.stage("Contacted"))
    ids = await pages(door, "ListHistory", lead.id, 2)
    assert [len(each) for each in ids] == [2, 2, 1]
    assert [each.field for each in await door.history(lead.id)] == ["stageId", *["company"] * 4]


WRONG: list[str] = ["abc", "x" * 3000, "é", "====", base64.urlsafe_b64encode(b'["notes", "time"]').decode()]


@pytest.mark.parametrize("cursor", WRONG)
async def test_what_is_no_cursor_is_refused(door: Door, lead_id: str, cursor: str) -> None:
    error = await refusal(page(door, "ListNotes", lead_id, cursor=cursor))
    assert (error.reason, fields_at_fault(error)) == ("VALIDATION_FAILED", {("cursor", "NOT_A_CURSOR")})


async def test_a_cursor_that_was_tampered_with_is_refused_whichever_character_it_is(door: Door, lead_id: str) -> None:
    _, answer = await page(door, "ListNotes", lead_id, limit=2)
    cursor = answer.next_cursor
    for place in range(0, len(cursor), 5):
        other = "A" if cursor[place] != "A" else "B"
        tampered = f"{cursor[:place]}{other}{cursor[place + 1 :]}"
        error = await refusal(page(door, "ListNotes", lead_id, cursor=tampered))
        assert fields_at_fault(error) == {("cursor", "NOT_A_CURSOR")}, place
    for changed in (cursor[:-4], cursor + "AAAA", f" {cursor}", f"{cursor}="):
        assert fields_at_fault(await refusal(page(door, "ListNotes", lead_id, cursor=changed)))


async def test_a_cursor_of_another_lead_or_list_is_refused(door: Door, lead_id: str) -> None:
    _, answer = await page(door, "ListNotes", lead_id, limit=2)
    other = await door.create(last_name="Other")
    leads = await door.find(limit=1)
    for method, of_lead, cursor in (
        ("ListNotes", other.id, answer.next_cursor),
        ("ListActivities", lead_id, answer.next_cursor),
        ("ListNotes", lead_id, leads.next_cursor),
    ):
        error = await refusal(page(door, method, of_lead, cursor=cursor))
        assert fields_at_fault(error) == {("cursor", "NOT_A_CURSOR")}


async def test_a_page_and_a_cursor_do_not_go_together(door: Door, lead_id: str) -> None:
    _, answer = await page(door, "ListNotes", lead_id, limit=2)
    error = await refusal(page(door, "ListNotes", lead_id, cursor=answer.next_cursor, page=2))
    assert fields_at_fault(error) == {("cursor", "NOT_TOGETHER")}


@pytest.mark.parametrize("method", LISTS)
async def test_a_page_of_101_is_refused(door: Door, method: str) -> None:
    error = await refusal(page(door, method, str(new_id()), limit=101))
    assert fields_at_fault(error) == {("limit", "OUT_OF_RANGE")}
