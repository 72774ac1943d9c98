"""How often a write of a lead asks the database: each time costs everybody who waits."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from leadline.settings.v1 import configuration_service_pb2

from kit.ids import new_id
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import Process, new_process
from tests.integration.leads.pushing import House, open_house
from tests.integration.leads.stage_rules import LEAST_LOADED, ROUND_ROBIN, shares

WRITTEN = ("leads", "activities", "history", "stage_assignments", "outbox", "assignment_turns", "advisory")
# What the service executes now and then by itself.
BY_ITSELF = ("lead_count", "pg_try_advisory_xact_lock")


@pytest.fixture(scope="module")
async def house(
    create_database: Callable[[str], str], configuration: configuration_service_pb2.Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database("round_trips"), configuration, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
async def process(house: House) -> Process:
    made = await new_process(house, "New", "Talk", "Turns", "Loads")
    members = [str(new_id()) for _ in range(3)]
    await house.push(
        shares(made.stages["Turns"], ROUND_ROBIN, members), shares(made.stages["Loads"], LEAST_LOADED, members)
    )
    return made


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements about leads that are executed meanwhile; a batch is one."""
    statements: list[str] = []

    def notice(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if any(word in statement for word in WRITTEN) and not any(word in statement for word in BY_ITSELF):
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", notice)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", notice)


async def test_a_new_lead_is_written_at_once_and_its_clock_ordered(house: House, process: Process) -> None:
    with asked() as statements:
        await process.lead(house)
    assert len(statements) == 2
    with asked() as statements:
        await process.lead(house, "Turns")
    assert len(statements) == 3
    with asked() as statements:
        await process.lead(house, "Loads")
    assert len(statements) == 4


async def test_an_update_writes_what_changed_and_nothing_else(house: House, process: Process) -> None:
    lead = await process.lead(house)
    for changes, expected in (({"title": None}, 1), ({"title": "Director"}, 3), ({"priority": "high"}, 4)):
        with asked() as statements:
            await house.door.update(lead.id, **changes)
        assert len(statements) == expected, changes


async def test_a_hundred_leads_are_changed_in_as_many_statements_as_one(house: House, process: Process) -> None:
    counts = []
    for count in (1, 100):
        ids = [(await process.lead(house)).id for _ in range(count)]
        with asked() as statements:
            await house.door.change_many(ids, stage_id=process.stages["Turns"])
        counts.append(len(statements))
    assert counts[0] == counts[1] == 8
