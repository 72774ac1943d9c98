"""Who held a lead at which stage: when a time begins and ends."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain.lead import Lead, LeadStatus
from leads_service.domain.stage_assignment import begins, begun, ends
from tests.unit.leads.building import BOB, CONFIGURATION, CONTACTED, MINUTE, NEW, NOW, make_lead

LEAD = make_lead()


def test_a_time_says_who_held_the_lead_where_by_the_names_of_then() -> None:
    held = begun(replace(LEAD, assigned_to=BOB), CONFIGURATION, NOW)
    assert (held.lead_id, held.stage_id, held.stage_name, held.assigned_to) == (LEAD.id, NEW.id, "New", BOB)
    assert (held.started_at, held.ended_at) == (NOW, None)


def test_another_stage_or_another_owner_ends_a_time_and_begins_one() -> None:
    for after in (
        replace(LEAD, stage_id=CONTACTED.id),
        replace(LEAD, assigned_to=BOB),
        replace(LEAD, stage_id=CONTACTED.id, status=LeadStatus.CONVERTED),
    ):
        assert (ends(LEAD, after), begins(LEAD, after)) == (True, True)


def test_whatever_else_changes_the_time_goes_on() -> None:
    for after in (LEAD, replace(LEAD, title="Founder"), replace(LEAD, status=LeadStatus.CONVERTED)):
        assert (ends(LEAD, after), begins(LEAD, after)) == (False, False)


def test_a_deleted_lead_is_held_by_nobody() -> None:
    deleted = replace(LEAD, deleted_at=NOW + MINUTE)
    assert (ends(LEAD, deleted), begins(LEAD, deleted)) == (True, False)
    assert (ends(deleted, LEAD), begins(deleted, LEAD)) == (False, True)
    assert (ends(deleted, replace(deleted, assigned_to=BOB)), begins(deleted, deleted)) == (False, False)


states = st.builds(
    lambda stage, owner, deleted: replace(
        LEAD, stage_id=stage, assigned_to=owner, deleted_at=NOW + timedelta(days=1) if deleted else None
    ),
    st.sampled_from([NEW.id, CONTACTED.id]),
    st.sampled_from([None, BOB, new_id()]),
    st.booleans(),
)


@given(st.lists(states, min_size=1, max_size=10))
def test_at_every_time_exactly_one_goes_on_unless_the_lead_is_deleted(states_in_order: list[Lead]) -> None:
    before, going_on = LEAD, 1
    for after in states_in_order:
        going_on += begins(before, after) - ends(before, after)
        assert going_on == (0 if after.deleted_at else 1)
        before = after
