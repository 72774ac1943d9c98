"""The deletion of a setting with skipped time: its records are moved and it goes, or everything stays as it was."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from leadline_workflows.contracts.retirement import (
    CountRetiring,
    EndRetirement,
    FailRetirement,
    MoveRetiring,
    RetirementProgress,
    RetirementRef,
    RetirementResult,
)
from tests.workflows.retirement_rules import MOVES, REVISION, RetirementRules, make_retirement
from tests.workflows.settings_run import retiring

HOUR = timedelta(hours=1)
COUNT, MOVE, RESTORE = names.COUNT_RETIRING, names.MOVE_RETIRING, names.RESTORE_RETIRING
COMPLETE, FAIL, END = names.COMPLETE_RETIREMENT, names.FAIL_RETIREMENT, names.END_RETIREMENT

CACHED = pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])


@pytest.mark.parametrize("has_target", [True, False], ids=["with a target", "without a target"])
async def test_an_entry_that_nothing_uses_is_deleted_at_once(skipping: WorkflowEnvironment, has_target: bool) -> None:
    services = RetirementRules()
    async with retiring(skipping.client, services, make_retirement(has_target=has_target)) as handle:
        assert await handle.result() == RetirementResult(completed=True)
    services.assert_gone()
    assert services.ended == [COUNT, COMPLETE, END]


@CACHED
async def test_records_are_moved_before_the_entry_goes(skipping: WorkflowEnvironment, cached: int) -> None:
    services = RetirementRules(records=250)
    async with retiring(skipping.client, services, cached=cached) as handle:
        assert await handle.result() == RetirementResult(completed=True, moved=250)
    services.assert_gone()
    assert services.ended == [COUNT, MOVE, MOVE, MOVE, COMPLETE, END]
    assert services.orders == {
        COUNT: CountRetiring("retirement-1", ["stage-1"]),
        MOVE: MoveRetiring("retirement-1", MOVES, RetirementProgress(250, 200)),
        COMPLETE: RetirementRef("retirement-1"),
        END: EndRetirement("retirement-1", REVISION),
    }


@pytest.mark.parametrize(
    ("records", "conversions", "said"),
    [
        (1, 0, "1 record still uses this entry. Name another one that takes them."),
        (1199, 1, "1,200 records still use this entry. Name another one that takes them."),
    ],
    ids=["one record", "records and a conversion"],
)
async def test_an_entry_in_use_without_a_target_is_opened_again(
    skipping: WorkflowEnvironment, records: int, conversions: int, said: str
) -> None:
    services = RetirementRules(records=records, conversions=conversions)
    async with retiring(skipping.client, services, make_retirement(has_target=False)) as handle:
        assert await handle.result() == RetirementResult(completed=False, reason="IN_USE")
    services.assert_untouched()
    assert services.ended == [COUNT, RESTORE, FAIL, END]
    assert services.orders[FAIL] == FailRetirement("retirement-1", "IN_USE", said)


async def test_conversions_that_are_running_are_looked_after_at_growing_intervals(
    skipping: WorkflowEnvironment,
) -> None:
    services = RetirementRules(records=150, conversions=1)
    async with retiring(skipping.client, services) as handle:
        await skipping.sleep(150)
        services.records, services.conversions = 151, 0  # its opportunity
        assert await handle.result() == RetirementResult(completed=True, moved=151)
    services.assert_gone()
    pauses = services.pauses(MOVE)
    # The first two batches moved something.
    for pause, least in zip(pauses[2:9], [1, 2, 4, 8, 16, 30, 30], strict=True):
        assert least <= pause < least + 1
    assert max(pauses[:2]) < 1


@CACHED
async def test_records_that_cannot_be_moved_have_all_moved_back(skipping: WorkflowEnvironment, cached: int) -> None:
    services = RetirementRules(records=450)
    gate = services.hold(MOVE)
    async with retiring(skipping.client, services, cached=cached) as handle:
        await gate.reached.wait()
        second = services.hold(MOVE)
        gate.opened.set()
        await second.reached.wait()
        services.refusals[MOVE] = "STAGE_FIELDS_MISSING"
        second.opened.set()
        assert await handle.result() == RetirementResult(completed=False, reason="STAGE_FIELDS_MISSING")
    services.assert_untouched()
    assert services.ended == [COUNT, MOVE, RESTORE, FAIL, END]
    refusal = FailRetirement("retirement-1", "STAGE_FIELDS_MISSING", "Refused: STAGE_FIELDS_MISSING.")
    assert services.orders[FAIL] == refusal


@CACHED
@pytest.mark.parametrize("step", [COUNT, MOVE, COMPLETE])
async def test_a_step_that_is_refused_leaves_everything_as_it_was(
    skipping: WorkflowEnvironment, step: str, cached: int
) -> None:
    services = RetirementRules(records=250, refusals={step: "RETIREMENT_NOT_FOUND"})
    async with retiring(skipping.client, services, cached=cached) as handle:
        assert await handle.result() == RetirementResult(completed=False, reason="RETIREMENT_NOT_FOUND")
    services.assert_untouched()
    forward = {COUNT: [], MOVE: [COUNT], COMPLETE: [COUNT, MOVE, MOVE, MOVE]}[step]
    back = {COUNT: 1, MOVE: 1, COMPLETE: 3}[step]
    assert services.ended == [*forward, *[RESTORE] * back, FAIL, END]


@pytest.mark.parametrize("step", [COUNT, MOVE, COMPLETE, END, RESTORE, FAIL])
async def test_no_step_is_given_up_for_a_part_that_is_away_for_days(skipping: WorkflowEnvironment, step: str) -> None:
    services = RetirementRules(records=50, try_again_after=HOUR)
    services.outages[step] = 100
    if step in {RESTORE, FAIL}:
        services.refusals[COMPLETE] = "LAST_PIPELINE"
    async with retiring(skipping.client, services) as handle:
        result = await handle.result()
    assert services.attempts[step] == 101
    if result.completed:
        services.assert_gone()
    else:
        services.assert_untouched()
    assert result.completed is (step not in {RESTORE, FAIL})


async def test_records_that_cannot_be_moved_back_yet_are_waited_for(skipping: WorkflowEnvironment) -> None:
    services = RetirementRules(records=250, locked=1, refusals={COMPLETE: "LAST_PIPELINE"})
    async with retiring(skipping.client, services) as handle:
        await skipping.sleep(2000)
        services.locked = 0
        assert (await handle.result()).reason == "LAST_PIPELINE"
    services.assert_untouched()
    assert max(services.pauses(RESTORE)) >= 300
    # Three batches that moved something, then at growing intervals.
    assert services.attempts[RESTORE] < 20


async def test_whoever_looks_sees_how_far_it_is(skipping: WorkflowEnvironment) -> None:
    services = RetirementRules(records=250)
    gate = services.hold(MOVE)
    async with retiring(skipping.client, services) as handle:
        await gate.reached.wait()
        before = await handle.query(names.PROGRESS, result_type=RetirementProgress)
        second = services.hold(MOVE)
        gate.opened.set()
        await second.reached.wait()
        between = await handle.query(names.PROGRESS, result_type=RetirementProgress)
        second.opened.set()
        await handle.result()
        after = await handle.query(names.PROGRESS, result_type=RetirementProgress)
    assert [before, between, after] == [RetirementProgress(250, moved) for moved in (0, 100, 250)]


def test_progress_is_told_by_what_is_left() -> None:
    progress = RetirementProgress(100, 40)
    assert progress.with_left(25) == RetirementProgress(100, 75)
    assert progress.with_left(120) == RetirementProgress(100, 0)
