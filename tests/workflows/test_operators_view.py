"""What operators see of each run: current details, named timers and activities, search attributes."""

from dataclasses import replace
from datetime import UTC, date, datetime

from temporalio.testing import WorkflowEnvironment

from leadline_workflows.contracts import names
from leadline_workflows.contracts.conversion import Obstacle, RecordsUndone
from leadline_workflows.definitions.lead_sla_view import View, details, shown
from tests.workflows.clock_run import running_clock, start_clock
from tests.workflows.conversion_rules import ACCOUNT, ConversionRules
from tests.workflows.conversion_run import converting
from tests.workflows.leads_rules import HOUR, make_clock, start_of
from tests.workflows.operators_view import attributes, current_details, summaries
from tests.workflows.rescore_rules import RescoreRules
from tests.workflows.retirement_rules import RetirementRules, make_retirement
from tests.workflows.settings_run import rescoring, retiring
from tests.workflows.unconversion_run import ASKED_FOR, unconverting


async def test_a_clock_says_who_waits_since_when_and_what_comes_next(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping, escalations=[5]) as run:
        clock, day = run.leads.clock, run.created.date()
        at_risk, due, third = (shown(each, day) for each in (clock.at_risk_at, clock.deadline, clock.escalations[0]))
        who = "Waiting for the first response to **Alice Johnson, StartupIO** · high · Standard Response"
        await run.pass_time(1)
        assert (await current_details(run.handle)).startswith(f"{who} · at risk {at_risk}, due {due} UTC\n")
        await run.pass_time(1.5)
        assert (await current_details(run.handle)).startswith(f"{who} · at risk since {at_risk}, due {due} UTC")
        await run.pass_time(2)
        overdue = await current_details(run.handle)
        assert overdue.startswith(f"**Overdue** since {due} UTC · {who} · next: escalation 1 at {third} UTC\n")
        assert f"stage New · owner {clock.owner}" in overdue
        assert f"| breached | {run.created + 4 * HOUR:%Y-%m-%d %H:%M:%S}Z | yes |" in overdue
        await run.answer()
        await run.handle.result()
        over = "Over: **answered**, after the deadline · **Alice Johnson, StartupIO** · high · Standard Response"
        assert (await current_details(run.handle)).startswith(f"{over}\n")


async def test_a_clock_that_the_leads_service_does_not_answer_says_what_is_to_be_recorded(
    skipping: WorkflowEnvironment,
) -> None:
    async with running_clock(skipping) as run:
        run.leads.outages = 1000
        await run.pass_time(3)
        assert "\n\nRecording **at risk** now.\n\n" in await current_details(run.handle)
        run.leads.outages = 0
        await run.pass_time(0.1)
        assert "Recording" not in await current_details(run.handle)


def test_instants_of_another_day_are_shown_with_their_date() -> None:
    clock = replace(
        make_clock(datetime(2025, 1, 20, 10, tzinfo=UTC), at_risk=2.4), deadline="2025-01-21T00:00:30+00:00"
    )
    start = start_of("lead-1", clock)
    view = View(start, clock, {}, date(2025, 1, 20))
    waiting = "Waiting for the first response to **Alice Johnson, StartupIO** · high · Standard Response"
    assert details(view).startswith(f"{waiting} · at risk 12:24, due 2025-01-21 00:00:30 UTC\n")
    seed = replace(view, clock=replace(clock, deadline="2025-01-20T14:00:00+00:00"))
    assert details(seed).startswith(f"{waiting} · at risk 12:24, due 14:00 UTC\n")


async def test_a_clock_names_its_timers_and_activities(skipping: WorkflowEnvironment) -> None:
    async with running_clock(skipping) as run:
        await run.pass_time(5)
        assert await summaries(run.handle) == [
            "SLA: at risk",
            "record: at risk",
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
            "Attention": None,
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
    gate = services.hold(names.ENSURE_CONTACT, after_outages=1)
    async with converting(skipping.client, services) as handle:
        await gate.reached.wait()
        during = await current_details(handle)
        gate.opened.set()
        await handle.result()
        after = await current_details(handle)
    assert "**Alice Johnson, StartupIO** · conversion conversion-1" in during
    assert "**Waiting** since 2" in during
    assert f"- account linked: {ACCOUNT}" in during
    assert "Converted." in after
    assert all(f"- {what} copied: 2" in after for what in ("notes", "documents", "team"))


async def test_an_undoing_says_what_it_is_about_and_how_it_ended(skipping: WorkflowEnvironment) -> None:
    async with unconverting(skipping.client, ConversionRules(plan=ASKED_FOR)) as handle:
        await handle.result()
        undone, named = await current_details(handle), await summaries(handle)
    changed = RecordsUndone("RECORDS_CHANGED", "It grew.", [Obstacle("accountId", "USED")])
    async with unconverting(skipping.client, ConversionRules(plan=ASKED_FOR, undone=changed)) as handle:
        await handle.result()
        refused = await current_details(handle)
    assert "**Alice Johnson, StartupIO** · undoing conversion conversion-1" in undone
    assert "Undone; the lead is open." in undone
    assert named == ["read the plan", "undo the records", "open the lead again"]
    assert r"Failed: **RECORDS\_CHANGED**. It grew." in refused
    assert "Not undone; the lead stays converted." in refused


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
        "have it undone",
        "undo: team",
        "undo: documents",
        "undo: notes",
        "undo: opportunity",
        "undo: contact",
        "undo: account",
        "free the lead",
    ]


async def test_a_rescore_says_how_far_it_is(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules(total=12_000, batch=6000)
    async with rescoring(skipping.client, leads) as handle:
        await skipping.sleep(1)
        waiting = await current_details(handle)
        gate = leads.hold(names.RESCORE_BATCH)
        await skipping.sleep(2)
        await gate.reached.wait()
        second = leads.hold(names.RESCORE_BATCH)
        gate.opened.set()
        await second.reached.wait()
        during = await current_details(handle)
        second.opened.set()
        await handle.result()
        after = await current_details(handle)
        named = await summaries(handle)
    assert "waits for more changes" in waiting
    assert during == "**Scoring all open leads anew**: 6,000 of 12,000 scored, 600 changed."
    assert after == "**Done**: 12,000 of 12,000 scored, 1,200 changed."
    assert named == ["wait for more changes", "score the next leads", "score the next leads"]


async def test_a_days_request_says_what_came_of_it(skipping: WorkflowEnvironment) -> None:
    leads = RescoreRules(time_based=False)
    async with rescoring(skipping.client, leads) as rescore:
        handle = await skipping.client.start_workflow(
            names.DAILY_RESCORE, id=f"daily/{rescore.id}", task_queue=rescore.id
        )
        await handle.result()
        assert await current_details(handle) == "Nothing to do: no rule depends on time."
        assert await summaries(handle) == ["ask for all open leads to be scored anew"]
        await rescore.result()


async def test_a_deletion_says_what_goes_where_and_how_far_it_is(skipping: WorkflowEnvironment) -> None:
    services = RetirementRules(records=1500, conversions=1, batch=1000)
    gate = services.hold(names.MOVE_RETIRING)
    async with retiring(skipping.client, services) as handle:
        await gate.reached.wait()
        second = services.hold(names.MOVE_RETIRING)
        gate.opened.set()
        await second.reached.wait()
        during = await current_details(handle)
        second.opened.set()
        await skipping.sleep(2)
        waiting = await current_details(handle)
        services.conversions = 0
        await handle.result()
        after = await current_details(handle)
    assert "**Proposal** · stage · its records go to **Negotiation** · retirement retirement-1" in during
    assert "Now: **move the records**. 1,000 of 1,501 moved." in during
    assert "Now: **wait for conversions that are still running**. 1 left." in waiting
    assert "Deleted." in after
    assert "- records counted: 1,501" in after
    assert "- records moved: 1,501" in after


async def test_a_deletion_names_its_timers_and_activities(skipping: WorkflowEnvironment) -> None:
    services = RetirementRules(records=50, refusals={names.COMPLETE_RETIREMENT: "LAST_PIPELINE"})
    async with retiring(skipping.client, services) as handle:
        await handle.result()
        details = await current_details(handle)
        named = await summaries(handle)
    assert r"Failed: **LAST\_PIPELINE**. Refused: LAST\_PIPELINE." in details
    assert "Undone; the entry is open again." in details
    assert named == [
        "count the records",
        "move the records",
        "delete the entry",
        "undo: move the records back",
        "open the entry again",
        "forget the deletion",
    ]


async def test_a_deletion_without_a_target_says_so(skipping: WorkflowEnvironment) -> None:
    services = RetirementRules()
    async with retiring(skipping.client, services, make_retirement(has_target=False)) as handle:
        await handle.result()
        assert "**Proposal** · stage · must have no records" in await current_details(handle)
