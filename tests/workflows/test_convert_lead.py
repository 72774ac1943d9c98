"""The convert-lead saga with skipped time: what is done, and what is undone when it cannot be finished."""

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import (
    ConversionRecords,
    ConversionRef,
    ConversionState,
    CopyOrder,
    FailConversion,
    LeadConversionResult,
    PlanOutline,
)
from tests.workflows.conversion_rules import (
    ACCOUNT,
    CONTACT,
    FORWARD,
    OPPORTUNITY,
    UNDOING,
    WHOLE_PLAN,
    ConversionRules,
)
from tests.workflows.conversion_run import CONVERTED, converting

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
async def test_a_lead_is_converted_step_by_step(skipping: WorkflowEnvironment, cached: int) -> None:
    services = ConversionRules()
    async with converting(skipping.client, services, cached=cached) as handle:
        assert await handle.result() == CONVERTED
        lead_id = handle.id.partition("/")[2]
    assert services.ended == [names.READ_PLAN, *FORWARD]
    assert services.orders == {
        names.READ_PLAN: ConversionRef("conversion-1"),
        names.ENSURE_ACCOUNT: ConversionRecords("conversion-1"),
        names.ENSURE_CONTACT: ConversionRecords("conversion-1", ACCOUNT),
        names.ENSURE_OPPORTUNITY: ConversionRecords("conversion-1", ACCOUNT, CONTACT),
        names.COPY_NOTES: CopyOrder("conversion-1", lead_id),
        names.COPY_DOCUMENTS: CopyOrder("conversion-1", lead_id),
        names.COPY_TEAM: CopyOrder("conversion-1", lead_id),
        names.COMPLETE_CONVERSION: ConversionRecords("conversion-1", ACCOUNT, CONTACT, OPPORTUNITY),
    }


async def test_only_what_is_planned_is_ensured(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules(plan=PlanOutline(ConversionState.RUNNING, contact=True))
    async with converting(skipping.client, services) as handle:
        assert await handle.result() == LeadConversionResult(ConversionState.COMPLETED, contact_id=CONTACT)
    assert services.ended == [
        names.READ_PLAN,
        names.ENSURE_CONTACT,
        names.COMPLETE_CONVERSION,
    ]


async def test_what_was_not_planned_is_not_undone(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules(
        plan=PlanOutline(ConversionState.RUNNING, account=True, opportunity=True),
        refusals={names.ENSURE_OPPORTUNITY: "STAGE_NOT_FOUND"},
    )
    async with converting(skipping.client, services) as handle:
        await handle.result()
    undone = [names.START_UNDOING, names.RELEASE_OPPORTUNITY, names.RELEASE_ACCOUNT, names.FAIL_CONVERSION]
    assert services.ended == [names.READ_PLAN, names.ENSURE_ACCOUNT, *undone]


@pytest.mark.parametrize("state", [ConversionState.COMPLETED, ConversionState.FAILED, ConversionState.UNKNOWN], ids=str)
async def test_a_conversion_that_is_not_running_any_more_is_left_alone(
    skipping: WorkflowEnvironment, state: ConversionState
) -> None:
    services = ConversionRules(plan=PlanOutline(state, account=True, contact=True, opportunity=True))
    async with converting(skipping.client, services) as handle:
        assert await handle.result() == LeadConversionResult(state)
    assert services.ended == [names.READ_PLAN]


async def test_a_conversion_that_a_run_before_has_begun_to_undo_is_undone_to_the_end(
    skipping: WorkflowEnvironment,
) -> None:
    services = ConversionRules(plan=replace(WHOLE_PLAN, undone_because="STAGE_NOT_FOUND"))
    async with converting(skipping.client, services) as handle:
        result = await handle.result()
    assert result == LeadConversionResult(ConversionState.FAILED, reason="STAGE_NOT_FOUND")
    assert services.ended == [names.READ_PLAN, *UNDOING]


async def test_what_another_run_has_completed_is_not_undone(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules(refusals={names.ENSURE_OPPORTUNITY: "STAGE_NOT_FOUND"})
    services.ended.append(names.COMPLETE_CONVERSION)
    async with converting(skipping.client, services) as handle:
        assert await handle.result() == CONVERTED
    assert services.ended[-1] == names.START_UNDOING


@pytest.mark.parametrize("cached", [500, 0], ids=["cached", "replayed at each task"])
@pytest.mark.parametrize("step", FORWARD)
async def test_a_step_that_is_refused_undoes_what_began_and_frees_the_lead(
    skipping: WorkflowEnvironment, step: str, cached: int
) -> None:
    services = ConversionRules(refusals={step: "CONVERSION_NOT_ALLOWED"})
    async with converting(skipping.client, services, cached=cached) as handle:
        assert await handle.result() == LeadConversionResult(ConversionState.FAILED, reason="CONVERSION_NOT_ALLOWED")
    assert services.ended == [names.READ_PLAN, *FORWARD[: FORWARD.index(step)], *UNDOING]
    assert services.orders[names.FAIL_CONVERSION] == FailConversion(
        "conversion-1", "CONVERSION_NOT_ALLOWED", "Refused: CONVERSION_NOT_ALLOWED."
    )


async def test_a_long_reason_is_told_in_the_length_that_the_leads_service_takes(
    skipping: WorkflowEnvironment,
) -> None:
    services = ConversionRules(refusals={names.ENSURE_ACCOUNT: "A" * 600})
    async with converting(skipping.client, services) as handle:
        await handle.result()
    assert len(services.orders[names.FAIL_CONVERSION].message) == 500


async def test_a_part_that_is_away_for_hours_delays_the_conversion(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules()
    services.outages[names.ENSURE_CONTACT] = 150
    async with converting(skipping.client, services) as handle:
        assert await handle.result() == CONVERTED
    assert services.ended == [names.READ_PLAN, *FORWARD]


async def test_a_part_that_is_away_for_a_day_has_the_conversion_undone(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules(try_again_after=HOUR)
    services.outages[names.ENSURE_CONTACT] = 100
    async with converting(skipping.client, services) as handle:
        result = await handle.result()
    assert result == LeadConversionResult(ConversionState.FAILED, reason="PART_UNAVAILABLE")
    assert services.ended == [names.READ_PLAN, names.ENSURE_ACCOUNT, *UNDOING]
    # Once at once, and then for a day.
    assert services.attempts[names.ENSURE_CONTACT] == 1 + 24


@pytest.mark.parametrize(
    "step", [names.COMPLETE_CONVERSION, names.START_UNDOING, names.RELEASE_ACCOUNT, names.FAIL_CONVERSION]
)
async def test_what_decides_how_it_ended_is_never_given_up(skipping: WorkflowEnvironment, step: str) -> None:
    services = ConversionRules(try_again_after=HOUR)
    if step != names.COMPLETE_CONVERSION:
        services.refusals[names.ENSURE_CONTACT] = "CONTACT_OF_ANOTHER_ACCOUNT"
    services.outages[step] = 50
    async with converting(skipping.client, services) as handle:
        result = await handle.result()
    assert result.state is (ConversionState.COMPLETED if step == names.COMPLETE_CONVERSION else ConversionState.FAILED)
    assert services.attempts[step] == 51
    assert services.ended.count(step) == 1
