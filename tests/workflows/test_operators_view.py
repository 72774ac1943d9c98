"""What operators see of each run: current details, named timers and activities, search attributes."""

from dataclasses import replace

from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from tests.workflows.clock_run import running_clock, start_clock
from tests.workflows.conversion_rules import ACCOUNT, ConversionRules
from tests.workflows.conversion_run import converting
from tests.workflows.operators_view import attributes, current_details, summaries


async def test_a_clock_says_who_waits_and_what_comes_next(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping, escalations=[5]) as run:
        await run.pass_time(1)
        before = await current_details(run.handle)
        await run.pass_time(3.5)
        after = await current_details(run.handle)
    assert "Alice Johnson, StartupIO" in before
    assert "Standard Response" in before
    assert f"Next: **at_risk** at {run.leads.clock.at_risk_at[:10]}" in before
    assert "**Overdue**, waiting for the first response. Next: **escalation 1**" in after


async def test_a_clock_names_its_timers_and_activities(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(5)
        assert await summaries(run.handle) == [
            "SLA: at_risk",
            "record: at_risk",
            "SLA: breached",
            "record: breached",
        ]


async def test_a_clock_can_be_filtered_by_what_it_stands_at(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        expected = {
            "LeadId": run.handle.id.partition("/")[2],
            "SlaStatus": "on_track",
            "Priority": "high",
            "Stage": "New",
            "Owner": run.leads.clock.owner,
        }
        assert await attributes(run.handle) == expected
        await run.pass_time(2)
        assert await attributes(run.handle) == expected | {"SlaStatus": "at_risk"}
        await run.change(replace(run.leads.clock, version=2, owner="", priority="critical"))
        await run.pass_time(2)
        changed = {"SlaStatus": "breached", "Owner": None, "Priority": "critical"}
        assert await attributes(run.handle) == expected | changed
        await run.answer()
        await run.handle.result()
        assert await attributes(run.handle) == expected | changed | {"SlaStatus": "met_late"}


async def test_a_clock_answered_in_time_is_met(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(3)
        await run.answer()
        await run.handle.result()
        assert (await attributes(run.handle))["SlaStatus"] == "met"


async def test_attributes_that_did_not_change_are_not_written_again(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(1)
        await run.change(replace(run.leads.clock, version=2, at_risk_at=run.leads.clock.deadline))
        await run.pass_time(1)
        history = await run.handle.fetch_history()
    written = [
        event for event in history.events if event.HasField("upsert_workflow_search_attributes_event_attributes")
    ]
    assert len(written) == 1


async def test_a_name_cannot_put_markup_into_the_details(skipping: WorkflowEnvironment) -> None:
    run = await start_clock(skipping, who="[win](https://example.org)\n# **now**")
    async with run.worker():
        await run.pass_time(1)
        details = await current_details(run.handle)
        await run.handle.terminate()
    assert r"**\[win\]\(https://example.org\) \# \*\*now\*\***" in details


async def test_a_conversion_says_what_it_does_and_what_is_done(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules()
    gate = services.hold(names.ENSURE_CONTACT)
    async with converting(skipping.client, services) as handle:
        await gate.reached.wait()
        during = await current_details(handle)
        gate.opened.set()
        await handle.result()
        after = await current_details(handle)
    assert "Alice Johnson, StartupIO" in during
    assert "Now: **ensure contact**." in during
    assert f"- account linked: {ACCOUNT}" in during
    assert "Converted." in after
    assert "- notes copied: 2" in after


async def test_an_undone_conversion_says_why_and_what_was_undone(skipping: WorkflowEnvironment) -> None:
    services = ConversionRules(refusals={names.ENSURE_CONTACT: "CONTACT_OF_ANOTHER_ACCOUNT"})
    async with converting(skipping.client, services) as handle:
        await handle.result()
        details = await current_details(handle)
        named = await summaries(handle)
    assert r"Failed: **CONTACT\_OF\_ANOTHER\_ACCOUNT**" in details
    assert "Undone; the lead is free." in details
    assert named == [
        "read the plan",
        "ensure account",
        "ensure contact",
        "undo: contact",
        "undo: account",
        "free the lead",
    ]
