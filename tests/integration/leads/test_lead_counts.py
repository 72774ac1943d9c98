"""Counts of leads are exact at every moment: while many write, while one folds, and when who folds dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kit.clock import utc_now
from kit.db.database import Database, Reading
from kit.db.migrations import migrate
from kit.errors import LeadlineError
from leads_service.main import MIGRATIONS
from leads_service.store import lead_counts
from leads_service.store.lead_filter import LeadFilter
from leads_service.store.tables import LEAD_COUNT_CHANGES, LEADS
from leads_service.usecases.counting import fold_some, keep_counts
from tests.integration.leads import list_oracle
from tests.integration.leads.list_oracle import OWNERS, STAGES
from tests.support.waiting import eventually

NOW = utc_now()
STAGE = next(iter(STAGES))
FILTERS = [
    LeadFilter(),
    LeadFilter(stage_ids=[STAGE], qualified=True),
    LeadFilter(owners=[OWNERS[0]], unassigned=True),
    LeadFilter(sla_statuses=["breached"], priorities=["low", "high"]),
    LeadFilter(created_from=NOW.replace(day=1)),
    LeadFilter(created_to=NOW.replace(day=1), statuses=["open"]),
    LeadFilter(created_from=NOW - timedelta(days=14), created_to=NOW - timedelta(hours=30), statuses=["open"]),
    LeadFilter(created_from=NOW - timedelta(days=130), created_to=NOW - timedelta(days=39, hours=7)),
]


@pytest.fixture(scope="module")
async def counted(create_database: Callable[[str], str]) -> AsyncIterator[Database]:
    url = create_database("counted_leads")
    migrate(MIGRATIONS, url)
    opened = Database(url, pool_size=8, application="test")
    yield opened
    await opened.close()


async def differences(database: Database) -> list[object]:
    """Filters whose count is not what there is, both asked for at one moment."""
    wrong: list[object] = []
    async with database.transaction() as tx:
        await tx.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for which in FILTERS:
            counted = (await lead_counts.facts(tx, which, NOW)).count
            if counted != (there := await one_by_one(tx, which)):
                wrong.append((which, counted, there))
    return wrong


async def one_by_one(connection: Reading, which: LeadFilter) -> int:
    rows = sa.select(LEADS).where(LEADS.c.deleted_at.is_(None)).subquery()
    conditions: list[sa.ColumnElement[bool]] = [rows.c.stage_id.in_(which.stage_ids)] if which.stage_ids else []
    conditions += [rows.c.priority.in_(which.priorities)] if which.priorities else []
    conditions += [rows.c.created_at >= which.created_from] if which.created_from else []
    conditions += [rows.c.created_at < which.created_to] if which.created_to else []
    conditions += [rows.c.status.in_(which.statuses)] if which.statuses else []
    if which.qualified is not None:
        conditions.append(rows.c.qualified.is_(which.qualified))
    if which.owners:
        conditions.append(sa.or_(rows.c.assigned_to.in_(which.owners), rows.c.assigned_to.is_(None)))
    if which.sla_statuses:
        unanswered = sa.and_(rows.c.first_response_at.is_(None), rows.c.sla_paused_at.is_(None))
        conditions.append(sa.and_(unanswered, rows.c.sla_deadline <= NOW))
    query = sa.select(sa.func.count()).select_from(rows).where(*conditions)
    return int((await connection.execute(query)).scalar_one())


async def write(database: Database, seed: int, rounds: int = 25) -> None:
    """Create, change, delete, restore and at last remove leads, some of it rolled back."""
    chance = list_oracle.chances(seed)
    for _ in range(rounds):
        leads = [list_oracle.made(chance, NOW) for _ in range(chance.randrange(1, 6))]
        mine = LEADS.c.id.in_([lead.id for lead in leads])
        with suppress(KeyError):
            async with database.transaction() as tx:
                await list_oracle.write(tx, leads)
                changes = {"stage_id": chance.choice(list(STAGES)), "qualified": chance.random() < 0.5}
                await tx.execute(sa.update(LEADS).where(mine).values(changes))
                if chance.random() < 0.2:
                    raise KeyError
        async with database.transaction() as tx:
            gone = chance.choice([None, NOW])
            await tx.execute(sa.update(LEADS).where(mine).values(assigned_to=chance.choice(OWNERS), deleted_at=gone))
            if chance.random() < 0.2:
                await tx.execute(sa.delete(LEADS).where(mine))


async def test_counts_are_exact_at_every_moment_while_many_write_and_some_fold(counted: Database) -> None:
    writers = [asyncio.create_task(write(counted, seed)) for seed in range(4)]
    looked = 0
    while not all(writer.done() for writer in writers):
        assert await differences(counted) == []
        await asyncio.gather(*(fold_some(counted) for _ in range(2)))
        looked += 1
    await asyncio.gather(*writers)
    assert looked > 3
    while await fold_some(counted):
        pass
    async with counted.reading() as connection:
        left = sa.select(sa.func.count()).select_from(LEAD_COUNT_CHANGES)
        assert (await connection.execute(left)).scalar_one() == 0
    assert await differences(counted) == []


async def test_whoever_dies_while_folding_loses_nothing(counted: Database) -> None:
    await write(counted, 11, rounds=5)
    with pytest.raises(LeadlineError):
        async with counted.transaction() as tx:
            assert await lead_counts.fold(tx, 10) == 10
            pid = (await tx.execute(sa.text("SELECT pg_backend_pid()"))).scalar_one()
            async with counted.reading() as other:
                await other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
            await tx.execute(sa.text("SELECT 1"))
    assert await differences(counted) == []
    assert await fold_some(counted) > 10
    assert await differences(counted) == []


async def test_while_one_folds_another_does_not_wait(counted: Database) -> None:
    await write(counted, 12, rounds=2)
    async with counted.transaction() as first:
        assert await lead_counts.fold(first, 1) == 1
        async with counted.transaction() as second:
            assert await lead_counts.fold(second, 1) == 0
        assert await differences(counted) == []


async def test_a_service_folds_by_itself(counted: Database) -> None:
    folding = asyncio.create_task(keep_counts(counted))
    await write(counted, 13, rounds=2)

    async def is_folded() -> bool:
        async with counted.reading() as connection:
            left = sa.select(sa.func.count()).select_from(LEAD_COUNT_CHANGES)
            return (await connection.execute(left)).scalar_one() == 0

    await eventually(is_folded)
    folding.cancel()
    assert await differences(counted) == []


async def test_a_change_that_no_list_filters_by_is_not_counted_anew(counted: Database) -> None:
    lead = replace(list_oracle.made(list_oracle.chances(1), NOW), deleted_at=None)
    async with counted.transaction() as tx:
        await list_oracle.write(tx, [lead])
    while await fold_some(counted):
        pass
    async with counted.transaction() as tx:
        await tx.execute(sa.update(LEADS).values(title="Director", updated_at=NOW))
        changes = sa.select(sa.func.count()).select_from(LEAD_COUNT_CHANGES)
        assert (await tx.execute(changes)).scalar_one() == 0
