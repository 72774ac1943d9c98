"""Clocks that stand still: while a lead is at certain stages its business time does not count."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads_service.domain import life_cycle, milestones
from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.business_clock import business_time_between
from leads_service.domain.configuration import Configuration, EscalationRule, SlaPolicy
from leads_service.domain.lead import Lead
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.settings_document import settings_from_document
from leads_service.domain.sla import Sla, SlaStatus, remaining_seconds, status_at
from leads_service.domain.timeline import LoggedActivity, log_activity
from tests.unit.leads.building import (
    CONTACTED,
    HOUR,
    NEW,
    NOW,
    QUALIFIED,
    by_leadline,
    by_person,
    configured,
    make_lead,
)

OFFICE = {
    "timezone": "Europe/Berlin",
    "hours": {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}


def pausing(calendar: dict[str, Any] | None = None, minutes: int = 240, **more: Any) -> Configuration:
    """Leads are to be answered by a policy that stands still at Contacted."""
    policy = {"name": "Pausing", "isDefault": True, "responseMinutes": minutes, "pauseAtStages": [str(CONTACTED.id)]}
    document = {"sla": {"policies": [{**policy, "businessHours": calendar}], "firstResponseOn": ["activity"]}}
    made = settings_from_document(document)
    return configured(policies=made.policies, first_response_on=made.first_response_on, **more)


def moved(lead: Lead, stage: Any, at: datetime, configuration: Configuration) -> Lead:
    return life_cycle.change_stage(lead, stage.id, {}, by_person(at, configuration)).settled().lead


def sla_of(lead: Lead) -> Sla:
    assert lead.sla is not None
    return lead.sla


def test_the_time_at_a_pausing_stage_does_not_count() -> None:
    settings = pausing(escalations=(EscalationRule(Decimal(60)),))
    lead = make_lead(settings)
    before = sla_of(lead)
    paused = moved(lead, CONTACTED, NOW + HOUR, settings)
    assert status_at(paused.sla, None, NOW + 90 * HOUR) is SlaStatus.PAUSED
    assert remaining_seconds(paused.sla, None, NOW + 90 * HOUR) == 3 * 3600
    after = sla_of(moved(paused, QUALIFIED, NOW + 11 * HOUR, settings))
    assert after.deadline == before.deadline + 10 * HOUR
    assert after.at_risk_at == before.at_risk_at + 10 * HOUR
    assert after.escalations[0].at == before.escalations[0].at + 10 * HOUR
    assert status_at(after, None, NOW + 11 * HOUR) is SlaStatus.ON_TRACK


def test_the_clock_is_told_when_it_stands_still_and_when_it_goes_on() -> None:
    settings = pausing()
    lead = make_lead(settings)
    change = life_cycle.change_stage(lead, CONTACTED.id, {}, by_person(NOW + HOUR, settings)).settled()
    assert (change.clock_changed, change.lead.clock_version) == (True, 2)
    assert not sla_of(change.lead).is_fixed(sla_of(change.lead).deadline)
    gone_on = life_cycle.change_stage(change.lead, NEW.id, {}, by_person(NOW + 2 * HOUR, settings)).settled()
    assert (gone_on.clock_changed, gone_on.lead.clock_version) == (True, 3)


def test_a_lead_that_begins_at_a_pausing_stage_has_its_whole_time_when_it_leaves() -> None:
    settings = pausing()
    lead = make_lead(settings, last_name="Johnson", stage_id=CONTACTED.id)
    assert sla_of(lead).paused_at == NOW
    left = moved(lead, NEW, NOW + 50 * HOUR, settings)
    assert sla_of(left).deadline == NOW + 54 * HOUR


def test_what_is_overdue_stays_overdue() -> None:
    settings = pausing()
    lead = make_lead(settings)
    late = moved(lead, CONTACTED, NOW + 5 * HOUR, settings)
    assert sla_of(late).paused_at is None
    assert status_at(late.sla, None, NOW + 6 * HOUR) is SlaStatus.BREACHED
    assert sla_of(moved(late, NEW, NOW + 9 * HOUR, settings)).deadline == sla_of(lead).deadline


def test_nothing_comes_due_while_the_clock_stands_still_but_what_was_due_before() -> None:
    settings = pausing()
    paused = moved(make_lead(settings), CONTACTED, NOW + 3 * HOUR, settings)
    later = by_leadline(NOW + 100 * HOUR, settings)
    outcome, change = milestones.record(paused, MilestoneKind.BREACHED, 0, later)
    assert (outcome, change.changed) == (Outcome.NOT_DUE, False)
    assert milestones.record(paused, MilestoneKind.AT_RISK, 0, later)[0] is Outcome.RECORDED


def test_an_answer_while_the_clock_stands_still_is_in_time() -> None:
    settings = pausing()
    paused = moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)
    call = LoggedActivity(type="call", direction="outbound")
    answered = log_activity(paused, call, by_person(NOW + 100 * HOUR, settings)).lead
    assert sla_of(answered).paused_at is None
    assert status_at(answered.sla, answered.first_response_at, NOW + 101 * HOUR) is SlaStatus.MET
    assert answered.clock_closed_by == "answered"


def test_a_change_of_the_policy_touches_no_clock_that_was_promised() -> None:
    settings = pausing()
    paused = moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)
    other = replace(settings, settings=replace(settings.settings, policies=()))
    assert sla_of(moved(paused, NEW, NOW + 3 * HOUR, other)).deadline == NOW + 6 * HOUR


def test_another_policy_knows_of_the_pauses_before_it() -> None:
    settings = pausing()
    urgent = SlaPolicy("Urgent", is_default=False, match=(), response_minutes={"high": Decimal(120)})
    both = replace(settings, settings=replace(settings.settings, policies=(urgent, *settings.settings.policies)))
    lead = moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)
    lead = moved(lead, NEW, NOW + 3 * HOUR, settings)
    changed = life_cycle.update(lead, {"priority": "high"}, by_person(NOW + 3 * HOUR, both)).settled().lead
    assert (sla_of(changed).policy, sla_of(changed).deadline) == ("Urgent", NOW + 4 * HOUR)


def test_a_policy_that_does_not_pause_lets_a_standing_clock_go_on() -> None:
    settings = pausing()
    urgent = SlaPolicy("Urgent", is_default=False, match=(), response_minutes={"high": Decimal(120)})
    both = replace(settings, settings=replace(settings.settings, policies=(urgent, *settings.settings.policies)))
    paused = moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)
    changed = life_cycle.update(paused, {"priority": "high"}, by_person(NOW + 10 * HOUR, both)).settled().lead
    assert sla_of(changed).paused_at is None
    assert sla_of(changed).deadline == NOW + 11 * HOUR


def test_a_deleted_lead_does_not_stand_still() -> None:
    settings = pausing()
    paused = moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)
    deleted = life_cycle.delete(paused, by_person(NOW + 2 * HOUR, settings)).lead
    assert sla_of(deleted).paused_at is None


@pytest.mark.parametrize("calendar", [None, OFFICE], ids=["every hour", "office hours"])
@given(spans=st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=3)), min_size=1, max_size=8))
def test_the_business_time_outside_of_pauses_is_what_was_promised(
    calendar: dict[str, Any] | None, spans: list[timedelta]
) -> None:
    settings = pausing(calendar, minutes=3000)
    lead, at = make_lead(settings), NOW
    for place, span in enumerate(spans):
        at += span
        lead = moved(lead, (CONTACTED, NEW)[place % 2], at, settings)
    promise = sla_of(lead)
    hours = _hours(calendar)
    pauses = [*promise.pauses, *([(promise.paused_at, promise.paused_at)] if promise.paused_at else [])]
    ticking, begin = timedelta(0), NOW
    for start, end in pauses:
        ticking += business_time_between(begin, start, hours)
        begin = end
    left = business_time_between(begin, promise.deadline, hours)
    assert ticking + left == timedelta(minutes=3000)
    assert promise.at_risk_at < promise.deadline
    assert (promise.paused_at is not None) == (lead.stage_id == CONTACTED.id and promise.deadline > at)


def _hours(calendar: dict[str, Any] | None) -> BusinessHours | None:
    if calendar is None:
        return None
    return (
        settings_from_document({"sla": {"policies": [{"name": "x", "responseMinutes": 1, "businessHours": calendar}]}})
        .policies[0]
        .business_hours
    )
