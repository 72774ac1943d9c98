"""What a stage hides, and keeps from being changed: for everybody but administrators, in every answer and write."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leadline.leads.v1 import lead_pb2

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import life_cycle, visibility
from leads_service.domain.configuration import Configuration, FieldVisibility, Stage
from leads_service.domain.lead import FIELDS, Actor, Lead
from leads_service.domain.settling import Situation
from leads_service.domain.stage_assignment import begun
from leads_service.rpc.lead_mapping import lead_to_proto
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONTACTED,
    DOCUMENTED,
    MINUTE,
    NEW,
    NOW,
    asked,
    by_admin,
    by_leadline,
    by_person,
    configured,
    make_lead,
)
from tests.unit.leads.refusals import refusal, unless_refused

LATER = NOW + MINUTE
USER, ADMIN, LEADLINE = Actor(ALICE), Actor(ALICE, is_admin=True), Actor(None)
VALUES = {"amount": 7, "close_date": "2025-03-01"}
LEAD = replace(make_lead(**DOCUMENTED), stage_field_values=VALUES, assigned_to=BOB, score=70, qualified=True)


def restricted(*, stage: Stage = NEW, **rules: Any) -> Configuration:
    """A configuration in which a stage has ``hidden`` and ``read_only`` fields; everything else is as it says."""
    more = {name: value for name, value in rules.items() if name not in {"hidden", "read_only"}}
    hidden, read_only = (frozenset(rules.get(name, ())) for name in ("hidden", "read_only"))
    return configured(visibility={stage.id: FieldVisibility(stage.id, hidden, read_only)}, **more)


def shown(configuration: Configuration, viewer: Actor = USER, lead: Lead = LEAD) -> lead_pb2.Lead:
    return lead_to_proto(lead, configuration, viewer)


def refused_fields(
    given_fields: Mapping[str, Any], configuration: Configuration, lead: Lead | None = LEAD, *, merging: bool = False
) -> set[str]:
    """The fields that a user's write is refused for."""
    with refusal("FIELD_NOT_EDITABLE", ErrorKind.FORBIDDEN) as refused:
        if lead is None:
            life_cycle.create(new_id(), {"last_name": "J", **given_fields}, ALICE, by_person(NOW, configuration))
        else:
            life_cycle.update(lead, given_fields, by_person(LATER, configuration), merging=merging)
    assert {each.reason for each in refused.value.violations} == {"NOT_EDITABLE"}
    return {each.field for each in refused.value.violations}


def updated(given_fields: Mapping[str, Any], configuration: Configuration, *, merging: bool = False) -> Lead:
    return life_cycle.update(LEAD, given_fields, by_person(LATER, configuration), merging=merging).settled().lead


def test_a_hidden_field_is_left_out_and_named() -> None:
    answer = shown(restricted(hidden=["estimatedValue", "priority", "assignedTo"]))
    assert list(answer.hidden_fields) == ["assignedTo", "estimatedValue", "priority"]
    assert (answer.HasField("estimated_value"), answer.HasField("assigned_to"), answer.priority) == (False, False, "")
    assert (answer.email, answer.score) == ("alice@startup.io", 70)


def test_what_follows_from_a_hidden_field_is_hidden_too() -> None:
    answer = shown(restricted(hidden=["phone", "score"]))
    assert list(answer.hidden_fields) == ["phone", "phoneE164", "qualified", "score", "scoreBreakdown"]
    assert (answer.HasField("phone"), answer.HasField("phone_e164")) == (False, False)
    assert (answer.score, answer.qualified, len(answer.score_breakdown)) == (0, False, 0)


def test_single_keys_and_whole_objects_are_left_out() -> None:
    keys = shown(restricted(hidden=["customFields.utm_source", "stageFieldValues.amount"]))
    assert json.loads(keys.custom_fields) == {"company_size": "50-100"}
    assert json.loads(keys.stage_field_values) == {"close_date": "2025-03-01"}
    whole = shown(restricted(hidden=["customFields", "stageFieldValues"]))
    assert (whole.custom_fields, whole.stage_field_values) == ("{}", "{}")


@pytest.mark.parametrize("viewer", [ADMIN, LEADLINE])
def test_administrators_and_leadline_itself_see_everything(viewer: Actor) -> None:
    configuration = restricted(hidden=["estimatedValue", "phone", "customFields"])
    assert shown(configuration, viewer) == shown(configured(), viewer)
    assert shown(configuration, viewer).hidden_fields == []


def test_the_stage_where_the_lead_is_decides() -> None:
    configuration = restricted(hidden=["estimatedValue"], stage=CONTACTED)
    assert shown(configuration).estimated_value == "50000.00"
    moved = replace(LEAD, stage_id=CONTACTED.id)
    assert not shown(configuration, lead=moved).HasField("estimated_value")
    assert shown(restricted(read_only=["estimatedValue"])).estimated_value == "50000.00"


def test_what_happened_is_told_without_hidden_values() -> None:
    activity = by_person().activity(LEAD, "assigned", "Owner changed", metadata={"assignedTo": str(BOB), "by": "stage"})
    assert visibility.shown_activity(activity, frozenset({"assignedTo"})).metadata == {"by": "stage"}
    assert visibility.shown_activity(activity, frozenset()) == activity
    hidden = visibility.hidden_from(USER, NEW.id, restricted(hidden=["score"]))
    assert visibility.hidden_activities(hidden) == {"qualified", "unqualified"}
    assert visibility.hidden_activities(frozenset({"email"})) == frozenset()


def test_who_held_the_lead_is_told_unless_owners_are_hidden() -> None:
    held = begun(LEAD, configured(), NOW)
    assert visibility.shown_stage_assignment(held, frozenset({"assignedTo"})).assigned_to is None
    assert visibility.shown_stage_assignment(held, frozenset({"email"})) == held


def test_titles_of_activities_tell_no_values() -> None:
    lead = make_lead(first_name="Alice", last_name="Johnson", company="StartupIO")
    changes = (
        changing.create(new_id(), {"last_name": "Johnson", "company": "StartupIO"}, ALICE, by_person()),
        changing.update(lead, {"assigned_to": BOB, "stage_id": CONTACTED.id}, by_person(LATER)),
        life_cycle.delete(lead, by_person(LATER)),
    )
    titles = [activity.title for change in changes for activity in change.activities]
    assert titles == [
        "Lead created",
        "Moved to Contacted",
        "First response given",
        "Owner changed",
        "Lead deleted",
    ]


def test_matching_records_are_not_looked_for_by_what_is_hidden() -> None:
    sought = visibility.identified_by(LEAD, frozenset({"email", "phone", "phoneE164", "company"}))
    assert (sought.email, sought.email_domain, sought.phone, sought.phone_e164, sought.company) == (None,) * 5
    assert visibility.identified_by(LEAD, frozenset({"title"})) is LEAD


@pytest.mark.parametrize("access", ["hidden", "read_only"])
def test_a_write_that_names_a_restricted_field_is_refused(access: str) -> None:
    rules: dict[str, Any] = {access: ["estimatedValue", "phone", "assignedTo"]}
    configuration = restricted(**rules)
    given_fields = {"title": "Director", "estimated_value": "50000", "phone": None, "assigned_to": str(BOB)}
    assert refused_fields(given_fields, configuration) == {"estimatedValue", "phone", "assignedTo"}
    assert refused_fields({"phone": "+12125550123"}, configuration, None) == {"phone"}


def test_it_is_refused_before_anything_else_is_looked_at() -> None:
    configuration = restricted(hidden=["estimatedValue"])
    assert refused_fields({"estimated_value": "a lot", "priority": "whenever"}, configuration) == {"estimatedValue"}
    converting = replace(LEAD, conversion_id=new_id())
    assert refused_fields({"estimated_value": "1"}, configuration, converting) == {"estimatedValue"}


@pytest.mark.parametrize("make", [by_admin, by_leadline])
def test_administrators_and_leadline_itself_change_everything(make: Any) -> None:
    situation: Situation = make(LATER, restricted(hidden=["estimatedValue"], read_only=["customFields.utm_source"]))
    given_fields = {"estimated_value": "7", "custom_fields": {"utm_source": "x"}}
    after = life_cycle.update(LEAD, given_fields, situation).settled().lead
    assert (str(after.estimated_value), after.custom_fields) == ("7.00", {"utm_source": "x"})


def test_other_fields_can_be_changed_and_fields_said_to_be_editable() -> None:
    configuration = restricted(hidden=["estimatedValue"], read_only=["email"])
    assert updated({"title": "Director", "company": None}, configuration).title == "Director"


def test_a_hidden_key_must_not_come_and_a_read_only_one_only_as_it_is() -> None:
    configuration = restricted(hidden=["customFields.secret"], read_only=["customFields.utm_source"])
    for secret in ("x", None):
        assert refused_fields({"custom_fields": {"secret": secret}}, configuration) == {"customFields.secret"}
    for other in ("bing", None, ["google"]):
        assert refused_fields({"custom_fields": {"utm_source": other}}, configuration) == {"customFields.utm_source"}
    assert refused_fields({"custom_fields": {"utm_source": "google"}}, configuration, None) == {
        "customFields.utm_source"
    }
    same = {"utm_source": "google", "company_size": "1"}
    assert updated({"custom_fields": same}, configuration).custom_fields == same


def test_restricted_keys_stay_when_the_whole_object_is_replaced() -> None:
    configuration = restricted(hidden=["customFields.utm_source"], read_only=["customFields.company_size"])
    kept = {"utm_source": "google", "company_size": "50-100"}
    for replacement in ({"new": 1}, {}, None):
        after = updated({"custom_fields": replacement}, configuration)
        assert after.custom_fields == {**(replacement or {}), **kept}
    assert updated({"title": "Director"}, configuration).custom_fields == kept


def test_a_restricted_key_stays_just_as_it_is_also_where_another_value_equals_it() -> None:
    lead = replace(LEAD, custom_fields={"count": 1}, stage_field_values={"count": 1})
    configuration = restricted(
        read_only=["customFields.count", "stageFieldValues.count"], stage_fields=(asked(NEW, "count", "boolean"),)
    )
    equal = {"title": "Director", "custom_fields": {"count": True}, "stage_field_values": {"count": True}}
    after = life_cycle.update(lead, equal, by_person(LATER, configuration)).settled().lead
    assert [type(each["count"]) for each in (after.custom_fields, after.stage_field_values)] == [int, int]


def test_a_whole_object_can_be_restricted() -> None:
    configuration = restricted(read_only=["customFields", "stageFieldValues"])
    assert refused_fields({"custom_fields": {}, "stage_field_values": {"amount": 1}}, configuration) == {
        "customFields",
        "stageFieldValues",
    }
    assert not life_cycle.change_stage(LEAD, NEW.id, {}, by_person(LATER, configuration)).settled().changed


def test_stage_values_are_restricted_one_by_one() -> None:
    fields = (asked(NEW, "amount", "number", required=False), asked(NEW, "close_date", "date", required=False))
    configuration = restricted(
        hidden=["stageFieldValues.amount"], read_only=["stageFieldValues.close_date"], stage_fields=fields
    )
    for given_values, names in (
        ({"amount": 7}, {"stageFieldValues.amount"}),
        ({"close_date": "2025-04-01"}, {"stageFieldValues.close_date"}),
        ({"close_date": None}, {"stageFieldValues.close_date"}),
    ):
        assert refused_fields({"stage_field_values": given_values}, configuration) == names
    same = {"stage_field_values": {"close_date": "2025-03-01"}}
    assert updated(same, configuration).stage_field_values == VALUES


@pytest.mark.parametrize("access", ["hidden", "read_only"])
def test_a_stage_value_that_is_a_field_of_the_leads_own_counts_as_that_field(access: str) -> None:
    fields = (asked(CONTACTED, "estimatedValue", "number"),)
    rules: dict[str, Any] = {access: ["estimatedValue"], "stage_fields": fields}
    configuration = restricted(**rules)
    move = {"stage_id": CONTACTED.id, "stage_field_values": {"estimatedValue": 50000}}
    assert refused_fields(move, configuration) == {"stageFieldValues.estimatedValue"}
    there = restricted(**rules, stage=CONTACTED)
    assert updated(move, there).stage_id == CONTACTED.id


def test_a_new_lead_obeys_the_stage_that_it_enters() -> None:
    configuration = restricted(hidden=["estimatedValue"], stage=CONTACTED)
    there = {"estimated_value": "5", "stage_id": CONTACTED.id}
    assert refused_fields(there, configuration, None) == {"estimatedValue"}
    assert make_lead(configuration, last_name="J", estimated_value="5").stage_id == NEW.id
    values = {"stage_id": CONTACTED.id, "stage_field_values": {"amount": 1}}
    asking = restricted(
        read_only=["stageFieldValues.amount"], stage=CONTACTED, stage_fields=(asked(CONTACTED, "amount", "number"),)
    )
    assert refused_fields(values, asking, None) == {"stageFieldValues.amount"}


def test_merged_custom_fields_obey_the_same_rules_by_what_is_given_alone() -> None:
    configuration = restricted(hidden=["customFields.utm_source"], read_only=["customFields.company_size"])
    assert refused_fields({"custom_fields": {"utm_source": "google"}}, configuration, merging=True) == {
        "customFields.utm_source"
    }
    after = updated({"custom_fields": {"new": 1}}, configuration, merging=True)
    assert after.custom_fields == {"utm_source": "google", "company_size": "50-100", "new": 1}


def test_merging_joins_keys_and_null_takes_one_away() -> None:
    after = updated({"custom_fields": {"utm_source": None, "absent": None, "new": [1]}}, configured(), merging=True)
    assert after.custom_fields == {"company_size": "50-100", "new": [1]}
    assert updated({"custom_fields": None}, configured(), merging=True).custom_fields == {}
    emptied = replace(LEAD, custom_fields={"empty": None})
    joined = life_cycle.update(emptied, {"custom_fields": {"new": 1}}, by_person(LATER), merging=True).settled().lead
    assert joined.custom_fields == {"empty": None, "new": 1}


NAMES = (
    *("firstName", "email", "phone", "company", "title", "source", "priority", "estimatedValue", "description"),
    *("assignedTo", "score", "customFields", "stageFieldValues"),
    *("customFields.a", "customFields.b", "stageFieldValues.amount", "stageFieldValues.note"),
)
rules = st.fixed_dictionaries({"hidden": st.sets(st.sampled_from(NAMES)), "read_only": st.sets(st.sampled_from(NAMES))})
objects = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3)
writes = st.fixed_dictionaries(
    {},
    optional={
        "first_name": st.sampled_from([None, "Al"]),
        "title": st.sampled_from([None, "Director"]),
        "source": st.sampled_from([None, "website"]),
        "priority": st.sampled_from([None, "low"]),
        "estimated_value": st.sampled_from([None, "1"]),
        "assigned_to": st.sampled_from([None, str(ALICE)]),
        "custom_fields": st.none() | objects,
        "stage_field_values": st.dictionaries(
            st.sampled_from(["amount", "note", "estimatedValue", "title"]), st.just(1) | st.none(), max_size=3
        ),
    },
)
ASKING = tuple(
    asked(NEW, name, kind, required=False)
    for name, kind in (("amount", "number"), ("note", "text"), ("estimatedValue", "number"), ("title", "text"))
)
SECRETS = replace(
    LEAD,
    first_name="SECRET first",
    company="SECRET company",
    title="SECRET title",
    description="SECRET text",
    custom_fields={"a": "SECRET a", "b": "SECRET b"},
    stage_field_values={"amount": "SECRET 7", "note": "SECRET note"},
)
VALUES_OF = {
    "firstName": "SECRET first",
    "company": "SECRET company",
    "title": "SECRET title",
    "description": "SECRET text",
    "customFields.a": "SECRET a",
    "customFields.b": "SECRET b",
    "stageFieldValues.amount": "SECRET 7",
    "stageFieldValues.note": "SECRET note",
    "email": "alice@startup.io",
    "phone": "+1234567890",
    "assignedTo": str(BOB),
    "estimatedValue": "50000.00",
}


@settings(max_examples=200, deadline=None)
@given(st.sets(st.sampled_from(NAMES)))
def test_nothing_hidden_is_in_an_answer_and_everything_else_is(hidden: set[str]) -> None:
    answer = str(shown(restricted(hidden=hidden), lead=SECRETS)).replace("\\", "")
    for name, value in VALUES_OF.items():
        assert (value in answer) is not visibility.is_hidden(name, frozenset(hidden)), name


@settings(max_examples=400, deadline=None)
@given(rules, writes, st.booleans())
def test_no_write_changes_a_restricted_field(
    restrictions: dict[str, Any], written: dict[str, Any], merging: bool
) -> None:
    configuration = restricted(**restrictions, stage_fields=ASKING)
    lead = replace(LEAD, custom_fields={"a": 1, "b": 2}, stage_field_values={"amount": 5, "note": "n"})
    named = restrictions["hidden"] | restrictions["read_only"]
    update = partial(life_cycle.update, lead, written, by_person(LATER, configuration), merging=merging)
    draft = unless_refused(update, "FIELD_NOT_EDITABLE", "VALIDATION_FAILED")
    after = draft.settled().lead if draft else lead
    for name in named - {"score"}:
        whole, _, key = name.partition(".")
        old, new = getattr(lead, FIELDS[whole]), getattr(after, FIELDS[whole])
        assert (old.get(key), key in old) == (new.get(key), key in new) if key else old == new, name
