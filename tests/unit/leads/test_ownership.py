"""Who gets a lead that enters a stage, and that nobody is passed over."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain import life_cycle, ownership
from leads_service.domain.configuration import Configuration, Stage, StageOwnership
from leads_service.domain.lead import Lead
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONTACTED,
    MINUTE,
    NEW,
    NOW,
    QUALIFIED,
    asked,
    by_person,
    configured,
    created,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import faults

CAROL = new_id()
MEMBERS = (ALICE, BOB, CAROL)
LATER = NOW + MINUTE


def owned(stage: Stage = CONTACTED, *, fields: Any = (), **ownership_of_stage: Any) -> Configuration:
    """A configuration in which the stage gives its leads an owner."""
    more = {"auto_assign": True, **ownership_of_stage}
    return configured(stage_fields=fields, ownership={stage.id: StageOwnership(stage.id, **more)})


BY_USER = owned(owner_type="user", owner_id=str(BOB))
BY_TURNS = owned(strategy="round_robin", member_ids=MEMBERS)
BY_LOAD = owned(strategy="least_loaded", member_ids=MEMBERS)


def asks(lead: Lead, configuration: Configuration, **given_fields: Any) -> StageOwnership | None:
    return life_cycle.update(lead, given_fields, by_person(LATER, configuration)).asks


@pytest.mark.parametrize("configuration", [BY_USER, BY_TURNS, BY_LOAD])
def test_a_stage_that_assigns_is_asked_at_each_entry(configuration: Configuration) -> None:
    rule = configuration.ownership[CONTACTED.id]
    assert asks(make_lead(), configuration, stage_id=CONTACTED.id) is rule
    new = {"last_name": "J", "stage_id": CONTACTED.id}
    assert life_cycle.create(new_id(), new, ALICE, by_person(NOW, configuration)).asks is rule


@pytest.mark.parametrize(
    "ownership_of_stage",
    [
        {"auto_assign": False, "owner_type": "user", "owner_id": str(BOB)},
        {"auto_assign": False, "strategy": "round_robin", "member_ids": MEMBERS},
        {"owner_type": "team", "owner_id": str(BOB)},
        {"owner_type": "role", "owner_id": str(BOB)},
        {"owner_type": "user", "owner_id": None},
        {"owner_type": "user", "owner_id": "bob"},
        {"strategy": "round_robin"},
        {"strategy": "least_loaded"},
    ],
)
def test_a_stage_that_knows_nobody_to_assign_is_not_asked(ownership_of_stage: dict[str, Any]) -> None:
    assert asks(make_lead(), owned(**ownership_of_stage), stage_id=CONTACTED.id) is None


def test_members_are_not_asked_where_the_owner_is_to_get_all() -> None:
    rule = BY_USER.ownership[CONTACTED.id]
    assert ownership.fixed_owner(rule) == BOB
    assert asks(make_lead(), owned(owner_type="user", owner_id=str(BOB), member_ids=MEMBERS), stage_id=CONTACTED.id)


def test_whoever_stays_or_enters_another_stage_takes_no_turn() -> None:
    there = changing.update(make_lead(), {"stage_id": CONTACTED.id}, by_person(LATER)).lead
    assert asks(there, BY_TURNS, title="Founder") is None
    assert asks(there, BY_TURNS, stage_id=CONTACTED.id, stage_field_values={}) is None
    assert asks(there, BY_TURNS, stage_id=QUALIFIED.id) is None
    assert asks(make_lead(), BY_TURNS, stage_id=NEW.id) is None


def test_a_named_owner_wins_and_takes_no_turn() -> None:
    for owner in (str(BOB), None):
        assert asks(make_lead(), BY_TURNS, stage_id=CONTACTED.id, assigned_to=owner) is None
    wanted = {"last_name": "J", "stage_id": CONTACTED.id, "assigned_to": BOB}
    draft = life_cycle.create(new_id(), wanted, ALICE, by_person(NOW, BY_TURNS))
    assert (draft.asks, draft.settled().lead.assigned_to) == (None, BOB)


def test_an_owner_named_as_the_stages_field_wins_too() -> None:
    configuration = owned(fields=(asked(CONTACTED, "assignedTo"),), strategy="round_robin", member_ids=MEMBERS)
    named = {"stage_id": CONTACTED.id, "stage_field_values": {"assignedTo": str(BOB)}}
    draft = life_cycle.update(make_lead(), named, by_person(LATER, configuration))
    assert (draft.asks, draft.after.assigned_to) == (None, BOB)


def test_the_owner_whom_the_stage_gives_is_what_a_required_owner_asks_for() -> None:
    configuration = owned(fields=(asked(CONTACTED, "assignedTo"),), strategy="round_robin", member_ids=MEMBERS)
    assert asks(make_lead(), configuration, stage_id=CONTACTED.id) is not None
    with faults(("stageFieldValues.assignedTo", "REQUIRED"), reason="STAGE_FIELDS_MISSING"):
        asks(make_lead(), configuration, stage_id=CONTACTED.id, assigned_to=None)


def test_being_assigned_by_a_stage_is_told_as_any_assignment_and_by_whom() -> None:
    change = changing.update(make_lead(), {"stage_id": CONTACTED.id}, by_person(LATER, BY_TURNS), owner=BOB)
    assert change.lead.assigned_to == BOB
    assert types_of(change) == ["stage_changed", "first_response", "assigned"]
    assert change.activities[-1].metadata == {"assignedTo": str(BOB), "by": "stage"}
    assert {(each.field, each.new_value) for each in change.history} == {
        ("stageId", str(CONTACTED.id)),
        ("assignedTo", str(BOB)),
    }
    assert len({each.change_id for each in change.history}) == 1
    new = changing.create(new_id(), {"last_name": "J"}, ALICE, by_person(), owner=BOB)
    assert (types_of(new), new.history, new.lead.version) == (["lead_created", "assigned"], (), 1)


def test_an_owner_who_stays_the_same_is_not_told_of() -> None:
    lead = make_lead(last_name="J", assigned_to=BOB)
    change = changing.update(lead, {"stage_id": CONTACTED.id}, by_person(LATER, BY_TURNS), owner=BOB)
    assert types_of(change) == ["stage_changed", "first_response"]
    assert [each.field for each in change.history] == ["stageId"]


def test_a_new_owner_by_a_person_is_told_of_without_naming_anybody_in_words() -> None:
    change = changing.update(make_lead(), {"assigned_to": BOB}, by_person(LATER))
    back = changing.update(change.lead, {"assigned_to": None}, by_person(LATER))
    told = [(each.title, each.metadata) for each in (*change.activities, *back.activities)]
    assert told == [("Owner changed", {"assignedTo": str(BOB)}), ("Owner changed", {"assignedTo": None})]
    assert types_of(created({"last_name": "J", "assigned_to": BOB})) == ["lead_created"]


def test_the_first_turn_is_the_first_members() -> None:
    assert ownership.by_turns(MEMBERS, 1, 1) == [ALICE]
    assert ownership.by_turns(MEMBERS, 5, 4) == [BOB, CAROL, ALICE, BOB]


def test_the_first_of_the_list_among_those_with_the_fewest_gets_the_lead() -> None:
    assert ownership.by_load(MEMBERS, {ALICE: 2, BOB: 1, CAROL: 1}, [None]) == [BOB]
    assert ownership.by_load(MEMBERS, {}, [None, None]) == [ALICE, BOB]


def test_a_lead_does_not_count_for_its_own_holder() -> None:
    assert ownership.by_load(MEMBERS, {ALICE: 1, BOB: 1, CAROL: 1}, [CAROL]) == [CAROL]
    assert ownership.by_load((ALICE, BOB), {ALICE: 2, BOB: 0}, [ALICE, ALICE]) == [BOB, ALICE]


people = st.lists(st.uuids(), min_size=1, max_size=6, unique=True)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(people, st.lists(st.integers(1, 7), max_size=8)), min_size=1, max_size=4))
def test_turns_never_differ_by_more_than_one_since_the_members_changed(
    periods: list[tuple[list[UUID], list[int]]],
) -> None:
    turn = 0
    for members, batches in periods:
        counts = Counter(dict.fromkeys(members, 0))
        for batch in batches:
            turn += batch
            for owner in ownership.by_turns(members, turn, batch):
                counts[owner] += 1
                assert max(counts.values()) - min(counts.values()) <= 1
        assert set(counts) == set(members)


@settings(max_examples=200, deadline=None)
@given(people, st.data())
def test_each_lead_goes_to_whoever_has_the_fewest_others(members: list[UUID], data: st.DataObject) -> None:
    holders = data.draw(st.lists(st.none() | st.sampled_from(members) | st.uuids(), max_size=12))
    loads = Counter(holder for holder in holders if holder)
    for member in members:
        loads[member] += data.draw(st.integers(0, 5))
    chosen = ownership.by_load(members, loads, holders)
    for holder, owner in zip(holders, chosen, strict=True):
        if holder:
            loads[holder] -= 1
        assert loads[owner] == min(loads[member] for member in members)
        assert owner == next(member for member in members if loads[member] == loads[owner])
        loads[owner] += 1


def test_counting_from_nothing_shares_leads_out_evenly() -> None:
    counts = Counter(ownership.by_load(MEMBERS, {}, [None] * 50))
    assert max(counts.values()) - min(counts.values()) <= 1
