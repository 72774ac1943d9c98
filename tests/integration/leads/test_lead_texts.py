"""What lists are filtered and ordered by is beside the searched texts as it is in the leads, whatever changes."""

import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from leads_service.domain.lead import Lead
from leads_service.main import MIGRATIONS
from leads_service.store.lead_order import LeadOrder
from leads_service.store.rows import row_of_lead
from leads_service.store.tables import LEAD_TEXTS, LEADS
from tests.integration.leads import list_oracle

NOW = utc_now()
KEPT = [column.name for column in LEAD_TEXTS.c if column.name not in {"lead_id", "search_text"}]
FOLDED = sa.func.leads_folded(
    sa.func.coalesce(LEADS.c.first_name, "")
    + " "
    + sa.func.coalesce(LEADS.c.last_name, "")
    + "\n"
    + sa.func.coalesce(LEADS.c.email, "")
    + "\n"
    + sa.func.coalesce(LEADS.c.company, "")
)


def made(chance: random.Random) -> Lead:
    return replace(list_oracle.made(chance, NOW), deleted_at=None)


@pytest.fixture(scope="module")
async def kept(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    url = create_database("lead_texts")
    migrate(MIGRATIONS, url)
    opened = Database(url, pool_size=2, application="test")
    async with opened.transaction() as tx:
        chance = list_oracle.chances(3)
        await list_oracle.write(tx, [made(chance) for _ in range(40)])
    yield opened
    await opened.close()


async def assert_agree(database: Database, expected: int) -> None:
    """Each lead that is not deleted has a text, that one is right, and no others have one."""
    alive = sa.select(LEADS.c.id, FOLDED.label("search_text"), *(LEADS.c[name] for name in KEPT))
    leads = alive.where(LEADS.c.deleted_at.is_(None)).subquery()
    same = [LEAD_TEXTS.c[name].is_not_distinct_from(leads.c[name]) for name in (*KEPT, "search_text")]
    both = leads.join(LEAD_TEXTS, LEAD_TEXTS.c.lead_id == leads.c.id, full=True)
    query = sa.select(sa.func.count(), sa.func.count().filter(sa.and_(*same))).select_from(both)
    async with database.reading() as connection:
        assert tuple((await connection.execute(query)).one()) == (expected, expected)


@pytest.mark.parametrize("by", list_oracle.ORDERS)
def test_there_is_a_column_for_every_order(by: str) -> None:
    column = LeadOrder(by, True, list_oracle.RANKS.get(by)).column
    assert LEAD_TEXTS.c[column].type.compile() == LEADS.c[column].type.compile()


@pytest.mark.parametrize("index", ["leads_of_facet", "leads_of_owner"])
async def test_the_indexes_that_leads_are_gathered_by_have_the_keys_of_all_orders_but_names(
    kept: Database, index: str
) -> None:
    orders = [LeadOrder(by, True, list_oracle.RANKS.get(by)) for by in list_oracle.ORDERS]
    query = sa.text("SELECT indexdef FROM pg_indexes WHERE indexname = :name")
    async with kept.reading() as connection:
        definition = str((await connection.execute(query, {"name": index})).scalar_one())
    has = set(re.findall(r"\w+", definition))
    assert {order.column for order in orders if order.is_gathered} <= has
    assert has.isdisjoint(order.column for order in orders if not order.is_gathered)


@pytest.mark.parametrize("changed", [*(name for name in KEPT if name != "facet"), "qualified", "email", "title"])
async def test_a_change_of_one_column_alone_is_kept(kept: Database, changed: str) -> None:
    chance = list_oracle.chances(4)
    for _ in range(5):
        value = row_of_lead(list_oracle.made(chance, NOW + timedelta(days=9)))[changed]
        async with kept.transaction() as tx:
            some = sa.select(LEADS.c.id).order_by(sa.func.random()).limit(7)
            await tx.execute(sa.update(LEADS).where(LEADS.c.id.in_(some)).values({changed: value}))
        await assert_agree(kept, 40)


async def test_leads_that_are_deleted_have_none_and_have_it_again_as_they_are_then(kept: Database) -> None:
    chance = list_oracle.chances(5)
    leads = [made(chance) for _ in range(6)]
    mine = sa.update(LEADS).where(LEADS.c.id.in_([lead.id for lead in leads]))
    async with kept.transaction() as tx:
        await list_oracle.write(tx, leads)
    await assert_agree(kept, 46)
    async with kept.transaction() as tx:
        await tx.execute(mine.values(deleted_at=NOW))
    await assert_agree(kept, 40)
    async with kept.transaction() as tx:
        await tx.execute(mine.values(score=99, company="Later"))
    await assert_agree(kept, 40)
    async with kept.transaction() as tx:
        await tx.execute(mine.values(deleted_at=None))
    await assert_agree(kept, 46)
    async with kept.transaction() as tx:
        await tx.execute(sa.delete(LEADS).where(LEADS.c.id.in_([lead.id for lead in leads])))
    await assert_agree(kept, 40)
