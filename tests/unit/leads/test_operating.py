"""What operators do with clocks: deadlines are moved, clocks stand still and go on, each with who and why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import life_cycle, milestones, operating
from leads_service.domain.business_clock import business_time_between
from leads_service.domain.configuration import SlaPolicy
from leads_service.domain.lead import Change, Lead
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.operating import Operation, Wish
from leads_service.domain.sla import SlaStatus, status_at
from tests.unit.leads.building import (
    CONTACTED,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    by_leadline,
    by_person,
    instants_between,
    make_lead,
    types_of,
)
from tests.unit.leads.operators import (
    OFFICE,
    SAID,
    SETTINGS,
    WISH,
    answered_at,
    extended,
    held,
    hours_of,
    moved,
    promising,
    recorded,
    resumed,
    sla_of,
    updated,
)
from tests.unit.leads.refusals import faults, refusal


def test_an_extended_deadline_takes_along_what_lies_ahead() -> None:
    lead = make_lead(SETTINGS)
    change = extended(lead, NOW + 14 * HOUR, NOW + HOUR)
    promise = sla_of(change.lead)
    assert (promise.at_risk_at, promise.deadline) == (NOW + 12.4 * HOUR, NOW + 14 * HOUR)
    assert [each.at for each in promise.escalations] == [NOW + 14 * HOUR, NOW + 15 * HOUR]
    assert (change.clock_changed, change.lead.clock_version, change.lead.version) == (True, 2, 1)
    (told,) = change.activities
    assert (told.type, told.performed_by) == ("sla_extended", None)
    assert told.metadata == SAID | {
        "previousDeadline": "2025-01-20T14:00:00Z",
        "responseDeadline": "2025-01-21T00:00:00Z",
    }


def test_a_milestone_that_has_come_stays_unless_it_lies_ahead_again() -> None:
    lead = recorded(make_lead(SETTINGS), NOW + 3 * HOUR)
    little = sla_of(extended(lead, NOW + 4.1 * HOUR, NOW + 3 * HOUR).lead)
    assert (little.at_risk_at, little.at_risk_recorded_at) == (NOW + 2.4 * HOUR, NOW + 3 * HOUR)
    assert status_at(little, None, NOW + 3 * HOUR) is SlaStatus.AT_RISK
    much = sla_of(extended(lead, NOW + 6 * HOUR, NOW + 3 * HOUR).lead)
    assert (much.at_risk_at, much.at_risk_recorded_at) == (NOW + 4.4 * HOUR, None)
    assert status_at(much, None, NOW + 3 * HOUR) is SlaStatus.ON_TRACK


def test_an_overdue_lead_is_waited_for_again_and_each_milestone_recorded_when_it_comes_again() -> None:
    lead = recorded(make_lead(SETTINGS), NOW + 6 * HOUR)
    assert sla_of(lead).escalations[1].escalated_at is not None
    again = extended(lead, NOW + 10 * HOUR, NOW + 6 * HOUR).lead
    assert status_at(again.sla, None, NOW + 6 * HOUR) is SlaStatus.ON_TRACK
    assert milestones.record(again, MilestoneKind.BREACHED, 0, by_leadline(NOW + 9 * HOUR))[0] is Outcome.NOT_DUE
    kinds, _ = milestones.record_due(again, by_leadline(NOW + 12 * HOUR, SETTINGS))
    assert kinds == [MilestoneKind.AT_RISK, MilestoneKind.BREACHED, *[MilestoneKind.ESCALATION] * 2]


def test_a_deadline_where_nobody_works_has_no_escalation_before_it() -> None:
    office = promising(OFFICE)
    lead = make_lead(office)
    # From Monday 11:00 in Berlin, four hours of work: 16:00. Then on to where nobody works.
    assert sla_of(lead).deadline == NOW + 6 * HOUR - HOUR
    night = extended(lead, NOW + 12 * HOUR, NOW + HOUR, office).lead
    assert [each.at for each in sla_of(night).escalations] == [NOW + 12 * HOUR, NOW + 23 * HOUR]


@pytest.mark.parametrize(
    ("until", "message"),
    [
        (NOW + 4 * HOUR, "Must be later than now and than the deadline, which is 2025-01-20T14:00:00Z."),
        (NOW + 2 * HOUR, "Must be later than now and than the deadline, which is 2025-01-20T14:00:00Z."),
        (NOW + timedelta(days=380), "Must be at most a year ahead."),
    ],
)
def test_a_deadline_is_only_moved_later_and_at_most_by_a_year(until: datetime, message: str) -> None:
    with refusal("VALIDATION_FAILED", ErrorKind.INVALID) as caught:
        extended(make_lead(SETTINGS), until, NOW + HOUR)
    assert caught.value.message == f"until: {message}"


def test_an_overdue_deadline_is_moved_later_than_now() -> None:
    with faults(("until", "OUT_OF_RANGE")):
        extended(make_lead(SETTINGS), NOW + 5 * HOUR, NOW + 5 * HOUR)


def test_an_extension_stays_until_another_policy_or_window_is_chosen() -> None:
    lead = extended(make_lead(SETTINGS, source="a", last_name="Johnson"), NOW + 14 * HOUR, NOW + HOUR).lead
    same = updated(updated(lead, NOW + 2 * HOUR, source="b"), NOW + 2 * HOUR, priority="high")
    assert sla_of(same) == sla_of(lead)
    urgent = updated(same, NOW + 2 * HOUR, priority="critical")
    assert (sla_of(urgent).deadline, sla_of(urgent).is_extended) == (NOW + HOUR, False)
    other = SlaPolicy("Other", is_default=True, match=(), response_minutes={"*": Decimal(300)})
    changed = replace(SETTINGS, settings=replace(SETTINGS.settings, policies=(other,)))
    assert sla_of(updated(same, NOW + 2 * HOUR, changed, source="a")).deadline == NOW + 5 * HOUR


def test_a_held_clock_stands_still_at_whatever_stage_until_it_is_let_go() -> None:
    lead = make_lead(SETTINGS)
    change = held(lead, NOW + HOUR)
    assert (change.clock_changed, types_of(change)) == (True, ["sla_paused"])
    assert change.activities[0].metadata == SAID | {"responseDeadline": "2025-01-20T14:00:00Z"}
    moved_on = moved(moved(change.lead, CONTACTED, NOW + 2 * HOUR), NEW, NOW + 3 * HOUR)
    assert status_at(moved_on.sla, None, NOW + 90 * HOUR) is SlaStatus.PAUSED
    assert not sla_of(moved_on).is_fixed(sla_of(moved_on).deadline)
    going_on = resumed(moved_on, NOW + 11 * HOUR)
    assert sla_of(going_on.lead).deadline == NOW + 14 * HOUR
    assert (going_on.clock_changed, types_of(going_on)) == (True, ["sla_resumed"])
    assert going_on.activities[0].metadata == SAID | {
        "pausedAt": "2025-01-20T11:00:00Z",
        "previousDeadline": "2025-01-20T14:00:00Z",
        "responseDeadline": "2025-01-21T00:00:00Z",
    }


def test_a_clock_that_is_let_go_at_a_pausing_stage_stands_still_there() -> None:
    settings = promising(pauseAtStages=[str(CONTACTED.id)])
    lead = moved(held(make_lead(settings), NOW + HOUR, settings).lead, CONTACTED, NOW + 2 * HOUR, settings)
    still = resumed(lead, NOW + 3 * HOUR, settings).lead
    assert (sla_of(still).paused_at, sla_of(still).is_held) == (NOW + HOUR, False)
    assert sla_of(moved(still, NEW, NOW + 11 * HOUR, settings)).deadline == NOW + 14 * HOUR


def test_another_policy_keeps_a_held_clock_held() -> None:
    lead = updated(held(make_lead(SETTINGS), NOW + HOUR / 2).lead, NOW + 5 * HOUR, priority="critical")
    assert (sla_of(lead).is_held, sla_of(lead).paused_at) == (True, NOW + HOUR / 2)
    assert sla_of(resumed(lead, NOW + 10 * HOUR).lead).deadline == NOW + 10.5 * HOUR


def test_a_held_clock_that_another_policy_makes_overdue_is_overdue_and_can_be_let_go() -> None:
    lead = updated(held(make_lead(SETTINGS), NOW + 2 * HOUR).lead, NOW + 5 * HOUR, priority="critical")
    assert status_at(lead.sla, None, NOW + 5 * HOUR) is SlaStatus.BREACHED
    for operate in (held, partial(extended, until=NOW + 9 * HOUR)):
        with refusal("CLOCK_PAUSED"):
            operate(lead, at=NOW + 5 * HOUR)
    free = resumed(lead, NOW + 5 * HOUR)
    assert "pausedAt" not in free.activities[0].metadata
    assert status_at(free.lead.sla, None, NOW + 5 * HOUR) is SlaStatus.BREACHED


def test_an_answer_closes_a_held_clock_in_time() -> None:
    answered = answered_at(held(make_lead(SETTINGS), NOW + HOUR).lead, NOW + 90 * HOUR)
    assert answered.clock_closed_by == "answered"
    assert status_at(answered.sla, answered.first_response_at, NOW + 91 * HOUR) is SlaStatus.MET


def test_a_held_clock_whose_lead_was_deleted_and_restored_is_held() -> None:
    deleted = life_cycle.delete(held(make_lead(SETTINGS), NOW + HOUR).lead, by_person(NOW + 2 * HOUR, SETTINGS)).lead
    back = life_cycle.restore(deleted, by_person(NOW + 3 * HOUR, SETTINGS)).lead
    assert (sla_of(back).is_held, sla_of(back).paused_at) == (True, NOW + 3 * HOUR)


def test_what_is_overdue_is_not_paused() -> None:
    with refusal("CLOCK_OVERDUE"):
        held(make_lead(SETTINGS), NOW + 4 * HOUR)


def test_what_stands_still_is_neither_paused_nor_extended() -> None:
    settings = promising(pauseAtStages=[str(CONTACTED.id)])
    by_stage = moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)
    for still in (by_stage, held(make_lead(settings), NOW + HOUR, settings).lead):
        for operate in (held, partial(extended, until=NOW + 9 * HOUR)):
            with refusal("CLOCK_PAUSED"):
                operate(still, at=NOW + 2 * HOUR, settings=settings)


def test_what_no_operator_holds_is_not_let_go() -> None:
    settings = promising(pauseAtStages=[str(CONTACTED.id)])
    for lead in (make_lead(settings), moved(make_lead(settings), CONTACTED, NOW + HOUR, settings)):
        with refusal("CLOCK_NOT_PAUSED"):
            resumed(lead, NOW + 2 * HOUR, settings)


@pytest.mark.parametrize("operate", [partial(extended, until=NOW + 9 * HOUR), held, resumed])
def test_a_clock_that_is_over_or_locked_takes_no_operation(operate: Callable[..., Change]) -> None:
    lead = make_lead(SETTINGS)
    answered = answered_at(lead, NOW + HOUR)
    deleted = life_cycle.delete(lead, by_person(NOW + HOUR, SETTINGS)).lead
    for over, by in ((answered, "answered"), (deleted, "deleted"), (replace(lead, sla=None), "")):
        with refusal("CLOCK_CLOSED") as caught:
            operate(over, at=NOW + 2 * HOUR)
        assert caught.value.metadata == {"closedBy": by}
    with refusal("LEAD_CONVERTING"):
        operate(replace(lead, conversion_id=new_id()), at=NOW + 2 * HOUR)


def test_reading_a_clock_changes_nothing_and_leaves_who_and_why() -> None:
    lead = make_lead(SETTINGS)
    change = operating.read(lead, WISH, by_leadline(NOW + HOUR, SETTINGS))
    assert (change.lead, change.changed, change.clock_changed) == (lead, False, False)
    assert [(told.type, told.metadata) for told in change.activities] == [
        ("sla_read", SAID | {"responseDeadline": "2025-01-20T14:00:00Z"})
    ]


def test_reading_a_clock_that_is_over_leaves_nothing() -> None:
    answered = answered_at(make_lead(SETTINGS), NOW + HOUR)
    change = operating.read(answered, WISH, by_leadline(NOW + 2 * HOUR, SETTINGS))
    assert (change.lead, change.changed, change.activities) == (answered, False, ())


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(by=" ", reason="\n"), [("by", "REQUIRED"), ("reason", "REQUIRED")]),
        (Wish(by="a" * 201, reason="b" * 1001), [("by", "TOO_LONG"), ("reason", "TOO_LONG")]),
        (Wish(by="a\nb", reason="b\0"), [("by", "CONTROL_CHARACTER"), ("reason", "CONTROL_CHARACTER")]),
    ],
)
def test_who_and_why_must_be_said(wish: Wish, expected: list[tuple[str, str]]) -> None:
    lead, at = make_lead(SETTINGS), by_leadline(NOW + HOUR, SETTINGS)
    asked: list[tuple[Operation, Lead]] = [
        (operating.hold, lead),
        (operating.resume, held(lead, NOW + HOUR).lead),
        (operating.read, lead),
    ]
    for operation, of in asked:
        with faults(*expected):
            operation(of, wish, at)
    with faults(*expected, ("until", "OUT_OF_RANGE")):
        operating.extend(NOW, lead, wish, at)


@pytest.mark.parametrize("calendar", [None, OFFICE], ids=["every hour", "office hours"])
@given(
    begin=instants_between(NOW, NOW + 3.9 * HOUR),
    span=st.timedeltas(MINUTE, timedelta(days=9)),
)
def test_a_pause_moves_the_deadline_by_the_business_time_paused_and_never_earlier(
    calendar: dict[str, Any] | None, begin: datetime, span: timedelta
) -> None:
    settings = promising(calendar)
    hours = hours_of(settings)
    lead = make_lead(settings)
    before = sla_of(lead)
    after = sla_of(resumed(held(lead, begin, settings).lead, begin + span, settings).lead)
    paused = business_time_between(begin, begin + span, hours)
    assert business_time_between(before.deadline, after.deadline, hours) == paused
    assert after.deadline >= before.deadline
    assert before.started_at < after.at_risk_at < after.deadline <= after.escalations[0].at < after.escalations[1].at


@pytest.mark.parametrize("calendar", [None, OFFICE], ids=["every hour", "office hours"])
@given(at=instants_between(NOW, NOW + timedelta(days=3)), span=st.timedeltas(MINUTE, timedelta(days=300)))
def test_an_extension_keeps_the_order_of_a_clock_and_the_business_time_between_its_instants(
    calendar: dict[str, Any] | None, at: datetime, span: timedelta
) -> None:
    settings = promising(calendar)
    hours = hours_of(settings)
    lead = make_lead(settings)
    before = sla_of(lead)
    until = max(at, before.deadline) + span
    after = sla_of(extended(lead, until, at, settings).lead)
    assert after.deadline == until
    assert after.at_risk_at == before.at_risk_at or after.at_risk_at > at
    assert after.at_risk_at < after.deadline <= after.escalations[0].at < after.escalations[1].at
    assert business_time_between(until, after.escalations[1].at, hours) == HOUR
    assert status_at(after, None, until - timedelta(microseconds=1)) in {SlaStatus.ON_TRACK, SlaStatus.AT_RISK}
