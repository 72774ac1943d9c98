"""The won stage's gate at a conversion: looked at when the lead is reserved, and never in the way at its end."""

from dataclasses import replace
from typing import Any

import pytest

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import conversion
from leads_service.domain.configuration import Configuration, FieldVisibility, Stage
from leads_service.domain.lead import Lead
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONFIGURATION,
    CONTACTED,
    CONVERTED,
    DOCUMENTED,
    MINUTE,
    NEW,
    NOW,
    SALES,
    STEPS,
    asked,
    by_admin,
    by_leadline,
    by_person,
    configured,
    created,
    make_lead,
    retiring,
    types_of,
)
from tests.unit.leads.refusals import faults, refusal

LATER = NOW + MINUTE
LEAD = created(DOCUMENTED).lead
FIELDS = (
    asked(CONVERTED, "contract", "text"),
    asked(CONVERTED, "signed", "date"),
    asked(CONVERTED, "estimatedValue", "number"),
    asked(CONVERTED, "remark", "text", required=False),
)
ASKING = configured(stage_fields=FIELDS)
SECOND_WON = Stage(new_id(), SALES.id, "Won again", 9, is_won=True)
TWO_WON = configured(stages=(*CONFIGURATION.stages, SECOND_WON))
SIGNED: dict[str, Any] = {"contract": "C-7", "signed": "2025-03-01"}
MISSING = (("stageFieldValues.contract", "REQUIRED"), ("stageFieldValues.signed", "REQUIRED"))


def prepared(lead: Lead = LEAD, configuration: Configuration = ASKING, **values: Any) -> Lead:
    return conversion.prepared(lead, values, by_person(LATER, configuration))


def completed(lead: Lead, configuration: Configuration) -> Lead:
    ids = dict.fromkeys(("account_id", "contact_id", "opportunity_id"))
    converting = replace(lead, conversion_id=new_id())
    return conversion.complete(converting, ids, ALICE, by_leadline(LATER, configuration)).lead


def test_what_the_won_stage_asks_for_is_listed_and_asked_for() -> None:
    ready = conversion.readiness(LEAD, ASKING)
    assert (ready.can_convert, ready.required_fields) == (False, ("estimatedValue",))
    assert ready.missing_fields == ("stageFieldValues.contract", "stageFieldValues.signed")
    assert ready.reasons == ("Fill in stageFieldValues.contract, stageFieldValues.signed.",)
    with faults(*MISSING, reason="STAGE_FIELDS_MISSING"):
        prepared()


def test_what_comes_along_lets_the_lead_be_converted_and_stays_on_it() -> None:
    ready = prepared(**SIGNED)
    assert ready == replace(LEAD, stage_field_values=SIGNED)
    change = conversion.reserve(LEAD, ready, new_id(), by_person(LATER, ASKING))
    assert (change.lead.stage_field_values, change.lead.version) == (SIGNED, 2)
    assert {entry.field for entry in change.history} == {"stageFieldValues.contract", "stageFieldValues.signed"}
    assert completed(change.lead, ASKING).stage_id == CONVERTED.id


def test_a_lead_that_has_it_all_needs_nothing_to_come_along() -> None:
    lead = replace(LEAD, stage_field_values=SIGNED)
    assert prepared(lead) == lead
    assert conversion.readiness(lead, ASKING).can_convert


def test_what_settings_ask_for_keeps_its_own_refusal_and_comes_first() -> None:
    lead = make_lead(ASKING, last_name="J")
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        prepared(lead, **SIGNED)
    assert [each.field for each in refused.value.violations] == ["estimatedValue"]
    assert conversion.readiness(lead, ASKING).missing_fields == (
        "estimatedValue",
        "stageFieldValues.contract",
        "stageFieldValues.signed",
        "stageFieldValues.estimatedValue",
    )


def test_a_field_of_the_leads_own_may_come_along_and_is_what_settings_ask_for() -> None:
    ready = prepared(make_lead(ASKING, last_name="J"), **SIGNED, estimatedValue=7)
    assert (str(ready.estimated_value), ready.stage_field_values) == ("7.00", SIGNED)
    plan = conversion.plan(
        ready,
        conversion.Surroundings(),
        conversion.ConversionRequest(),
        conversion.check_request(conversion.ConversionRequest(), ASKING),
        BOB,
        ASKING,
    )
    assert plan["opportunity"]["value"] == "7.00"


def test_values_that_no_stage_wants_are_refused() -> None:
    with faults(("stageFieldValues.colour", "UNKNOWN_FIELD"), ("stageFieldValues.signed", "WRONG_TYPE")):
        prepared(colour="red", signed="soon")
    without_won = replace(make_lead(), pipeline_id=STEPS.id, estimated_value=LEAD.estimated_value)
    with faults(("stageFieldValues.contract", "UNKNOWN_FIELD")):
        prepared(without_won, contract="C-7")
    with faults(("stageFieldValues", "CONTROL_CHARACTER")):
        prepared(contract="\x00")


def test_the_values_cannot_take_away_whom_the_lead_is_about() -> None:
    configuration = configured(stage_fields=(asked(CONVERTED, "lastName", required=False),))
    lead = make_lead(configuration, last_name="J", estimated_value="1")
    with faults(*((name, "REQUIRED") for name in ("lastName", "company", "email", "phone"))):
        prepared(lead, configuration, lastName=None)


def test_the_values_cannot_name_what_is_being_deleted() -> None:
    configuration = configured(
        stage_fields=(asked(CONVERTED, "source", required=False),), retirements=(retiring("referral"),)
    )
    with refusal("RETIRING"):
        prepared(LEAD, configuration, source="referral")


def test_an_owner_who_comes_along_is_told_of_as_any_owner() -> None:
    configuration = configured(stage_fields=(asked(CONVERTED, "assignedTo"),))
    ready = prepared(LEAD, configuration, assignedTo=str(BOB))
    change = conversion.reserve(LEAD, ready, new_id(), by_person(LATER, configuration))
    assert types_of(change) == ["conversion_started", "assigned"]


def test_values_obey_the_stage_where_the_lead_is() -> None:
    rules = {NEW.id: FieldVisibility(NEW.id, frozenset({"estimatedValue"}), frozenset({"stageFieldValues.signed"}))}
    configuration = configured(stage_fields=FIELDS, visibility=rules)
    with refusal("FIELD_NOT_EDITABLE", ErrorKind.FORBIDDEN) as refused:
        prepared(LEAD, configuration, **SIGNED, estimatedValue=7)
    named = [each.field for each in refused.value.violations]
    assert named == ["stageFieldValues.estimatedValue", "stageFieldValues.signed"]
    assert conversion.prepared(LEAD, SIGNED, by_admin(LATER, configuration)).stage_field_values == SIGNED


def test_a_hidden_score_is_not_told_in_words() -> None:
    configuration = configured(conversion_requires_qualified=True)
    (told,) = conversion.readiness(LEAD, configuration, frozenset({"score", "qualified"})).reasons
    assert told == "The lead is not qualified; a lead qualifies from 60."
    hiding = replace(configuration, visibility={NEW.id: FieldVisibility(NEW.id, frozenset({"score"}))})
    with refusal("CONVERSION_NOT_ALLOWED") as refused:
        prepared(replace(LEAD, score=41), hiding)
    assert "41" not in refused.value.message


def test_whoever_stands_at_the_won_stage_already_is_asked_for_nothing() -> None:
    lead = replace(LEAD, stage_id=CONVERTED.id)
    assert prepared(lead) == lead
    assert conversion.readiness(lead, ASKING).can_convert


def test_a_won_stage_that_is_being_deleted_is_passed_over() -> None:
    closed = replace(TWO_WON, retirements=(retiring(CONVERTED),), stage_fields=FIELDS)
    assert prepared(LEAD, closed) == LEAD
    assert completed(LEAD, closed).stage_id == SECOND_WON.id
    assert completed(LEAD, replace(CONFIGURATION, retirements=(retiring(CONVERTED),))).stage_id == NEW.id


@pytest.mark.parametrize("stage", [NEW, CONTACTED])
def test_at_the_end_nothing_is_refused_and_no_gate_is_passed_by(stage: Stage) -> None:
    lead = replace(LEAD, stage_id=stage.id)
    assert completed(lead, ASKING).stage_id == stage.id
    assert completed(lead, replace(TWO_WON, stage_fields=FIELDS)).stage_id == SECOND_WON.id
