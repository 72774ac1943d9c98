"""Listing leads: every filter, every order, and pages that lose and repeat nothing."""

import asyncio

import pytest

from kit.ids import new_id
from tests.integration.leads.door import Door, refusal
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


async def test_a_cursor_of_another_order_is_refused(door: Door, mark: str) -> None:
    cursor = (await door.find(search=mark, limit=1)).next_cursor
    error = await refusal(door.find(search=mark, limit=1, cursor=cursor, sort_by="score"))
    assert {violation.field for violation in error.violations} == {"cursor"}
