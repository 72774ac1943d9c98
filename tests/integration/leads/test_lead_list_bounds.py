"""What of lists is refused because very many leads would be looked at, and that nothing else is."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from leadline.leads.v1 import lead_service_pb2
from leadline.settings.v1 import configuration_service_pb2

from kit.db.migrations import migrate
from kit.errors import ErrorKind
from kit.rpc.calls import is_serving, open_channel
from leads_service import main as leads_main
from tests.integration.leads.conftest import TestClock, leads_settings
from tests.integration.leads.door import Door, refusal
from tests.support.tokens import token
from tests.support.waiting import eventually

SEARCHED = 6
DEPTH = 4
EXPORTER = token("leads:export")


Bounded = Callable[..., AbstractAsyncContextManager[Door]]


@pytest.fixture(scope="module")
def bounded(
    create_database: Callable[[str], str],
    settings_address: str,
    clock: TestClock,
    configuration: configuration_service_pb2.Configuration,
) -> Bounded:
    """Opens a door to a leads service of its own with these bounds."""

    @asynccontextmanager
    async def open_door(name: str, **bounds: int) -> AsyncIterator[Door]:
        url = create_database(name)
        migrate(leads_main.MIGRATIONS, url)
        settings = leads_settings(url, settings_address).model_copy(update=bounds)
        async with leads_main.leads_server(settings, clock) as server, open_channel(await server.start()) as channel:
            await eventually(lambda: is_serving(channel))
            yield Door(channel, configuration)
            await server.stop()

    return open_door


@pytest.fixture(scope="module")
async def few(bounded: Bounded) -> AsyncIterator[Door]:
    """A door to a leads service that looks at six leads for a search.

    It has six of website, nine of event, and so many others that it does not look at all texts.
    """
    async with bounded("bounded_leads", search_leads_max=SEARCHED, page_depth_max=DEPTH) as door:
        for number in range(SEARCHED):
            await door.create(company="Ample", source="website", first_name="Zoë" if number else "Eve")
        for _ in range(SEARCHED + 1):
            await door.create(company="Plenty", source="event")
        for name in ("Ab", "Abra"):
            await door.create(last_name=name, source="event")
        for _ in range(10 * SEARCHED):
            await door.create(last_name="Tock", source="other")
        yield door


async def test_a_text_that_as_many_leads_have_as_are_looked_at_is_counted_and_one_more_is_refused(few: Door) -> None:
    page = await few.find(search="ample", limit=2)
    assert (page.total, len(page.leads)) == (SEARCHED, 2)
    error = await refusal(few.find(search="plenty", limit=2))
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "SEARCH_TOO_BROAD")
    assert [(each.field, each.reason) for each in error.violations] == [("search", "SEARCH_TOO_BROAD")]
    assert "More than 6 leads" in error.message


async def test_one_lead_fewer_and_the_text_is_counted(few: Door) -> None:
    gone = (await few.find(search="plenty", limit=1, without_total=True)).leads[0].id
    await few.delete(gone)
    assert (await few.find(search="plenty")).total == SEARCHED
    await few.ask(few.lead_stub.RestoreLead, lead_service_pb2.RestoreLeadRequest(lead_id=gone))
    assert (await refusal(few.find(search="plenty"))).reason == "SEARCH_TOO_BROAD"


async def test_any_text_is_counted_in_ten_times_as_many_leads_as_are_looked_at_otherwise(bounded: Bounded) -> None:
    async with bounded("all_searched", search_leads_max=1) as door:
        for _ in range(10):
            await door.create(company="Plenty")
        for search in ("plenty", "pl", "%"):
            page = await door.find(search=search, limit=3)
            assert (page.total, len(page.leads)) == ((0, 0) if search == "%" else (10, 3))
        await door.create(company="Plenty")
        assert (await refusal(door.find(search="plenty"))).reason == "SEARCH_TOO_BROAD"
        assert (await refusal(door.find(search="pl"))).reason == "SEARCH_TOO_SHORT"


async def test_a_text_that_some_leads_of_very_many_have_is_told_from_one_that_most_have(bounded: Bounded) -> None:
    async with bounded("one_searched", search_leads_max=1) as door:
        for _ in range(11):
            await door.create(company="Plenty")
        rare = await door.create(company="Single")
        assert (await refusal(door.find(search="plenty"))).reason == "SEARCH_TOO_BROAD"
        page = await door.find(search="single")
        assert (page.total, [each.id for each in page.leads]) == (1, [rare.id])


async def test_one_or_two_letters_are_refused_where_the_filters_leave_more_leads_than_are_looked_at(few: Door) -> None:
    for search in ("pl", "a", "%", "a-b c", "  e "):
        error = await refusal(few.find(search=search))
        assert (error.kind, error.reason) == (ErrorKind.INVALID, "SEARCH_TOO_SHORT"), search
        assert [(each.field, each.reason) for each in error.violations] == [("search", "SEARCH_TOO_SHORT")]
    assert (await refusal(few.find(search="pl", sources=["event"]))).reason == "SEARCH_TOO_SHORT"


@pytest.mark.parametrize("search", ["pl", "e", "ample", "zoe", "am"])
async def test_any_text_is_counted_where_the_filters_leave_as_many_leads_as_are_looked_at(
    few: Door, search: str
) -> None:
    everybody = (await few.find(sources=["website"])).leads
    assert len(everybody) == SEARCHED
    expected = {
        lead.id for lead in everybody if search in f"{lead.first_name} {lead.company}".lower().replace("ë", "e")
    }
    page = await few.find(search=search, sources=["website"])
    assert ({lead.id for lead in page.leads}, page.total) == (expected, len(expected))
    assert expected


async def test_a_broad_text_in_few_leads_is_counted_and_a_narrow_one_in_many(few: Door) -> None:
    assert (await few.find(search="plenty", sources=["website"])).total == 0
    assert (await few.find(search="abra", sources=["event"])).total == 1
    assert (await few.find(search="ample", sources=["event", "website"])).total == SEARCHED


@pytest.mark.parametrize(("search", "expected"), [("plenty", 7), ("pl", 13), ("a", 8), ("ample", 6)])
async def test_without_a_total_every_text_is_answered_page_by_page(few: Door, search: str, expected: int) -> None:
    found, cursor = list[str](), ""
    while True:
        page = await few.find(search=search, without_total=True, limit=2, cursor=cursor)
        assert page.total == 0
        found += [lead.id for lead in page.leads]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(found) == len(set(found)) == expected


async def test_an_export_has_all_leads_that_have_a_broad_text(few: Door) -> None:
    request = lead_service_pb2.ExportLeadsRequest(listing=lead_service_pb2.ListLeadsRequest(search="pl"))
    metadata = (("authorization", f"Bearer {EXPORTER}"),)
    parts = [part.csv async for part in few.lead_stub.ExportLeads(request, metadata=metadata)]
    assert b"".join(parts).count(b"\r\n") == 1 + 13


@pytest.mark.parametrize(
    ("page", "is_refused"), [(1, False), (5, False), (6, True), (11, True), (12, False), (15, False), (16, False)]
)
async def test_a_page_that_begins_too_far_from_both_ends_is_refused(few: Door, page: int, is_refused: bool) -> None:
    if not is_refused:
        assert (await few.find(page=page, limit=1, sources=["website", "event"])).total == 15
        return
    error = await refusal(few.find(page=page, limit=1, sources=["website", "event"]))
    assert (error.kind, error.reason) == (ErrorKind.INVALID, "PAGE_TOO_DEEP")
    assert [(each.field, each.reason) for each in error.violations] == [("page", "PAGE_TOO_DEEP")]


@pytest.mark.parametrize(("page", "is_refused"), [(1, False), (5, False), (6, True)])
async def test_so_is_one_of_a_search_without_a_total_that_begins_too_far_from_the_first_end(
    few: Door, page: int, is_refused: bool
) -> None:
    asked = few.find(search="pl", without_total=True, page=page, limit=1)
    if is_refused:
        assert (await refusal(asked)).reason == "PAGE_TOO_DEEP"
    else:
        assert len((await asked).leads) == 1


async def test_cursors_go_past_where_pages_by_number_do_not(few: Door) -> None:
    whole = [lead.id for lead in (await few.find(limit=100)).leads]
    followed, cursor = list[str](), ""
    while cursor or not followed:
        page = await few.find(limit=1, cursor=cursor)
        followed += [lead.id for lead in page.leads]
        cursor = page.next_cursor
    assert followed == whole


@pytest.mark.parametrize("which", [{"search": "plenty"}, {"search": "pl"}, {"page": 6, "limit": 1}])
async def test_what_is_refused_changes_nothing(few: Door, which: dict[str, Any]) -> None:
    before = await few.find(limit=100)
    await refusal(few.find(**which))
    assert await few.find(limit=100) == before
