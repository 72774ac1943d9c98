"""What happens to a lead: created, changed, deleted; with history, activities, version and clock as they must be."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import life_cycle
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import ScoringRule
from leads_service.domain.lead import Lead, LeadStatus
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONTACTED,
    DEALS,
    DOCUMENTED,
    FIRST,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    PROSPECTING,
    QUALIFIED,
    SALES,
    SECOND,
    STEPS,
    asked,
    by_leadline,
    by_person,
    configured,
    created,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import faults, refusal

LATER = NOW + MINUTE
CLOSED = replace(make_lead(), status=LeadStatus.CONVERTED, converted_at=NOW, first_response_at=NOW)
DISQUALIFIED = replace(make_lead(), status=LeadStatus.DISQUALIFIED, first_response_at=NOW)
CONVERTING = replace(make_lead(), conversion_id=new_id())


def updated(lead: Lead, **given_fields: Any) -> Any:
    return changing.update(lead, given_fields, by_person(LATER))


def test_a_new_lead_stands_in_the_first_stage_of_the_default_pipeline_with_the_default_priority() -> None:
    lead = make_lead()
    assert (lead.pipeline_id, lead.stage_id, lead.priority) == (SALES.id, NEW.id, "medium")
    assert (lead.status, lead.version, lead.created_by) == (LeadStatus.OPEN, 1, ALICE)
    assert (lead.created_at, lead.updated_at) == (NOW, NOW)


def test_the_documented_lead_is_created_with_one_activity_and_its_clock() -> None:
    change = created(DOCUMENTED)
    assert change.lead.estimated_value == Decimal("50000.00")
    assert types_of(change) == ["lead_created"]
    assert change.activities[0].performed_by == ALICE
    assert (change.clock_changed, change.lead.clock_version, change.lead.clock_closed_by) == (True, 1, "")
    assert change.history == ()


def test_a_pipeline_alone_means_its_first_stage() -> None:
    assert created({"last_name": "J", "pipeline_id": str(STEPS.id)}).lead.stage_id == FIRST.id


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ({"stage_id": new_id()}, ("stageId", "NOT_CONFIGURED")),
        ({"pipeline_id": new_id()}, ("pipelineId", "NOT_CONFIGURED")),
        ({"pipeline_id": DEALS.id}, ("pipelineId", "NOT_CONFIGURED")),
        ({"stage_id": PROSPECTING.id}, ("stageId", "OF_ANOTHER_PIPELINE")),
        ({"stage_id": SECOND.id}, ("stageId", "OF_ANOTHER_PIPELINE")),
        ({"pipeline_id": STEPS.id, "stage_id": NEW.id}, ("stageId", "OF_ANOTHER_PIPELINE")),
    ],
)
def test_a_place_that_is_none_for_leads_is_refused(place: dict[str, UUID], fault: tuple[str, str]) -> None:
    with faults(fault):
        created({"last_name": "J", **place})
    with faults(fault):
        changing.update(make_lead(), place, by_person())


def test_all_that_is_wrong_with_a_new_lead_is_said_at_once() -> None:
    with faults(("priority", "NOT_CONFIGURED"), ("stageId", "NOT_CONFIGURED"), ("email", "NOT_AN_EMAIL")):
        created({"priority": "whenever", "stage_id": new_id(), "email": "nobody"})


def test_a_lead_must_say_whom_it_is_about() -> None:
    nobody = (("lastName", "REQUIRED"), ("company", "REQUIRED"), ("email", "REQUIRED"), ("phone", "REQUIRED"))
    with faults(*nobody):
        created({"first_name": "Alice", "last_name": " "})
    with faults(*nobody):
        updated(make_lead(), last_name=None)
    for name, value in (("last_name", "J"), ("company", "IO"), ("email", "a@b.io"), ("phone", "+12125550123")):
        assert getattr(make_lead(**{name: value}), name) == value


def test_the_gate_cannot_take_the_last_name_away() -> None:
    configuration = configured(stage_fields=(asked(CONTACTED, "lastName", required=False),))
    with faults(*((name, "REQUIRED") for name in ("lastName", "company", "email", "phone"))):
        changing.change_stage(make_lead(configuration), CONTACTED.id, {"lastName": ""}, by_person(LATER, configuration))


def test_an_update_changes_what_it_is_given_and_nothing_else() -> None:
    lead = make_lead(last_name="Johnson", title="Founder", company="StartupIO")
    change = updated(lead, title="Director", company=None)
    expected = replace(lead, title="Director", company=None, version=2, updated_at=LATER)
    assert change.lead == expected
    assert {(each.field, each.old_value, each.new_value) for each in change.history} == {
        ("title", "Founder", "Director"),
        ("company", "StartupIO", None),
    }


def test_an_update_that_changes_nothing_changes_nothing() -> None:
    change = created(DOCUMENTED)
    again = changing.update(change.lead, DOCUMENTED, by_person(LATER))
    assert (again.lead, again.changed) == (change.lead, False)
    assert (again.history, again.activities, again.clock_changed) == ((), (), False)


def test_a_phone_number_that_stays_as_typed_stays_the_same_number() -> None:
    lead = make_lead(phone="212 555 0123")
    elsewhere = by_person(LATER, configured(default_region="GB"))
    assert not changing.update(lead, {"phone": "212 555 0123"}, elsewhere).changed


def test_history_says_what_people_read_for_ids() -> None:
    change = updated(make_lead(), stage_id=CONTACTED.id, priority="high", assigned_to=BOB)
    told = {each.field: (each.old_value, each.new_value, each.old_label, each.new_label) for each in change.history}
    assert told == {
        "stageId": (str(NEW.id), str(CONTACTED.id), "New", "Contacted"),
        "priority": ("medium", "high", "Medium", "High"),
        "assignedTo": (None, str(BOB), None, None),
    }
    assert len({each.change_id for each in change.history}) == 1
    assert {(each.changed_by, each.changed_at, each.lead_id) for each in change.history} == {
        (ALICE, LATER, change.lead.id)
    }


def test_history_names_each_custom_field_that_changed() -> None:
    lead = make_lead(last_name="J", custom_fields={"same": 1, "gone": 2, "other": 3})
    change = updated(lead, custom_fields={"same": 1, "other": 4, "new": None})
    assert {(each.field, each.old_value, each.new_value) for each in change.history} == {
        ("customFields.gone", 2, None),
        ("customFields.other", 3, 4),
        ("customFields.new", None, None),
    }


def test_history_keeps_money_exact() -> None:
    lead = make_lead(last_name="J", estimated_value="9999999999999.99")
    entry = updated(lead, estimated_value="0.1").history[0]
    assert (repr(entry.old_value), repr(entry.new_value)) == ("9999999999999.99", "0.1")


def test_a_move_and_a_new_owner_are_activities() -> None:
    change = updated(make_lead(), stage_id=CONTACTED.id, assigned_to=BOB)
    assert types_of(change) == ["stage_changed", "first_response", "assigned"]
    moved = change.activities[0]
    assert (moved.title, moved.metadata) == ("Moved to Contacted", {"from": "New", "to": "Contacted"})


def test_another_pipeline_alone_moves_to_its_first_stage() -> None:
    lead = updated(make_lead(), pipeline_id=STEPS.id).lead
    assert (lead.pipeline_id, lead.stage_id) == (STEPS.id, FIRST.id)
    assert updated(lead, pipeline_id=STEPS.id).changed is False


@pytest.mark.parametrize(("attribute", "name"), [("stage_id", "stageId"), ("pipeline_id", "pipelineId")])
def test_a_lead_cannot_be_nowhere(attribute: str, name: str) -> None:
    with faults((name, "REQUIRED")):
        updated(make_lead(), **{attribute: None})


def test_a_lead_in_a_stage_that_is_gone_can_still_be_changed() -> None:
    lead = replace(make_lead(), stage_id=new_id())
    assert updated(lead, title="Director").lead.title == "Director"


def test_the_clock_is_told_what_operators_see_of_its_lead_and_nothing_else() -> None:
    lead = make_lead()
    told = [
        updated(lead, assigned_to=BOB),
        updated(lead, priority="high"),
        changing.change_stage(lead, CONTACTED.id, {}, by_leadline(LATER)),
    ]
    assert [(change.clock_changed, change.lead.clock_version) for change in told] == [(True, 2)] * 3
    assert not updated(lead, title="Director").clock_changed


def test_a_closed_clock_is_not_told_any_more() -> None:
    answered = updated(make_lead(), stage_id=CONTACTED.id)
    assert (answered.clock_changed, answered.lead.clock_closed_by) == (True, "answered")
    assert not changing.update(answered.lead, {"assigned_to": BOB}, by_person(LATER + MINUTE)).clock_changed
    assert not life_cycle.delete(answered.lead, by_person(LATER + MINUTE)).clock_changed


@pytest.mark.parametrize("lead", [CLOSED, DISQUALIFIED])
def test_a_closed_lead_is_read_only(lead: Lead) -> None:
    for attempt in (
        lambda: updated(lead, title="Director"),
        lambda: changing.change_stage(lead, CONTACTED.id, {}, by_person(LATER)),
        lambda: life_cycle.delete(lead, by_person(LATER)),
    ):
        with refusal("LEAD_CLOSED") as refused:
            attempt()
        assert refused.value.metadata == {"status": str(lead.status)}


def test_a_lead_that_is_being_converted_is_locked() -> None:
    activity = by_person(LATER).activity(CONVERTING, "call", "Call")
    for attempt in (
        lambda: updated(CONVERTING, title="Director"),
        lambda: changing.change_stage(CONVERTING, CONTACTED.id, {}, by_person(LATER)),
        lambda: life_cycle.delete(CONVERTING, by_person(LATER)),
        lambda: life_cycle.happened(CONVERTING, activity, by_person(LATER)),
    ):
        with refusal("LEAD_CONVERTING") as refused:
            attempt()
        assert refused.value.metadata == {"conversionId": str(CONVERTING.conversion_id)}


def test_deleting_keeps_the_lead_and_closes_its_clock() -> None:
    lead = make_lead()
    change = life_cycle.delete(lead, by_person(LATER))
    assert change.lead.deleted_at == LATER
    assert (change.lead.version, types_of(change)) == (2, ["lead_deleted"])
    assert (change.clock_changed, change.lead.clock_closed_by, change.lead.clock_version) == (True, "deleted", 2)


def test_a_stale_version_is_refused() -> None:
    lead = make_lead()
    life_cycle.require_version(lead, None)
    life_cycle.require_version(lead, 1)
    with refusal("VERSION_STALE", ErrorKind.STALE) as refused:
        life_cycle.require_version(lead, 2)
    assert refused.value.metadata == {"currentVersion": "1"}


names = st.none() | st.text("abcdef", max_size=4)
written = st.fixed_dictionaries(
    {},
    optional={
        "first_name": names,
        "title": names,
        "company": names,
        "source": st.sampled_from([None, "website", "referral"]),
        "priority": st.sampled_from([None, "low", "high"]),
        "stage_id": st.sampled_from([NEW.id, CONTACTED.id, QUALIFIED.id]),
        "estimated_value": st.none() | st.decimals(0, 1000, places=3),
        "assigned_to": st.none() | st.sampled_from([ALICE, BOB]),
        "custom_fields": st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2), max_size=3),
    },
)
SCORED = configured(
    scoring_rules=tuple(
        ScoringRule(new_id(), field, Condition(field, "is_not_empty"), 30) for field in ("company", "source", "title")
    )
)
TRACKED = {
    "firstName": "first_name",
    "title": "title",
    "company": "company",
    "source": "source",
    "priority": "priority",
    "stageId": "stage_id",
    "estimatedValue": "estimated_value",
    "assignedTo": "assigned_to",
}


@settings(max_examples=150, deadline=None)
@given(written, written)
def test_history_is_exactly_what_changed_and_the_same_change_twice_is_one(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    before = changing.create(new_id(), {"last_name": "J", **first}, ALICE, by_person(NOW, SCORED)).lead
    change = changing.update(before, second, by_person(LATER, SCORED))
    after = change.lead
    differing = {name for name, attribute in TRACKED.items() if getattr(before, attribute) != getattr(after, attribute)}
    for key in {*before.custom_fields, *after.custom_fields}:
        if before.custom_fields.get(key) != after.custom_fields.get(key):
            differing.add(f"customFields.{key}")
    assert {entry.field for entry in change.history} == differing
    assert len(change.history) == len(differing)
    assert change.changed is bool(differing)
    assert after.version == before.version + bool(differing)
    again = changing.update(after, second, by_person(LATER + HOUR, SCORED))
    assert (again.lead, again.changed, again.activities) == (after, False, ())


@settings(max_examples=100, deadline=None)
@given(written, written)
def test_a_clock_version_rises_exactly_when_the_clock_is_told(first: dict[str, Any], second: dict[str, Any]) -> None:
    before = changing.create(new_id(), {"last_name": "J", **first}, ALICE, by_person(NOW, SCORED)).lead
    change = changing.update(before, second, by_leadline(NOW + timedelta(hours=1), SCORED))
    assert change.lead.clock_version == before.clock_version + change.clock_changed
