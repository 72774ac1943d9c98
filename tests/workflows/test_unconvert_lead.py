"""The unconvert-lead workflow: undone whole, or the lead stays converted."""

from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionRef,
    ConversionState,
    FailUnconversion,
    Obstacle,
    PlanOutline,
    RecordsUndone,
    UnconversionResult,
)
from tests.workflows.conversion_rules import ConversionRules
from tests.workflows.conversion_run import make_worker
from tests.workflows.unconversion_run import ASKED_FOR, unconverting

UNDONE = [names.READ_PLAN, names.UNDO_RECORDS, names.COMPLETE_UNCONVERSION]
CHANGED = RecordsUndone("RECORDS_CHANGED", "The account has changed since.", [Obstacle("accountId", "CHANGED")])


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_records_go_before_the_lead_is_opened(skipping: WorkflowEnvironment, cached: int) -> None:
    services = ConversionRules(plan=ASKED_FOR)
    async with unconverting(skipping.client, services, cached=cached) as handle:
        assert await handle.result() == UnconversionResult(ConversionState.UNCONVERTED)
    assert services.ended == UNDONE
    assert services.orders[names.UNDO_RECORDS] == ConversionRef("conversion-1")


async def test_what_has_changed_since_stays_and_the_lead_stays_converted(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules(plan=ASKED_FOR, undone=CHANGED)
    async with unconverting(skipping.client, services) as handle:
        assert await handle.result() == UnconversionResult(ConversionState.COMPLETED, "RECORDS_CHANGED")
    assert services.ended == [names.READ_PLAN, names.UNDO_RECORDS, names.FAIL_UNCONVERSION]
    assert services.orders[names.FAIL_UNCONVERSION] == FailUnconversion(
        "conversion-1", "RECORDS_CHANGED", "The account has changed since.", [Obstacle("accountId", "CHANGED")]
    )


@pytest.mark.parametrize(
    "state", [ConversionState.COMPLETED, ConversionState.UNCONVERTED, ConversionState.UNKNOWN], ids=str
)
async def test_what_nobody_asks_to_undo_is_left_alone(skipping: WorkflowEnvironment, state: ConversionState) -> None:
    services = ConversionRules(plan=PlanOutline(state, account=True))
    async with unconverting(skipping.client, services) as handle:
        assert await handle.result() == UnconversionResult(state)
    assert services.ended == [names.READ_PLAN]


@pytest.mark.parametrize("step", UNDONE)
async def test_a_part_that_is_away_is_waited_for_without_end(skipping: WorkflowEnvironment, step: str) -> None:
    services = ConversionRules(plan=ASKED_FOR, try_again_after=timedelta(hours=1))
    services.outages[step] = 100
    async with unconverting(skipping.client, services) as handle:
        assert await handle.result() == UnconversionResult(ConversionState.UNCONVERTED)
    assert services.ended == UNDONE


@pytest.mark.parametrize("step", UNDONE)
async def test_a_cancel_leaves_nothing_by_halves(live: Client, step: str) -> None:
    services = ConversionRules(plan=ASKED_FOR)
    gate = services.hold(step, after_outages=1)
    async with unconverting(live, services) as handle:
        await gate.reached.wait()
        await handle.cancel()
        gate.opened.set()
        assert await handle.result() == UnconversionResult(ConversionState.UNCONVERTED)
    assert services.ended == UNDONE


@pytest.mark.parametrize("step", UNDONE)
async def test_another_worker_goes_on_where_the_last_one_died(live: Client, step: str) -> None:
    services = ConversionRules(plan=ASKED_FOR)
    gate = services.hold(step, after_outages=1)
    async with unconverting(live, services) as handle:
        await gate.reached.wait()
    async with make_worker(live, services, handle.id):
        assert await handle.result() == UnconversionResult(ConversionState.UNCONVERTED)
    assert services.ended == UNDONE
