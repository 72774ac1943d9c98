"""Milestones of a clock: recorded once, only when they have come, and only if nobody had answered by then."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain.configuration import EscalationRule
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.milestones import MilestoneKind, Outcome, record, record_due
from tests.unit.leads.building import ALICE, BOB, HOUR, MINUTE, NOW, by_leadline, configured, make_lead, types_of

CONFIGURATION = configured(
    escalations=(EscalationRule(Decimal(30)), EscalationRule(Decimal("90.5"), BOB)), at_risk_after_percent=Decimal(50)
)
AT_RISK, BREACHED, ESCALATION = MilestoneKind
# Kind, index, and when it comes under 240 minutes.
MILESTONES = [
    (AT_RISK, 0, NOW + 2 * HOUR),
    (BREACHED, 0, NOW + 4 * HOUR),
    (ESCALATION, 0, NOW + 4 * HOUR + 30 * MINUTE),
    (ESCALATION, 1, NOW + 4 * HOUR + timedelta(minutes=90, seconds=30)),
]
MICROSECOND = timedelta(microseconds=1)
every_milestone = pytest.mark.parametrize(("kind", "index", "at"), MILESTONES)


def lead_of_alice() -> Lead:
    return make_lead(CONFIGURATION, last_name="Johnson", assigned_to=ALICE)


def outcome(lead: Lead, kind: MilestoneKind, index: int, now: datetime) -> Outcome:
    return record(lead, kind, index, by_leadline(now, CONFIGURATION))[0]


@every_milestone
def test_a_milestone_is_recorded_from_its_instant_on_and_once(kind: MilestoneKind, index: int, at: datetime) -> None:
    lead = lead_of_alice()
    assert outcome(lead, kind, index, at - MICROSECOND) is Outcome.NOT_DUE
    said, change = record(lead, kind, index, by_leadline(at, CONFIGURATION))
    assert said is Outcome.RECORDED
    activity = change.activities[-1]
    assert (activity.occurred_at, activity.created_at, activity.performed_by) == (at, at, None)
    assert activity.metadata["responseDeadline"] == "2025-01-20T14:00:00Z"
    again, nothing = record(change.lead, kind, index, by_leadline(at + HOUR, CONFIGURATION))
    assert (again, nothing.lead, nothing.changed, nothing.activities) == (
        Outcome.ALREADY_RECORDED,
        change.lead,
        False,
        (),
    )


def test_the_three_kinds_are_three_activities_and_what_came_before_is_recorded_first() -> None:
    late = by_leadline(NOW + 9 * HOUR, CONFIGURATION)
    told = [types_of(record(lead_of_alice(), kind, index, late)[1]) for kind, index, _ in MILESTONES]
    types = ["sla_at_risk", "sla_breached", "sla_escalated", "sla_escalated"]
    assert told == [types[:1], types[:2], types[:3], types]


def test_told_in_the_wrong_order_escalations_are_carried_out_in_the_right_one() -> None:
    both = configured(escalations=(EscalationRule(Decimal(30), ALICE), EscalationRule(Decimal(60), BOB)))
    late = by_leadline(NOW + 9 * HOUR, both)
    change = record(make_lead(both), ESCALATION, 1, late)[1]
    assert change.lead.assigned_to == BOB
    assert [each.new_value for each in change.history] == [str(ALICE), str(BOB)]
    assert record(change.lead, ESCALATION, 0, late)[0] is Outcome.ALREADY_RECORDED


@every_milestone
def test_up_to_a_minute_after_its_instant_it_is_in_time_and_then_late(
    kind: MilestoneKind, index: int, at: datetime
) -> None:
    metadata = [
        record(lead_of_alice(), kind, index, by_leadline(at + after, CONFIGURATION))[1].activities[-1].metadata
        for after in (MINUTE, MINUTE + MICROSECOND)
    ]
    assert "recordedLate" not in metadata[0]
    assert "recordedAt" not in metadata[0]
    assert metadata[1]["recordedLate"] is True
    assert datetime.fromisoformat(metadata[1]["recordedAt"]) == at + MINUTE + MICROSECOND


@every_milestone
def test_its_owner_is_told_of_it_with_its_activity(kind: MilestoneKind, index: int, at: datetime) -> None:
    change = record(lead_of_alice(), kind, index, by_leadline(at, CONFIGURATION))[1]
    told, activity = change.notifications[-1], change.activities[-1]
    assert (told.type, told.metadata, told.occurred_at, told.created_at) == (activity.type, activity.metadata, at, at)
    assert (told.lead_id, told.lead_name, told.number) == (change.lead.id, "Johnson", None)
    assert len(change.notifications) == len(change.activities)
    assert told.recipient_ids == ((BOB, ALICE) if index else (ALICE,))


def test_a_notification_says_what_is_the_matter() -> None:
    change = record_due(lead_of_alice(), by_leadline(NOW + 9 * HOUR, CONFIGURATION))[1]
    assert [each.title for each in change.notifications[:3]] == [
        "The first response to Johnson is at risk",
        "The first response to Johnson is overdue",
        "Escalated: still no first response to Johnson",
    ]


def test_where_nobody_owns_the_lead_there_is_nobody_to_tell_but_whom_it_goes_to() -> None:
    change = record_due(make_lead(CONFIGURATION), by_leadline(NOW + 9 * HOUR, CONFIGURATION))[1]
    assert [each.recipient_ids for each in change.notifications] == [(), (), (), (BOB,)]


def test_what_is_refused_tells_nobody() -> None:
    for moment in (NOW + HOUR, NOW + 2 * HOUR):
        change = record(lead_of_alice(), BREACHED, 0, by_leadline(moment, CONFIGURATION))[1]
        assert (change.notifications, change.activities) == ((), ())


def test_of_at_risk_and_the_deadline_there_is_one_each_whatever_index_is_given() -> None:
    assert outcome(lead_of_alice(), AT_RISK, 7, NOW + 3 * HOUR) is Outcome.RECORDED


def test_an_escalation_hands_the_lead_over_and_tells_its_clock() -> None:
    kind, index, at = MILESTONES[3]
    change = record(lead_of_alice(), kind, index, by_leadline(at, CONFIGURATION))[1]
    assert change.lead.assigned_to == BOB
    assert change.lead.sla is not None
    assert [each.escalated_at for each in change.lead.sla.escalations] == [at, at]
    assert [(entry.field, entry.old_value, entry.new_value, entry.changed_by) for entry in change.history] == [
        ("assignedTo", str(ALICE), str(BOB), None)
    ]
    assert (change.lead.version, change.clock_changed) == (2, True)
    assert change.activities[-1].metadata["afterMinutes"] == 90.5
    assert change.activities[-1].metadata["assignedTo"] == str(BOB)


def test_an_escalation_without_a_successor_leaves_the_owner() -> None:
    kind, index, at = MILESTONES[2]
    change = record(lead_of_alice(), kind, index, by_leadline(at, CONFIGURATION))[1]
    assert (change.lead.assigned_to, change.history, change.clock_changed) == (ALICE, (), False)


def test_recording_makes_no_read_version_stale() -> None:
    lead = lead_of_alice()
    change = record(lead, BREACHED, 0, by_leadline(NOW + 5 * HOUR, CONFIGURATION))[1]
    assert change.changed
    assert (change.lead.version, change.lead.updated_at, change.clock_changed) == (lead.version, lead.updated_at, False)


@every_milestone
def test_an_answer_in_time_closes_it(kind: MilestoneKind, index: int, at: datetime) -> None:
    answered = replace(lead_of_alice(), first_response_at=at - MICROSECOND, clock_closed_by="answered")
    assert outcome(answered, kind, index, at + HOUR) is Outcome.CLOSED


@every_milestone
def test_an_answer_too_late_hides_no_breach_but_stops_escalations(
    kind: MilestoneKind, index: int, at: datetime
) -> None:
    answered = replace(lead_of_alice(), first_response_at=at, clock_closed_by="answered")
    expected = Outcome.CLOSED if kind is ESCALATION else Outcome.RECORDED
    assert outcome(answered, kind, index, at + HOUR) is expected


@every_milestone
def test_deleted_leads_and_leads_without_promise_have_none(kind: MilestoneKind, index: int, at: datetime) -> None:
    deleted = replace(lead_of_alice(), deleted_at=NOW + MINUTE, clock_closed_by="deleted")
    assert outcome(deleted, kind, index, at) is Outcome.CLOSED
    assert outcome(replace(lead_of_alice(), sla=None), kind, index, at) is Outcome.CLOSED


def test_a_lead_closed_in_time_has_none() -> None:
    closed = replace(
        lead_of_alice(), status=LeadStatus.CONVERTED, first_response_at=NOW + HOUR, clock_closed_by="converted"
    )
    assert outcome(closed, BREACHED, 0, NOW + 9 * HOUR) is Outcome.CLOSED


@pytest.mark.parametrize("index", [-1, 2, 99])
def test_an_escalation_that_there_is_not_is_closed(index: int) -> None:
    assert outcome(lead_of_alice(), ESCALATION, index, NOW + 99 * HOUR) is Outcome.CLOSED


def test_the_clock_of_a_lead_that_is_being_converted_goes_on() -> None:
    converting = replace(lead_of_alice(), conversion_id=new_id())
    assert outcome(converting, BREACHED, 0, NOW + 5 * HOUR) is Outcome.RECORDED


def test_all_that_was_missed_is_recorded_together_with_its_times_and_once() -> None:
    late = by_leadline(NOW + 9 * HOUR, CONFIGURATION)
    kinds, change = record_due(lead_of_alice(), late)
    assert kinds == [kind for kind, _, _ in MILESTONES]
    assert [each.occurred_at for each in change.activities] == [at for _, _, at in MILESTONES]
    assert {each.created_at for each in change.activities} == {late.now}
    assert (change.lead.assigned_to, change.changed, change.clock_changed) == (BOB, True, True)
    assert [each.field for each in change.history] == ["assignedTo"]
    again = record_due(change.lead, late)
    assert (again[0], again[1].changed, again[1].lead) == ([], False, change.lead)


@pytest.mark.parametrize(("hours", "count"), [(0, 0), (2, 1), (4, 2), (4.5, 3), (6, 4)])
def test_only_what_has_come_is_recorded(hours: float, count: int) -> None:
    kinds, change = record_due(lead_of_alice(), by_leadline(NOW + hours * HOUR, CONFIGURATION))
    assert (len(kinds), change.changed) == (count, count > 0)
    kinds, change = record_due(replace(lead_of_alice(), sla=None), by_leadline(NOW + hours * HOUR))
    assert (kinds, change.changed) == ([], False)


orders = st.tuples(st.sampled_from(MILESTONES), st.timedeltas(timedelta(0), timedelta(hours=7)))


@settings(max_examples=100, deadline=None)
@given(st.lists(orders, max_size=12), st.none() | st.timedeltas(timedelta(0), timedelta(hours=7)))
def test_however_often_and_whenever_it_is_asked_each_is_recorded_at_most_once(
    asked: list[tuple[tuple[MilestoneKind, int, datetime], timedelta]], answered_after: timedelta | None
) -> None:
    lead = lead_of_alice()
    if answered_after is not None:
        lead = replace(lead, first_response_at=NOW + answered_after, clock_closed_by="answered")
    recorded = []
    for (kind, index, at), offset in asked:
        said, change = record(lead, kind, index, by_leadline(NOW + offset, CONFIGURATION))
        assert (said is Outcome.RECORDED) is change.changed is bool(change.activities)
        if said is Outcome.RECORDED:
            assert NOW + offset >= at
            recorded.append((kind, index))
        lead = change.lead
    assert len(recorded) == len(set(recorded))
