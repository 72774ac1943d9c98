"""Deleting and restoring, and what holds whatever happens to a lead in whichever order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import ErrorKind, LeadlineError
from kit.ids import new_id
from leads_service.domain import disqualifying, life_cycle, milestones, reopening, timeline
from leads_service.domain.configuration import Configuration
from leads_service.domain.disqualifying import Disqualification
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.reopening import Reopening
from leads_service.domain.settling import Situation
from leads_service.domain.stage_assignment import begins, ends
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONTACTED,
    HOUR,
    MINUTE,
    NOW,
    QUALIFIED,
    STANDARD,
    by_leadline,
    by_person,
    configured,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import refusal

REASONS: Any = ("no_budget",)
# At Qualified the clock stands still.
CONFIGURATION = configured(
    disqualification_reasons=REASONS,
    policies=(replace(STANDARD, pause_at_stages=frozenset({QUALIFIED.id})),),
    first_response_on=frozenset({"note"}),
)
UNPROMISING = configured(disqualification_reasons=REASONS, policies=())
LATER = NOW + 9 * HOUR


def deleted(lead: Lead, now: datetime = NOW + HOUR) -> Lead:
    return life_cycle.delete(lead, by_person(now)).lead


def test_a_restored_lead_is_as_it_was_and_its_clock_goes_on_with_the_promise_that_it_had() -> None:
    lead = make_lead(last_name="Johnson", source="website", assigned_to=BOB)
    change = life_cycle.restore(deleted(lead), by_person(LATER))
    assert change.lead == replace(lead, version=3, updated_at=LATER, clock_version=3)
    assert (change.clock_changed, change.lead.clock_closed_by) == (True, "")
    assert (types_of(change), change.activities[0].title, change.history) == (["lead_restored"], "Lead restored", ())
    assert change.activities[0].performed_by == ALICE


def test_an_answered_lead_that_is_restored_has_nothing_to_wait_for() -> None:
    answered = timeline.add_note(make_lead(), "Called", ALICE, by_person(NOW + MINUTE))[1].lead
    change = life_cycle.restore(deleted(answered), by_person(LATER))
    assert (change.lead.clock_closed_by, change.clock_changed) == ("answered", False)
    assert change.lead.first_response_at == NOW + MINUTE


def test_a_restored_lead_is_scored_by_the_rules_of_now() -> None:
    stale = replace(deleted(make_lead()), score=50, qualified=True)
    change = life_cycle.restore(stale, by_person(LATER))
    assert (change.lead.score, types_of(change)) == (0, ["lead_restored", "unqualified"])


def test_what_came_due_meanwhile_is_recorded_afterwards_with_its_time() -> None:
    gone = deleted(make_lead())
    assert milestones.record(gone, MilestoneKind.BREACHED, 0, by_leadline(LATER))[0] is Outcome.CLOSED
    back = life_cycle.restore(gone, by_person(LATER)).lead
    kinds, change = milestones.record_due(back, by_leadline(LATER + MINUTE))
    assert kinds == [MilestoneKind.AT_RISK, MilestoneKind.BREACHED]
    assert [each.occurred_at for each in change.activities] == [NOW + 2.4 * HOUR, NOW + 4 * HOUR]


def test_only_a_deleted_lead_is_restored() -> None:
    for lead in (
        make_lead(),
        replace(make_lead(), status=LeadStatus.CONVERTED),
        replace(make_lead(), status=LeadStatus.DISQUALIFIED),
        replace(make_lead(), conversion_id=new_id()),
        life_cycle.restore(deleted(make_lead()), by_person(LATER)).lead,
    ):
        with refusal("LEAD_NOT_DELETED"):
            life_cycle.restore(lead, by_person(LATER))


def test_a_deleted_lead_is_not_there_for_anything_else() -> None:
    gone = deleted(make_lead())
    for attempt in (
        lambda: life_cycle.delete(gone, by_person(LATER)),
        lambda: changing.update(gone, {"title": "x"}, by_person(LATER)),
        lambda: timeline.add_note(gone, "x", ALICE, by_person(LATER)),
    ):
        with refusal("LEAD_NOT_FOUND", ErrorKind.NOT_FOUND):
            attempt()


Step = Callable[[Lead, Situation], Change]
STEPS: dict[str, Step] = {
    "delete": life_cycle.delete,
    "restore": life_cycle.restore,
    "disqualify": lambda lead, situation: disqualifying.disqualify(
        lead, Disqualification(reason="no_budget", stage_values={}), situation
    ),
    "reopen": lambda lead, situation: reopening.reopen(lead, Reopening(stage_values={}), situation).settled(),
    "pause": lambda lead, situation: changing.change_stage(lead, QUALIFIED.id, {}, situation),
    "go on": lambda lead, situation: changing.change_stage(lead, CONTACTED.id, {}, situation),
    "hand over": lambda lead, situation: changing.update(lead, {"assigned_to": BOB}, situation),
    "answer": lambda lead, situation: timeline.add_note(lead, "Called", ALICE, situation)[1],
    "clock": lambda lead, situation: milestones.record_due(lead, situation)[1],
    "hurry": lambda lead, situation: changing.update(lead, {"priority": "high"}, situation),
}
# Which refusals are the point of a step that does not fit.
EXPECTED = {"LEAD_NOT_FOUND", "LEAD_NOT_DELETED", "LEAD_NOT_DISQUALIFIED", "LEAD_CLOSED"}
happenings = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 400), st.sampled_from([CONFIGURATION, UNPROMISING])),
    max_size=25,
)
SEEN = ("status", "stage_id", "assigned_to", "deleted_at", "disqualified_at", "disqualification_reason", "priority")


@settings(max_examples=300, deadline=None)
@given(happenings)
def test_whatever_happens_in_whichever_order_a_lead_stays_whole(
    happening: list[tuple[str, int, Configuration]],
) -> None:
    lead, now, held = make_lead(CONFIGURATION), NOW, 1
    for name, minutes, configuration in happening:
        now += timedelta(minutes=minutes)
        change = tried(lead, name, Situation(configuration, by_person().actor, now))
        if change is None:
            continue
        after = change.lead
        held += begins(lead, after) - ends(lead, after)
        assert held == (after.deleted_at is None)
        assert_whole(after)
        seen = any(getattr(lead, each) != getattr(after, each) for each in SEEN)
        assert after.version > lead.version if seen else after.version >= lead.version
        assert after.clock_version == lead.clock_version + change.clock_changed or name == "clock"
        waits, waited = after.sla and not after.clock_closed_by, lead.sla and not lead.clock_closed_by
        # A clock that begins to wait, or ends, is told of it.
        assert change.clock_changed or bool(waits) == bool(waited)
        lead = after


def tried(lead: Lead, name: str, situation: Situation) -> Change | None:
    """What becomes of the lead; nothing where the rules forbid it as it stands."""
    try:
        return STEPS[name](lead, situation)
    except LeadlineError as error:
        if error.reason not in EXPECTED:
            raise
        return None


def assert_whole(lead: Lead) -> None:
    """What holds of every lead."""
    is_open = lead.status is LeadStatus.OPEN and lead.deleted_at is None
    assert (lead.clock_closed_by == "") == (is_open and lead.first_response_at is None)
    assert (lead.closed_from_stage_id is not None) == (lead.status is not LeadStatus.OPEN)
    assert (lead.disqualified_at is not None) == (lead.status is LeadStatus.DISQUALIFIED)
    assert lead.disqualification_reason is None or lead.disqualified_at is not None
    if lead.sla and lead.sla.paused_at:
        assert is_open
        assert lead.stage_id == QUALIFIED.id
    if lead.sla and lead.first_response_at:
        assert lead.first_response_at >= lead.sla.started_at
    if lead.reopened_at and lead.sla:
        assert lead.sla.started_at >= lead.reopened_at
    assert lead.sla is None or lead.sla.started_at in {lead.created_at, lead.reopened_at}


@pytest.mark.parametrize("minutes", [1, 59])
def test_a_lead_that_comes_and_goes_at_a_stage_that_pauses_stands_still_each_time(minutes: int) -> None:
    paused = changing.change_stage(
        make_lead(CONFIGURATION), QUALIFIED.id, {}, by_person(NOW + HOUR, CONFIGURATION)
    ).lead
    now = NOW + HOUR + minutes * MINUTE
    gone = life_cycle.delete(paused, by_person(now, CONFIGURATION)).lead
    back = life_cycle.restore(gone, by_person(now + MINUTE, CONFIGURATION)).lead
    assert (paused.sla is not None, gone.sla is not None, back.sla is not None) == (True, True, True)
    if gone.sla and back.sla:
        assert gone.sla.paused_at is None
        assert back.sla.paused_at == now + MINUTE
        # Gone, its time went on: it is the minute that it was not at the stage.
        assert back.sla.deadline == NOW + 4 * HOUR + minutes * MINUTE
