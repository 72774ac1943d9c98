"""Databases of versions before, with leads in them, come to have counts, texts and facets of them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from kit.ids import new_id
from leads_service.main import MIGRATIONS
from leads_service.store import lead_counts
from leads_service.store.lead_list import LeadFilter, LeadOrder, Span, list_leads
from leads_service.usecases.counting import fold_some

PIPELINE, STAGE = new_id(), new_id()
CREATED = datetime(2025, 3, 31, 23, 30, tzinfo=UTC)


def at(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = url
    return config


def add(url: str, name: str, *, deleted: bool = False) -> None:
    """Add a lead as the code of the version before does."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO leads (id, last_name, priority, pipeline_id, stage_id, custom_fields, stage_field_values,"
            " status, score, score_breakdown, qualified, version, created_by, created_at, updated_at, deleted_at)"
            " VALUES (%s, %s, 'low', %s, %s, '{}', '{}', 'open', 5, '[]', false, 1, %s, %s, %s, %s)",
            [new_id(), name, PIPELINE, STAGE, new_id(), CREATED, CREATED, CREATED if deleted else None],
        )


@pytest.fixture
def old_url(create_database: Callable[[str], str]) -> str:
    url = create_database("lists_before")
    command.upgrade(at(url), "0004")
    add(url, "Zoë")
    add(url, "Gone", deleted=True)
    return url


async def test_leads_that_were_there_are_counted_and_found_and_so_are_those_of_the_version_before(old_url: str) -> None:
    migrate(MIGRATIONS, old_url)
    add(old_url, "Müller")
    database = Database(old_url, pool_size=1, application="test")
    try:
        for _folded in range(2):
            async with database.reading() as connection:
                page = await list_leads(connection, LeadFilter(), LeadOrder("lastName"), Span(5), now=utc_now())
                found = await list_leads(connection, LeadFilter(search="ZOE"), LeadOrder(), Span(5), now=utc_now())
                until = LeadFilter(created_from=CREATED - timedelta(days=40), created_to=CREATED + timedelta(days=40))
                counted = (await lead_counts.facts(connection, until, utc_now())).count
            assert (page.total, [lead.last_name for lead in page.leads]) == (2, ["Zoë", "Müller"])
            assert (found.total, [lead.last_name for lead in found.leads]) == (1, ["Zoë"])
            assert counted == 2
            await fold_some(database)
    finally:
        await database.close()
    command.downgrade(at(old_url), "0004")
    add(old_url, "Later")
    migrate(MIGRATIONS, old_url)
    with psycopg.connect(old_url) as connection:
        texts = connection.execute("SELECT search_text FROM lead_texts ORDER BY 1").fetchall()
        counts = connection.execute("SELECT sum(leads) FROM lead_count_changes").fetchone()
    assert [text.split("\n")[0].strip() for (text,) in texts] == ["later", "muller", "zoe"]
    assert counts == (3,)


async def test_what_was_noted_before_days_were_counted_is_counted_once_folded_or_not(
    create_database: Callable[[str], str],
) -> None:
    url = create_database("days_before")
    command.upgrade(at(url), "0009")
    database = Database(url, pool_size=1, application="test")
    try:
        add(url, "Folded")
        assert await fold_some(database) == 1
        add(url, "Noted")
        migrate(MIGRATIONS, url)
        add(url, "Later")
        near = LeadFilter(created_from=CREATED - timedelta(days=3), created_to=CREATED + timedelta(days=3))
        for left in (2, 0):
            async with database.reading() as connection:
                assert (await lead_counts.facts(connection, near, utc_now())).count == 3
            assert await fold_some(database) == left
    finally:
        await database.close()
    with psycopg.connect(url) as connection:
        counted = connection.execute("SELECT day, sum(leads) FROM lead_counts_of_day GROUP BY day").fetchall()
    assert counted == [(CREATED.date(), 3)]
