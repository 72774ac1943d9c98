"""The stage gate: what must be there before a lead enters a stage, and which way it may move."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import LeadlineError
from kit.ids import new_id
from leads_service.domain.configuration import FIELD_TYPES, Configuration, Stage, StageField
from leads_service.domain.lead import Lead
from tests.unit.leads import changing
from tests.unit.leads.building import (
    BOB,
    CONTACTED,
    FIRST,
    NEW,
    NOW,
    QUALIFIED,
    SECOND,
    STEPS,
    THIRD,
    asked,
    by_person,
    configured,
    created,
    make_lead,
)
from tests.unit.leads.refusals import faults, refusal, unless_refused


def moved(lead: Lead, stage: Stage, configuration: Configuration, **values: Any) -> Lead:
    return changing.change_stage(lead, stage.id, values, by_person(NOW + timedelta(minutes=1), configuration)).lead


BUDGET = configured(
    stage_fields=(
        asked(CONTACTED, "amount", "number"),
        asked(CONTACTED, "close_date", "date"),
        asked(CONTACTED, "remark", required=False),
        asked(QUALIFIED, "amount", "number"),
        asked(QUALIFIED, "estimatedValue", "number"),
    )
)


def test_every_missing_field_is_named() -> None:
    missing = (("stageFieldValues.amount", "REQUIRED"), ("stageFieldValues.close_date", "REQUIRED"))
    with faults(*missing, reason="STAGE_FIELDS_MISSING"):
        moved(make_lead(BUDGET), CONTACTED, BUDGET)


def test_what_comes_along_lets_the_lead_in_and_stays_on_it() -> None:
    lead = moved(make_lead(BUDGET), CONTACTED, BUDGET, amount=50000, close_date="2025-03-01")
    assert lead.stage_id == CONTACTED.id
    assert lead.stage_field_values == {"amount": 50000, "close_date": "2025-03-01"}


def test_what_the_lead_has_already_counts() -> None:
    lead = moved(
        make_lead(BUDGET, last_name="J", estimated_value="7"), CONTACTED, BUDGET, amount=1, close_date="2025-03-01"
    )
    assert moved(lead, QUALIFIED, BUDGET).stage_id == QUALIFIED.id


def test_a_stage_field_named_like_a_lead_field_is_that_field() -> None:
    lead = make_lead(BUDGET)
    with faults(("stageFieldValues.estimatedValue", "REQUIRED"), reason="STAGE_FIELDS_MISSING"):
        moved(lead, QUALIFIED, BUDGET, amount=1)
    entered = moved(lead, QUALIFIED, BUDGET, amount=1, estimatedValue=99.999)
    assert str(entered.estimated_value) == "100.00"
    assert entered.stage_field_values == {"amount": 1}


def test_a_lead_field_obeys_its_own_rule_too() -> None:
    owner = configured(stage_fields=(asked(CONTACTED, "assignedTo"), asked(CONTACTED, "estimatedValue", "text")))
    wrong = (("stageFieldValues.assignedTo", "NOT_A_UUID"), ("stageFieldValues.estimatedValue", "WRONG_TYPE"))
    with faults(*wrong):
        moved(make_lead(owner), CONTACTED, owner, assignedTo="bob", estimatedValue="a lot")
    assert moved(make_lead(owner), CONTACTED, owner, assignedTo=str(BOB), estimatedValue="5").assigned_to == BOB


def test_an_unknown_key_and_a_wrong_type_are_refused_together() -> None:
    with faults(("stageFieldValues.colour", "UNKNOWN_FIELD"), ("stageFieldValues.amount", "WRONG_TYPE")):
        moved(make_lead(BUDGET), CONTACTED, BUDGET, colour="red", amount="a lot")


def test_clearing_a_required_field_on_entry_is_missing_it() -> None:
    lead = moved(make_lead(BUDGET), CONTACTED, BUDGET, amount=1, close_date="2025-03-01")
    with faults(("stageFieldValues.amount", "REQUIRED"), reason="STAGE_FIELDS_MISSING"):
        moved(
            replace(lead, estimated_value=lead.estimated_value),
            QUALIFIED,
            configured(stage_fields=BUDGET.stage_fields[:4]),
            amount=None,
        )


def test_an_optional_field_can_be_cleared() -> None:
    lead = moved(make_lead(BUDGET), CONTACTED, BUDGET, amount=1, close_date="2025-03-01", remark="soon")
    update = {"stage_field_values": {"remark": None}}
    after = changing.update(lead, update, by_person(NOW + timedelta(minutes=2), BUDGET)).lead
    assert after.stage_field_values == {"amount": 1, "close_date": "2025-03-01"}


def test_an_old_value_that_no_longer_fits_the_field_is_missing() -> None:
    lead = replace(make_lead(BUDGET), stage_field_values={"amount": "a lot", "close_date": "2025-03-01"})
    with faults(("stageFieldValues.amount", "REQUIRED"), reason="STAGE_FIELDS_MISSING"):
        moved(lead, CONTACTED, BUDGET)


def test_creating_and_updating_pass_the_same_gate() -> None:
    missing = (("stageFieldValues.amount", "REQUIRED"), ("stageFieldValues.close_date", "REQUIRED"))
    with faults(*missing, reason="STAGE_FIELDS_MISSING"):
        created({"last_name": "J", "stage_id": CONTACTED.id}, BUDGET)
    with faults(*missing, reason="STAGE_FIELDS_MISSING"):
        changing.update(make_lead(BUDGET), {"stage_id": CONTACTED.id}, by_person(NOW, BUDGET))
    values = {"amount": 1, "close_date": "2025-03-01"}
    change = created({"last_name": "J", "stage_id": CONTACTED.id, "stage_field_values": values}, BUDGET)
    assert change.lead.stage_field_values == values


def test_staying_asks_for_nothing_new() -> None:
    lead = make_lead()
    later = configured(stage_fields=(asked(NEW, "amount", "number"),))
    assert changing.update(lead, {"title": "Founder"}, by_person(NOW, later)).lead.title == "Founder"


KINDS: dict[str, tuple[list[Any], list[Any]]] = {
    "text": (["yes", "two\nlines"], [1, True, ["a"], "a\x00", "x" * 20_001]),
    "number": ([0, -5, 2.5, 10**20], ["5", True, [1], float("nan"), float("inf")]),
    "date": (["2025-03-01", "2024-02-29"], ["2025-02-29", "20250301", "1.3.2025", 20250301, "2025-03-01T10:00:00Z"]),
    "datetime": (
        ["2025-03-01T10:00:00Z", "2025-03-01T10:00Z"],
        ["2025-03-01", "2025-03-01T10:00:00", "2025-03-01T25:00:00Z", "0001-01-01T00:00:00+14:00", 1740823200],
    ),
    "boolean": ([True, False], ["true", 1, 0]),
    "select": (["red", "blue"], ["green", 1, ["red"]]),
    "email": (["alice@startup.io"], ["alice", 5]),
    "phone": (["+1 212 555 0123", "212 555 0123"], ["call me", 2125550123]),
    "url": (
        ["https://startup.io/a?b=c", "http://localhost:8080"],
        ["startup.io", "ftp://x.io", "https://", "https://a b.io", "http://[", 5],
    ),
}


def test_every_type_of_field_is_tested_here() -> None:
    assert set(KINDS) == FIELD_TYPES


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_field_takes_values_of_its_type_only(kind: str) -> None:
    configuration = configured(stage_fields=(asked(CONTACTED, "value", kind, options=("red", "blue")),))
    good, bad = KINDS[kind]
    for value in good:
        lead = moved(make_lead(configuration), CONTACTED, configuration, value=value)
        assert lead.stage_id == CONTACTED.id
        assert type(lead.stage_field_values["value"]) is type(value)
    for value in bad:
        with pytest.raises(LeadlineError) as refused:
            moved(make_lead(configuration), CONTACTED, configuration, value=value)
        assert refused.value.reason == "VALIDATION_FAILED", value
        assert {each.field.split(".")[0] for each in refused.value.violations} == {"stageFieldValues"}


def test_an_instant_is_kept_in_utc() -> None:
    configuration = configured(stage_fields=(asked(CONTACTED, "call_at", "datetime"),))
    lead = moved(make_lead(configuration), CONTACTED, configuration, call_at="2025-03-01T10:00:00+02:00")
    assert lead.stage_field_values == {"call_at": "2025-03-01T08:00:00Z"}


def test_a_field_of_an_unknown_type_is_no_configuration() -> None:
    with pytest.raises(ValueError, match="unknown type"):
        asked(NEW, "mood", "emoji")


FIELDS = tuple(
    asked(CONTACTED, f"field{place}", kind, required=bool(place % 2), options=("red", "blue"))
    for place, kind in enumerate(sorted(FIELD_TYPES))
)
some_values: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        "x",
        "red",
        5,
        True,
        "2025-03-01",
        "2025-03-01T10:00:00Z",
        "a@b.io",
        "+12125550123",
        "http://x.io",
        [],
        {},
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.sets(st.sampled_from(FIELDS)),
    st.dictionaries(st.sampled_from([field.name for field in FIELDS]), some_values),
    st.dictionaries(st.sampled_from([field.name for field in FIELDS]), some_values),
)
def test_no_lead_gets_into_a_stage_without_its_required_fields(
    fields: set[StageField], had: dict[str, Any], given_values: dict[str, Any]
) -> None:
    configuration = configured(stage_fields=tuple(fields))
    lead = replace(make_lead(configuration), stage_field_values=had)
    entering = partial(moved, lead, CONTACTED, configuration, **given_values)
    entered = unless_refused(entering, "STAGE_FIELDS_MISSING", "VALIDATION_FAILED")
    if entered is None:
        return
    assert given_values.keys() <= {field.name for field in fields}
    for field in fields:
        value = entered.stage_field_values.get(field.name)
        assert not field.required or value not in (None, "", [], {})
    # Whoever is in may come in again.
    back = replace(entered, stage_id=NEW.id)
    assert moved(back, CONTACTED, configuration).stage_field_values == entered.stage_field_values


def in_steps(stage: Stage) -> Lead:
    return created({"last_name": "J", "pipeline_id": STEPS.id, "stage_id": stage.id}).lead


def test_a_sequential_pipeline_moves_to_the_next_stage_or_back() -> None:
    assert moved(in_steps(FIRST), SECOND, configured()).stage_id == SECOND.id
    assert moved(in_steps(THIRD), FIRST, configured()).stage_id == FIRST.id
    with refusal("STAGE_MOVE_NOT_ALLOWED") as refused:
        moved(in_steps(FIRST), THIRD, configured())
    assert "Second" in refused.value.message


def test_a_free_pipeline_moves_anywhere() -> None:
    assert moved(make_lead(), QUALIFIED, configured()).stage_id == QUALIFIED.id


def test_a_lead_from_another_pipeline_may_come_in_anywhere() -> None:
    change = changing.update(make_lead(), {"pipeline_id": STEPS.id, "stage_id": THIRD.id}, by_person())
    assert (change.lead.pipeline_id, change.lead.stage_id) == (STEPS.id, THIRD.id)


def test_a_stage_of_another_pipeline_is_refused() -> None:
    for stage_id, reason in ((SECOND.id, "OF_ANOTHER_PIPELINE"), (new_id(), "NOT_CONFIGURED")):
        with faults(("stageId", reason)):
            changing.change_stage(make_lead(), stage_id, {}, by_person())
