"""The first response: what counts, by whom, from when, and that it only ever moves earlier."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads_service.domain import timeline
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.settling import Situation
from leads_service.domain.sla import SlaStatus, status_at
from leads_service.domain.timeline import LoggedActivity
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONFIGURATION,
    CONTACTED,
    HOUR,
    MINUTE,
    NOW,
    by_leadline,
    by_person,
    configured,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import faults

LATER = NOW + HOUR


def logged(
    lead: Lead, occurred_at: datetime | None, situation: Situation | None = None, direction: str = "outbound"
) -> Change:
    call = LoggedActivity(type="call", direction=direction, occurred_at=occurred_at)
    return timeline.log_activity(lead, call, situation or by_person(LATER))


def noted(lead: Lead, situation: Situation) -> Change:
    return timeline.add_note(lead, "Called, no answer", ALICE, situation)[1]


def moved(lead: Lead, situation: Situation) -> Change:
    return changing.change_stage(lead, CONTACTED.id, {}, situation)


ANSWERS = {
    "activity": lambda lead, situation: logged(lead, None, situation),
    "note": noted,
    "stage_change": moved,
}


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_an_outbound_activity_a_note_and_a_move_by_a_person_count(kind: str) -> None:
    change = ANSWERS[kind](make_lead(), by_person(LATER))
    assert change.lead.first_response_at == LATER
    assert (change.clock_changed, change.lead.clock_closed_by) == (True, "answered")
    said = next(activity for activity in change.activities if activity.type == "first_response")
    assert (said.occurred_at, said.metadata, said.performed_by) == (LATER, {"by": kind}, ALICE)


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_only_what_the_settings_name_counts(kind: str) -> None:
    others: Configuration = configured(first_response_on=frozenset(ANSWERS) - {kind})
    assert ANSWERS[kind](make_lead(), by_person(LATER, others)).lead.first_response_at is None
    alone: Configuration = configured(first_response_on=frozenset({kind}))
    assert ANSWERS[kind](make_lead(), by_person(LATER, alone)).lead.first_response_at == LATER


@pytest.mark.parametrize("kind", sorted(ANSWERS))
def test_what_leadline_does_itself_is_no_answer(kind: str) -> None:
    assert ANSWERS[kind](make_lead(), by_leadline(LATER)).lead.first_response_at is None


def test_what_comes_in_from_outside_is_no_answer() -> None:
    assert logged(make_lead(), None, direction="inbound").lead.first_response_at is None


def test_what_happened_before_the_lead_came_in_is_no_answer_to_it() -> None:
    assert logged(make_lead(), NOW - timedelta(microseconds=1)).lead.first_response_at is None
    assert logged(make_lead(), NOW).lead.first_response_at == NOW


def test_a_later_one_moves_nothing() -> None:
    lead = logged(make_lead(), NOW + MINUTE).lead
    change = noted(lead, by_person(LATER))
    assert change.lead.first_response_at == NOW + MINUTE
    assert types_of(change) == ["note_added"]
    assert not change.changed


def test_an_earlier_one_that_is_told_of_afterwards_moves_it_earlier() -> None:
    lead = noted(make_lead(), by_person(NOW + 5 * HOUR)).lead
    assert status_at(lead.sla, lead.first_response_at, NOW + 6 * HOUR) is SlaStatus.MET_LATE
    change = logged(lead, NOW + MINUTE, by_person(NOW + 6 * HOUR))
    assert change.lead.first_response_at == NOW + MINUTE
    assert types_of(change) == ["call", "first_response"]
    assert status_at(change.lead.sla, change.lead.first_response_at, NOW + 6 * HOUR) is SlaStatus.MET
    assert not change.clock_changed


def test_a_closed_lead_takes_activities_and_notes_and_an_earlier_answer() -> None:
    closed = replace(
        make_lead(), status=LeadStatus.DISQUALIFIED, first_response_at=NOW + HOUR, clock_closed_by="disqualified"
    )
    change = logged(closed, NOW + MINUTE, by_person(NOW + 2 * HOUR))
    assert change.lead.first_response_at == NOW + MINUTE
    assert types_of(noted(closed, by_person(NOW + 2 * HOUR))) == ["note_added"]


def test_an_answer_alone_makes_no_read_version_stale() -> None:
    lead = make_lead()
    change = noted(lead, by_person(LATER))
    assert change.changed
    assert (change.lead.version, change.lead.updated_at) == (lead.version, lead.updated_at)
    assert change.history == ()


def test_without_a_promise_the_answer_is_still_kept() -> None:
    lead = make_lead(configured(policies=()))
    change = noted(lead, by_person(LATER, configured(policies=())))
    assert change.lead.first_response_at == LATER
    assert not change.clock_changed


@settings(max_examples=100, deadline=None)
@given(st.lists(st.timedeltas(timedelta(hours=-2), timedelta(hours=8)), min_size=1, max_size=6))
def test_in_whatever_order_it_is_told_the_earliest_counts(offsets: list[timedelta]) -> None:
    lead = make_lead()
    for offset in offsets:
        before = lead.first_response_at
        lead = logged(lead, NOW + offset, by_person(NOW + 9 * HOUR)).lead
        assert before is None or (lead.first_response_at or before) <= before
    counting = [NOW + offset for offset in offsets if offset >= timedelta(0)]
    assert lead.first_response_at == min(counting, default=None)


def test_a_logged_activity_says_what_was_done_and_when() -> None:
    call = LoggedActivity(type="email", direction="outbound", subject=" Offer ", body=" Dear Alice ", occurred_at=NOW)
    activity = timeline.log_activity(make_lead(), call, by_person(LATER, CONFIGURATION, BOB)).activities[0]
    assert (activity.type, activity.title, activity.description) == ("email", "Offer", "Dear Alice")
    assert (activity.direction, activity.performed_by) == ("outbound", BOB)
    assert (activity.occurred_at, activity.created_at) == (NOW, LATER)


def test_without_subject_an_activity_has_a_title_of_its_own() -> None:
    titles = {
        (kind, direction): timeline.log_activity(
            make_lead(), LoggedActivity(type=kind, direction=direction), by_person(LATER)
        )
        .activities[0]
        .title
        for kind in ("call", "email", "meeting", "message")
        for direction in ("inbound", "outbound")
    }
    assert titles["call", "inbound"] == "Call received"
    assert titles["email", "outbound"] == "E-mail sent"
    assert all(titles.values())


def test_everything_wrong_with_a_logged_activity_is_named() -> None:
    wrong = LoggedActivity(type="fax", direction="sideways", subject="x" * 201, body="a\x00", occurred_at=LATER + HOUR)
    expected = (
        ("type", "NOT_ALLOWED"),
        ("direction", "NOT_ALLOWED"),
        ("subject", "TOO_LONG"),
        ("body", "CONTROL_CHARACTER"),
        ("occurredAt", "OUT_OF_RANGE"),
    )
    with faults(*expected):
        timeline.log_activity(make_lead(), wrong, by_person(LATER))


def test_a_clock_that_is_a_little_ahead_is_forgiven() -> None:
    activity = logged(make_lead(), LATER + timedelta(seconds=30)).activities[0]
    assert activity.occurred_at == LATER


def test_a_note_has_content() -> None:
    note, change = timeline.add_note(make_lead(), " Two\nlines ", BOB, by_person(LATER, who=BOB))
    assert (note.content, note.created_by, note.created_at) == ("Two\nlines", BOB, LATER)
    assert change.activities[0].metadata == {"noteId": str(note.id)}
    for wrong, reason in (("  ", "REQUIRED"), ("x" * 20_001, "TOO_LONG")):
        with faults(("content", reason)):
            timeline.add_note(make_lead(), wrong, BOB, by_person(LATER))
