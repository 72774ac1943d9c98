"""Lists against an oracle: any filters, any order, any page, however the list is read, at once and while it changes."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from kit.errors import LeadlineError
from leads_service.domain.list_bounds import ListBounds
from leads_service.main import MIGRATIONS
from leads_service.store import lead_counts, lead_list, lead_order, lead_search
from leads_service.store.lead_list import LeadFilter, LeadOrder, Means, Span, list_leads, next_page
from tests.integration.leads import list_oracle
from tests.integration.leads.list_oracle import ORDERS, RANKS, Oracle, made

NOW = utc_now()
COUNT = 240


@pytest.fixture(scope="module")
async def many(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    url = create_database("many_leads")
    migrate(MIGRATIONS, url)
    opened = Database(url, pool_size=6, application="test")
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def oracle(many: Database) -> Oracle:
    chance = list_oracle.chances(7)
    leads = [made(chance, NOW) for _ in range(COUNT)]
    async with many.transaction() as tx:
        await list_oracle.write(tx, leads)
    # Some of the counts are folded and some are not.
    async with many.transaction() as tx:
        assert await lead_counts.fold(tx, COUNT // 3) == COUNT // 3
    return await Oracle.about(leads, many)


@pytest.fixture(params=["gathered", "gone through", "searched one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways to read a list: what is chosen by size is chosen whatever the size."""
    if request.param == "gathered":
        return
    monkeypatch.setattr(lead_list, "_FEW", 0)
    for costs in ("_GATHERING_COSTS", "_GATHERING_COSTS_BY_TEXT"):
        monkeypatch.setattr(lead_list, costs, 10**9)
    if request.param == "searched one by one":
        for module in (lead_list, lead_order, lead_search):
            monkeypatch.setattr(module, "MOST_SORTED", 3)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("seed", range(2))
async def test_any_list_has_the_leads_order_and_total_that_it_must(many: Database, oracle: Oracle, seed: int) -> None:
    chance = list_oracle.chances(seed)
    async with many.reading() as connection:
        for number in range(25):
            which, order = list_oracle.random_filter(chance, NOW), list_oracle.random_order(chance)
            expected = oracle.answer(which, order, NOW)
            limit = chance.randrange(1, 12)
            offset = chance.choice([0, 0, chance.randrange(COUNT), max(0, len(expected) - 5)])
            means = chance.choice([Means(), Means(trigrams=list_oracle.trigrams())])
            page = await list_leads(connection, which, order, Span(limit, offset), now=NOW, means=means)
            said = f"seed {seed}, case {number}: {which}, {order.by}, {order.descending}, {limit} from {offset}"
            assert page.total == len(expected), said
            assert [lead.id for lead in page.leads] == expected[offset : offset + limit], said
            assert (page.end is not None) == (offset + limit < len(expected)), said
            if page.end is not None:
                following = await next_page(connection, which, order, limit, page.end, NOW)
                assert [lead.id for lead in following.leads] == expected[offset + limit : offset + 2 * limit], said


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("by", ORDERS)
async def test_pages_one_after_the_other_are_the_list_in_each_order(many: Database, oracle: Oracle, by: str) -> None:
    for descending in (True, False):
        order = LeadOrder(by, descending, RANKS.get(by))
        expected, found, end = oracle.answer(LeadFilter(), order, NOW), [], None
        async with many.reading() as connection:
            while True:
                page = await next_page(connection, LeadFilter(), order, 90, end, NOW)
                found += [lead.id for lead in page.leads]
                end = page.end
                if end is None:
                    break
        assert found == expected


@pytest.mark.parametrize("by", ORDERS)
async def test_a_search_without_a_total_is_the_same_whether_or_not_the_first_leads_have_it(
    many: Database, oracle: Oracle, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    for module in (lead_list, lead_search):
        monkeypatch.setattr(module, "MOST_SORTED", 3)
    monkeypatch.setattr(lead_list, "_MOST_MET", 30)
    async with many.reading() as connection:
        for search in list_oracle.SEARCHES:
            which, order = LeadFilter(search=search, qualified=False), LeadOrder(by, True, RANKS.get(by))
            expected = oracle.answer(which, order, NOW)
            for offset in (0, 3):
                page = await list_leads(connection, which, order, Span(8, offset), now=NOW, with_total=False)
                assert [lead.id for lead in page.leads] == expected[offset : offset + 8], (search, offset)
                assert (page.end is not None) == (offset + 8 < len(expected)), (search, offset)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("by", ORDERS)
async def test_pages_that_are_read_from_the_end_are_the_same(many: Database, oracle: Oracle, by: str) -> None:
    async with many.reading() as connection:
        for descending in (True, False):
            order = LeadOrder(by, descending, RANKS.get(by))
            expected = oracle.answer(LeadFilter(), order, NOW)
            for offset in (len(expected) - 100, len(expected) - 103):
                page = await list_leads(connection, LeadFilter(), order, Span(100, offset), now=NOW)
                assert [lead.id for lead in page.leads] == expected[offset : offset + 100]


@pytest.mark.parametrize("start", [None, NOW - timedelta(days=40), NOW + timedelta(days=1)])
async def test_a_page_behind_the_end_is_empty_and_still_says_how_many_there_are(
    many: Database, oracle: Oracle, start: datetime | None
) -> None:
    which = LeadFilter(created_from=start)
    total = len(oracle.answer(which, LeadOrder(), NOW))
    async with many.reading() as connection:
        page = await list_leads(connection, which, LeadOrder(), Span(5, 10**8), now=NOW)
    assert (page.leads, page.total, page.end) == ([], total, None)


async def test_a_total_that_nobody_wants_is_not_counted(many: Database, oracle: Oracle) -> None:
    async with many.reading() as connection:
        page = await list_leads(connection, LeadFilter(), LeadOrder(), Span(5), now=NOW, with_total=False)
    assert page.total is None
    assert len(page.leads) == 5
    assert oracle.leads


async def test_a_text_that_is_less_rare_than_was_estimated_is_counted_all_the_same(
    many: Database, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_list, "SOME", 1)
    means = Means(ListBounds(searched=100, depth=COUNT), list_oracle.trigrams())
    which = LeadFilter(search="acme", sources=["event"])
    expected = oracle.answer(which, LeadOrder(), NOW)
    assert len(oracle.answer(LeadFilter(search="acme"), LeadOrder(), NOW)) > 100
    async with many.reading() as connection:
        page = await list_leads(connection, which, LeadOrder(), Span(100), now=NOW, means=means)
        with pytest.raises(LeadlineError) as refused:
            await list_leads(connection, replace(which, sources=()), LeadOrder(), Span(1), now=NOW, means=means)
    assert ([lead.id for lead in page.leads], page.total) == (expected, len(expected))
    assert refused.value.reason == "SEARCH_TOO_BROAD"
