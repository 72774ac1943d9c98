"""What the database estimates of trigrams is read from it, and read again and again by a service."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa

from kit.clock import utc_now
from kit.db.database import Database
from kit.db.migrations import migrate
from leads_service.main import MIGRATIONS
from leads_service.store.trigrams import Trigrams
from leads_service.usecases.searching import keep_trigrams
from tests.integration.leads import list_oracle
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
async def analyzed(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    url = create_database("analyzed_leads")
    migrate(MIGRATIONS, url)
    database = Database(url, pool_size=2, application="test")
    chance = list_oracle.chances(3)
    async with database.transaction() as tx:
        await list_oracle.write(tx, [list_oracle.made(chance, utc_now()) for _ in range(200)])
        await tx.execute(sa.text("ANALYZE lead_texts"))
    yield database
    await database.close()


async def test_the_share_of_leads_that_have_a_text_is_estimated(analyzed: Database) -> None:
    trigrams = Trigrams()
    assert trigrams.share("acme gmbh") == 1.0
    async with analyzed.reading() as connection:
        await trigrams.read(connection)
        has = sa.text("SELECT avg((search_text LIKE '%acme gmbh%')::int) FROM lead_texts")
        share = float((await connection.execute(has)).scalar_one())
    assert trigrams.share("acme gmbh") == pytest.approx(share, rel=0.01)
    assert trigrams.share("xyz") == 0.0


async def test_an_index_is_asked_for_what_is_rare(analyzed: Database) -> None:
    trigrams = Trigrams()
    async with analyzed.reading() as connection:
        await trigrams.read(connection)
    # Others have acme, too.
    assert trigrams.rarest("acme gmbh")[0] in {"gmb", "mbh", " gm", "e g"}


async def test_a_service_reads_it_when_it_starts(analyzed: Database) -> None:
    trigrams = Trigrams()
    keeping = asyncio.create_task(keep_trigrams(analyzed, trigrams))

    async def is_known() -> bool:
        return trigrams.share("acme gmbh") < 1

    await eventually(is_known)
    keeping.cancel()
