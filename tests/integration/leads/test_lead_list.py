"""Listing leads: every filter, every order, and pages that lose and repeat nothing."""

import asyncio
import base64
from datetime import datetime
from decimal import Decimal

import pytest

from kit.ids import new_id
from kit.paging import Place, cursor_of
from tests.integration.leads.door import Door, fields_at_fault, refusal
from tests.support.tokens import USER_ID

SORTS = (
    "createdAt",
    "updatedAt",
    "firstName",
    "lastName",
    "company",
    "score",
    "estimatedValue",
    "priority",
    "stage",
    "slaDeadline",
)


@pytest.fixture(scope="module")
async def mark(door: Door) -> str:
    """A word in the company of each of this module's leads."""
    mark = f"list{new_id()}"
    owner = str(USER_ID)
    people = [
        {
            "first_name": "Alice",
            "last_name": "Johnson",
            "priority": "high",
            "source": "website",
            "estimated_value": "10",
        },
        {"first_name": "Bob", "last_name": "Jones_100%", "priority": "low", "source": "event", "assigned_to": owner},
        {"last_name": "Alison", "email": f"x@{mark}.io", "priority": "critical", "estimated_value": "9.5"},
        {"first_name": "Zoë", "stage_id": door.stage("Qualified"), "estimated_value": "1000"},
        {"first_name": "alice", "last_name": "smith", "source": "website"},
    ]
    for person in people:
        await door.create(company=f"{mark} Ltd", **person)
    return mark


async def names(door: Door, mark: str, **which: object) -> set[str]:
    page = await door.find(**{"search": mark, **which})
    assert page.total == len(page.leads)
    return {lead.first_name or lead.last_name for lead in page.leads}


async def test_search_is_a_substring_without_case_of_names_email_and_company(door: Door, mark: str) -> None:
    everybody = {"Alice", "Bob", "Alison", "Zoë", "alice"}
    assert await names(door, mark) == everybody
    assert await names(door, mark, search=mark.upper()) == everybody
    assert await names(door, mark, search=f"x@{mark}") == {"Alison"}
    assert {lead.last_name for lead in (await door.find(search="ICE JOHN")).leads} >= {"Johnson"}


async def test_search_does_not_mind_accents(door: Door, mark: str) -> None:
    await door.create(last_name="Åßel Núñez", company=f"{mark} Straße")
    for search in ("assel nunez", "ÅSSEL NÚÑEZ", f"{mark} strasse", f"{mark} straße", "SSEL NÛÑ"):
        assert "Åßel Núñez" in {lead.last_name for lead in (await door.find(search=search)).leads}, search
    await door.delete((await door.find(search=f"{mark} strasse")).leads[0].id)
    assert (await door.find(search=f"{mark} strasse")).total == 0


async def test_what_changes_is_found_by_what_it_is_now(door: Door) -> None:
    lead = await door.create(last_name=f"before{new_id()}")
    after = f"after{new_id()}"
    await door.update(lead.id, last_name=after)
    assert [found.id for found in (await door.find(search=after)).leads] == [lead.id]
    assert (await door.find(search=lead.last_name)).total == 0


async def test_signs_that_mean_something_to_the_database_are_just_text(door: Door, mark: str) -> None:
    assert {lead.first_name for lead in (await door.find(search="s_100%")).leads} == {"Bob"}
    assert (await door.find(search="%%%")).total == 0


async def test_filters_combine_and_several_values_mean_or(door: Door, mark: str) -> None:
    assert await names(door, mark, priorities=["high", "low"]) == {"Alice", "Bob"}
    assert await names(door, mark, sources=["website"], priorities=["medium"]) == {"alice"}
    assert await names(door, mark, stage_ids=[door.stage("Qualified")]) == {"Zoë"}
    assert await names(door, mark, assigned_to=["me"]) == {"Bob"}
    assert await names(door, mark, assigned_to=["none"]) == {"Alice", "Alison", "Zoë", "alice"}
    assert await names(door, mark, assigned_to=["none", str(USER_ID)]) == {"Alice", "Bob", "Alison", "Zoë", "alice"}
    assert await names(door, mark, sla_statuses=["breached", "met"]) == set()
    assert len(await names(door, mark, sla_statuses=["on_track"])) == 5
    assert await names(door, mark, qualified=True) == set()
    assert await names(door, mark, statuses=["LEAD_STATUS_CONVERTED"]) == set()


@pytest.mark.parametrize("sort_by", SORTS)
@pytest.mark.parametrize("sort_dir", ["asc", "desc"])
async def test_pages_and_cursors_show_each_lead_once_in_the_same_order(
    door: Door, mark: str, sort_by: str, sort_dir: str
) -> None:
    which = {"search": mark, "sort_by": sort_by, "sort_dir": sort_dir}
    whole = [lead.id for lead in (await door.find(**which)).leads]
    assert len(set(whole)) == 5
    pages = await asyncio.gather(*(door.find(**which, limit=2, page=page) for page in (1, 2, 3)))
    assert [lead.id for page in pages for lead in page.leads] == whole
    followed, cursor = [], ""
    while True:
        page = await door.find(**which, limit=2, cursor=cursor)
        followed += [lead.id for lead in page.leads]
        assert page.total == 5
        if not page.next_cursor:
            break
        cursor = page.next_cursor
    assert followed == whole


async def test_orders_are_what_their_names_say(door: Door, mark: str) -> None:
    async def order(attribute: str, sort_by: str, sort_dir: str) -> list[str]:
        page = await door.find(search=mark, sort_by=sort_by, sort_dir=sort_dir)
        return [getattr(lead, attribute) for lead in page.leads]

    assert await order("priority", "priority", "desc") == ["critical", "high", "medium", "medium", "low"]
    assert (await order("stage_name", "stage", "desc"))[0] == "Qualified"
    assert await order("estimated_value", "estimatedValue", "asc") == ["9.50", "10.00", "1000.00", "", ""]
    assert (await order("estimated_value", "estimatedValue", "desc"))[:3] == ["1000.00", "10.00", "9.50"]


@pytest.mark.parametrize(
    ("which", "field"),
    [
        ({"limit": 101}, "limit"),
        ({"page": -1}, "page"),
        ({"sort_by": "email"}, "sortBy"),
        ({"sort_dir": "up"}, "sortDir"),
        ({"cursor": "bm90IG9uZQ=="}, "cursor"),
        ({"cursor": "!"}, "cursor"),
        ({"search": "x" * 201}, "search"),
        ({"stage_ids": ["x"]}, "stageId"),
        ({"assigned_to": ["somebody"]}, "assignedTo"),
        ({"sla_statuses": ["late"]}, "slaStatus"),
    ],
)
async def test_what_makes_no_sense_is_refused(door: Door, which: dict[str, object], field: str) -> None:
    error = await refusal(door.find(**which))
    assert error.reason == "VALIDATION_FAILED"
    assert {violation.field for violation in error.violations} == {field}


async def test_a_cursor_that_was_changed_is_refused_and_says_so(door: Door, mark: str) -> None:
    cursor = (await door.find(search=mark, limit=1)).next_cursor
    plain = base64.urlsafe_b64decode(cursor)
    others = {base64.urlsafe_b64encode(plain.replace(b"time", kind)).decode() for kind in (b"plain", b"none", b"date")}
    for changed in (cursor[:-8], cursor[8:], f"{cursor}{cursor}", cursor.swapcase(), "a", *others):
        error = await refusal(door.find(search=mark, limit=1, cursor=changed))
        assert fields_at_fault(error) == {("cursor", "NOT_A_CURSOR")}, changed


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("createdAt", "text"),
        ("createdAt", datetime(2025, 1, 1)),  # noqa: DTZ001 - without a time zone it is none of ours
        ("score", 2**40),
        ("score", Decimal(5)),
        ("company", "a\x00b"),
        ("company", 5),
        ("estimatedValue", True),
        ("stage", "New"),
    ],
)
async def test_a_cursor_whose_key_fits_no_lead_of_the_order_is_refused(door: Door, by: str, key: object) -> None:
    cursor = cursor_of(Place(key, new_id()), f"{by} desc")
    error = await refusal(door.find(sort_by=by, cursor=cursor))
    assert fields_at_fault(error) == {("cursor", "NOT_A_CURSOR")}


async def test_a_list_that_is_followed_shows_each_lead_once_while_others_come_in(door: Door) -> None:
    mark = f"follow{new_id()}"
    before = [(await door.create(company=mark, last_name=f"{place:02}")).id for place in range(12)]
    stop = asyncio.Event()

    async def create() -> None:
        while not stop.is_set():
            await door.create(company=mark, last_name="new")

    for sort_by, sort_dir in (("createdAt", "asc"), ("createdAt", "desc"), ("lastName", "desc"), ("updatedAt", "asc")):
        creating = asyncio.create_task(create())
        followed: list[str] = []
        cursor = ""
        for _ in range(6):
            page = await door.find(search=mark, sort_by=sort_by, sort_dir=sort_dir, limit=4, cursor=cursor)
            followed += [lead.id for lead in page.leads]
            cursor = page.next_cursor
            if not cursor:
                break
        stop.set()
        await creating
        stop.clear()
        assert len(set(followed)) == len(followed)
        if (sort_by, sort_dir) in {("createdAt", "asc"), ("updatedAt", "asc")}:
            assert set(before) <= set(followed[: len(before)])


async def test_a_total_is_left_out_where_it_is_not_wanted(door: Door, mark: str) -> None:
    page = await door.find(search=mark, limit=1, without_total=True)
    assert (page.total, len(page.leads), page.next_cursor != "") == (0, 1, True)


async def test_a_cursor_of_another_order_is_refused(door: Door, mark: str) -> None:
    cursor = (await door.find(search=mark, limit=1)).next_cursor
    error = await refusal(door.find(search=mark, limit=1, cursor=cursor, sort_by="score"))
    assert {violation.field for violation in error.violations} == {"cursor"}
