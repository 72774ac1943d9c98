"""A configuration that tells of a deletion is the order to carry it out: once, whoever dies and whoever else hears."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial

import pytest
import sqlalchemy as sa
from leadline.settings.v1 import configuration_service_pb2, lists_pb2

from kit.db.database import Database, Writing
from kit.db.migrations import migrate
from kit.ids import new_id
from leadline_workflows.contracts.outbox import RESCORE, RETIREMENT
from leadline_workflows.contracts.retirement import RetirementInput
from leads_service.domain.configuration import Retiring
from leads_service.main import MIGRATIONS
from leads_service.store.tables import CONFIGURATION_COPY, OUTBOX
from tests.integration.leads.conftest import TestClock
from tests.integration.leads.deleting import PIPELINE, STAGE, deletion, gone, new_process, retire, retire_stage
from tests.integration.leads.door import refusal
from tests.integration.leads.pushing import (
    House,
    PushedSettings,
    following,
    instance,
    kept_revision,
    open_house,
    serving,
)
from tests.support.waiting import eventually

Configuration = configuration_service_pb2.Configuration


@pytest.fixture
async def house(
    create_database: Callable[[str], str], configuration: Configuration, clock: TestClock
) -> AsyncIterator[House]:
    async with open_house(create_database(f"retirement_order_{new_id().hex}"), configuration, clock) as opened:
        yield opened


async def closed(house: House) -> set[tuple[str, str]]:
    """What nothing may enter any more."""
    rows = await house.rows("SELECT kind, entry FROM closed_entries WHERE open_from_revision IS NULL")
    return {(row.kind, row.entry) for row in rows}


async def test_the_entry_is_closed_and_the_workflow_is_ordered_with_what_it_needs(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    retirement_id = await retire_stage(house, process, "Talk", "New")
    assert await closed(house) == {(Retiring.STAGE, process.stages["Talk"])}
    expected = RetirementInput(retirement_id, "stage", process.stages["Talk"], "Talk", "New", has_target=True)
    assert await house.ordered(RETIREMENT) == [asdict(expected)]
    keys = await house.rows("SELECT key FROM outbox WHERE kind = :kind", kind=RETIREMENT)
    assert [str(row.key) for row in keys] == [process.stages["Talk"]]


async def test_a_pipeline_closes_all_its_stages(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    await retire(house, PIPELINE, (process.id, process.name))
    assert await closed(house) == {(Retiring.STAGE, stage_id) for stage_id in process.stages.values()}
    (order,) = await house.ordered(RETIREMENT)
    assert (order["kind"], order["has_target"], order["target_name"]) == ("pipeline", False, "")


async def test_opportunities_are_moved_elsewhere_by_a_plan_that_goes_with_the_order(house: House) -> None:
    pipeline = next(each for each in house.settings.current.pipelines if each.module == lists_pb2.MODULE_OPPORTUNITIES)
    stages = {each.name: each.id for each in house.settings.current.stages if each.pipeline_id == pipeline.id}
    other, won, first = (str(new_id()) for _ in range(3))

    def add_other(configuration: Configuration) -> None:
        configuration.pipelines.add(id=other, name="Other deals", module=lists_pb2.MODULE_OPPORTUNITIES)
        configuration.stages.add(id=first, pipeline_id=other, name="PROPOSAL", position=1)
        configuration.stages.add(id=won, pipeline_id=other, name="Paid", position=2, is_won=True)

    await house.push(add_other)
    await retire(house, PIPELINE, (pipeline.id, pipeline.name), (other, "Other deals"), module=2)
    (order,) = await house.ordered(RETIREMENT)
    assert set(order["stage_ids"]) == set(stages.values())
    assert {move["from_stage_id"]: (move["to_pipeline_id"], move["to_stage_id"]) for move in order["moves"]} == {
        stages[name]: (other, won if name == "Closed Won" else first) for name in stages
    }
    assert await closed(house) == {(Retiring.STAGE, stage_id) for stage_id in stages.values()}


async def test_later_configurations_and_other_instances_do_not_order_it_again(house: House, clock: TestClock) -> None:
    process = await new_process(house, "New", "Talk")
    await retire_stage(house, process, "Talk", "New")
    async with instance(house.url, house.address, clock, house.settings):
        for _ in range(3):
            await house.push(scores=True)
    assert len(await house.ordered(RETIREMENT)) == 1
    assert len(await house.ordered(RESCORE)) == 3


async def test_one_that_is_over_is_not_ordered_again_by_a_configuration_that_has_not_heard(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    for revision in (None, 1_000):
        retirement_id = await retire_stage(house, process, "Talk", "New")
        ordered = len(await house.ordered(RETIREMENT))
        await house.end_retirement(retirement_id, revision)
        await house.push()
        assert len(await house.ordered(RETIREMENT)) == ordered
        assert await closed(house) == set()
        await house.end_retirement(retirement_id, revision)
        await house.push(gone(retirement_id))
        assert await house.one("SELECT count(*) FROM retirements") == 0


async def test_one_that_the_configuration_tells_of_no_more_goes_on_until_its_workflow_ends_it(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    retirement_id = await retire_stage(house, process, "Talk", "New")
    await house.push(gone(retirement_id))
    assert await closed(house) == {(Retiring.STAGE, process.stages["Talk"])}
    assert (await refusal(house.move_retiring(retirement_id))).reason == "RETIREMENT_CLOSED"
    assert await house.restore_retiring(retirement_id) == 0
    await house.end_retirement(retirement_id)
    assert await closed(house) == set()


async def test_a_replica_that_has_not_heard_of_it_asks_for_patience(house: House) -> None:
    process = await new_process(house, "New", "Talk")
    retirement_id = await retire_stage(house, process, "Talk", "New")
    plan = """UPDATE retirements SET plan = jsonb_set(plan, '{revision}', '1000')"""
    await house.execute(plan)
    await house.push(gone(retirement_id))
    assert (await refusal(house.move_retiring(retirement_id))).reason == "PART_UNAVAILABLE"


async def test_what_an_older_version_of_the_service_has_kept_and_left_undone_is_made_up_for(
    create_database: Callable[[str], str], configuration: Configuration
) -> None:
    url = create_database("left_undone")
    migrate(MIGRATIONS, url)
    settings = PushedSettings(configuration)
    stage = next(each for each in configuration.stages if each.name == "Contacted")
    told = settings.push(lambda changed: changed.retirements.append(deletion(STAGE, (stage.id, stage.name))))
    database = Database(url, pool_size=2, application="test")
    async with database.transaction() as tx:
        values = {"only_row": True, "revision": told.revision, "configuration": told.SerializeToString()}
        await tx.execute(sa.insert(CONFIGURATION_COPY).values(values))

    async def orders() -> list[str]:
        async with database.reading() as connection:
            return list((await connection.execute(sa.select(OUTBOX.c.kind))).scalars())

    async with serving(settings) as address, following(address, database):
        assert await eventually(orders) == [RETIREMENT]
    await database.close()


class DyingDatabase(Database):
    """A database whose user dies in its first transaction, before or after the commit."""

    def __init__(self, url: str, *, after_commit: bool) -> None:
        super().__init__(url, pool_size=2, application="test")
        self.dead = False
        self._after_commit = after_commit

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writing]:
        if self.dead:
            raise ConnectionError
        try:
            async with super().transaction() as tx:
                yield tx
                if not self._after_commit:
                    raise ConnectionError
            raise ConnectionError
        finally:
            self.dead = True


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_whoever_dies_while_keeping_it_neither_loses_nor_doubles_anything(
    create_database: Callable[[str], str], configuration: Configuration, moment: str
) -> None:
    url = create_database(f"dying_{moment}")
    migrate(MIGRATIONS, url)
    settings = PushedSettings(configuration)
    stage = next(each for each in configuration.stages if each.name == "Contacted")
    settings.push(lambda changed: changed.retirements.append(deletion(STAGE, (stage.id, stage.name))), scores=True)
    dying, alive = DyingDatabase(url, after_commit=moment == "after"), Database(url, pool_size=2, application="test")

    async def orders() -> list[str]:
        async with alive.reading() as connection:
            return sorted((await connection.execute(sa.select(OUTBOX.c.kind))).scalars())

    async def died() -> bool:
        return dying.dead

    async with serving(settings) as address:
        async with following(address, dying):
            await eventually(died)
        assert await orders() == ([RESCORE, RETIREMENT] if moment == "after" else [])
        async with following(address, alive):
            await eventually(orders)
            settings.push()
            await eventually(partial(kept_revision, alive), lambda kept: kept == settings.current.revision)
        assert await orders() == [RESCORE, RETIREMENT]
    await dying.close()
    await alive.close()
