"""Disqualifying: the reason, the lost stage and its gate, the first response, and what is written along."""

from dataclasses import replace
from typing import Any

import pytest

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import disqualifying, timeline
from leads_service.domain.configuration import Configuration, FieldVisibility, Retirement, Retiring, StageOwnership
from leads_service.domain.disqualifying import Disqualification
from leads_service.domain.lead import Actor, Change, Lead, LeadStatus
from leads_service.domain.settling import Situation
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONTACTED,
    DISQUALIFIED,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    SALES,
    STEPS,
    asked,
    by_person,
    configured,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import faults, refusal

LATER = NOW + HOUR
REASONS: Any = ("no_budget", "duplicate")
CONFIGURATION = configured(disqualification_reasons=REASONS)


def disqualified(
    lead: Lead,
    configuration: Configuration = CONFIGURATION,
    *,
    reason: str = "no_budget",
    notes: str = "",
    situation: Situation | None = None,
    **values: Any,
) -> Change:
    wanted = Disqualification(reason=reason, notes=notes, stage_values=values)
    return disqualifying.disqualify(lead, wanted, situation or by_person(LATER, configuration))


def retiring(kind: Retiring, name: str = "", **more: Any) -> Retirement:
    return Retirement(**{"id": new_id(), "kind": kind, "entry_id": new_id(), "name": name, **more})


def test_a_disqualified_lead_is_closed_for_its_reason_in_its_pipelines_lost_stage() -> None:
    lead = make_lead()
    change = disqualified(lead, notes="  No budget until next fiscal year\n")
    assert change.lead == replace(
        lead,
        status=LeadStatus.DISQUALIFIED,
        closed_from_stage_id=lead.stage_id,
        stage_id=DISQUALIFIED.id,
        disqualified_at=LATER,
        disqualification_reason="no_budget",
        disqualification_notes="No budget until next fiscal year",
        first_response_at=LATER,
        version=2,
        updated_at=LATER,
        clock_version=2,
        clock_closed_by="disqualified",
    )
    assert change.clock_changed


def test_it_is_an_activity_with_its_reason_and_the_first_response() -> None:
    change = disqualified(make_lead(), notes="Secret")
    assert types_of(change) == ["lead_disqualified", "first_response"]
    closed, response = change.activities
    assert (closed.metadata, closed.description, closed.performed_by) == ({"reason": "no_budget"}, None, ALICE)
    assert response.metadata == {"by": "closing"}


def test_it_counts_as_the_first_response_whatever_the_settings_say_and_is_never_a_later_one() -> None:
    nothing_counts = configured(disqualification_reasons=REASONS, first_response_on=frozenset())
    assert disqualified(make_lead(nothing_counts), nothing_counts).lead.first_response_at == LATER
    answered = timeline.add_note(make_lead(), "Called", ALICE, by_person(NOW + MINUTE))[1].lead
    change = disqualified(answered)
    assert (change.lead.first_response_at, types_of(change)) == (NOW + MINUTE, ["lead_disqualified"])


def test_history_says_what_changed() -> None:
    told = {
        each.field: (each.old_value, each.new_value) for each in disqualified(make_lead(), notes="No money").history
    }
    assert told == {
        "status": ("open", "disqualified"),
        "stageId": (str(NEW.id), str(DISQUALIFIED.id)),
        "disqualificationReason": (None, "no_budget"),
        "disqualificationNotes": (None, "No money"),
    }


def test_without_a_lost_stage_the_lead_stays_where_it_is() -> None:
    lead = make_lead(last_name="J", pipeline_id=STEPS.id)
    change = disqualified(lead)
    assert (change.lead.status, change.lead.stage_id) == (LeadStatus.DISQUALIFIED, lead.stage_id)
    assert "stageId" not in {each.field for each in change.history}


def test_a_lost_stage_that_is_being_deleted_is_passed_over_for_the_next_one_or_none() -> None:
    closed = retiring(Retiring.STAGE, entry_id=DISQUALIFIED.id)
    lead = make_lead()
    stays = disqualified(lead, configured(disqualification_reasons=REASONS, retirements=(closed,))).lead
    assert (stays.status, stays.stage_id) == (LeadStatus.DISQUALIFIED, NEW.id)
    other = replace(DISQUALIFIED, id=new_id(), position=DISQUALIFIED.position + 1)
    stages = (*CONFIGURATION.stages, other)
    both = configured(disqualification_reasons=REASONS, retirements=(closed,), stages=stages)
    assert disqualified(lead, both).lead.stage_id == other.id
    whole = configured(
        disqualification_reasons=REASONS, retirements=(retiring(Retiring.PIPELINE, entry_id=SALES.id),), stages=stages
    )
    assert disqualified(lead, whole).lead.stage_id == NEW.id


def test_a_lost_stage_may_be_entered_from_anywhere_of_a_sequential_pipeline() -> None:
    lost = replace(DISQUALIFIED, id=new_id(), pipeline_id=STEPS.id, position=9)
    configuration = configured(disqualification_reasons=REASONS, stages=(*CONFIGURATION.stages, lost))
    assert disqualified(make_lead(last_name="J", pipeline_id=STEPS.id), configuration).lead.stage_id == lost.id


ASKING = configured(
    disqualification_reasons=REASONS,
    stage_fields=(asked(DISQUALIFIED, "competitor"), asked(DISQUALIFIED, "estimatedValue", "number")),
)


def test_the_lost_stage_has_its_gate() -> None:
    lead = make_lead(ASKING)
    missing = (("stageFieldValues.competitor", "REQUIRED"), ("stageFieldValues.estimatedValue", "REQUIRED"))
    with faults(*missing, reason="STAGE_FIELDS_MISSING"):
        disqualified(lead, ASKING)
    with faults(("stageFieldValues.nothing", "UNKNOWN_FIELD"), ("stageFieldValues.competitor", "WRONG_TYPE")):
        disqualified(lead, ASKING, nothing=1, competitor=2, estimatedValue=3)
    entered = disqualified(lead, ASKING, competitor="Acme", estimatedValue=0).lead
    assert (entered.stage_field_values, str(entered.estimated_value)) == ({"competitor": "Acme"}, "0.00")


def test_an_owner_who_comes_along_is_told_of_like_any_other() -> None:
    configuration = configured(disqualification_reasons=REASONS, stage_fields=(asked(DISQUALIFIED, "assignedTo"),))
    change = disqualified(make_lead(), configuration, assignedTo=str(BOB))
    assert change.lead.assigned_to == BOB
    assert types_of(change) == ["lead_disqualified", "first_response", "assigned"]


def test_the_gate_cannot_take_the_last_name_away() -> None:
    configuration = configured(
        disqualification_reasons=REASONS, stage_fields=(asked(DISQUALIFIED, "lastName", required=False),)
    )
    with faults(*((name, "REQUIRED") for name in ("lastName", "company", "email", "phone"))):
        disqualified(make_lead(), configuration, lastName="")


def test_a_priority_that_is_being_deleted_cannot_come_along() -> None:
    configuration = configured(
        disqualification_reasons=REASONS,
        stage_fields=(asked(DISQUALIFIED, "priority"),),
        retirements=(retiring(Retiring.PRIORITY, "high"),),
    )
    with refusal("RETIRING"):
        disqualified(make_lead(), configuration, priority="high")


def test_a_lead_that_is_in_the_lost_stage_already_need_not_enter_it_again() -> None:
    there = replace(make_lead(), stage_id=DISQUALIFIED.id)
    assert disqualified(there, ASKING).lead.stage_field_values == {}
    with faults(("stageFieldValues.nothing", "UNKNOWN_FIELD")):
        disqualified(there, ASKING, nothing=1)


def test_values_for_a_lost_stage_that_there_is_not_are_refused() -> None:
    lead = make_lead(last_name="J", pipeline_id=STEPS.id)
    with faults(("stageFieldValues.competitor", "UNKNOWN_FIELD")):
        disqualified(lead, competitor="Acme")


def test_a_lead_in_a_stage_that_is_gone_can_be_disqualified() -> None:
    lost = replace(make_lead(), pipeline_id=new_id(), stage_id=new_id())
    assert disqualified(lost).lead.status is LeadStatus.DISQUALIFIED


@pytest.mark.parametrize("reason", ["", "no_reason", "NO_BUDGET", "x" * 300])
def test_the_reason_must_be_a_configured_one_and_all_that_is_wrong_is_said_at_once(reason: str) -> None:
    fault = "TOO_LONG" if len(reason) > 200 else "NOT_CONFIGURED"
    with faults(("reason", fault), ("notes", "TOO_LONG")):
        disqualified(make_lead(), reason=reason, notes="x" * 20_001)


def test_the_refusal_names_the_configured_reasons() -> None:
    with refusal("VALIDATION_FAILED", ErrorKind.INVALID) as refused:
        disqualified(make_lead(), reason="lazy")
    assert "no_budget, duplicate" in refused.value.violations[0].message


def test_notes_may_have_twenty_thousand_characters() -> None:
    notes = "x" * 20_000
    assert disqualified(make_lead(), notes=notes).lead.disqualification_notes == notes
    assert disqualified(make_lead(), notes=" \n").lead.disqualification_notes is None


def test_a_reason_that_is_being_deleted_is_refused() -> None:
    closed = retiring(Retiring.DISQUALIFICATION_REASON, "no_budget")
    configuration = configured(disqualification_reasons=REASONS, retirements=(closed,))
    with refusal("RETIRING") as refused:
        disqualified(make_lead(), configuration)
    assert refused.value.metadata == {"retirementId": str(closed.id)}
    assert disqualified(make_lead(), configuration, reason="duplicate").changed


def test_only_an_open_lead_that_is_not_being_converted_can_be_disqualified() -> None:
    for status in (LeadStatus.CONVERTED, LeadStatus.DISQUALIFIED):
        with refusal("LEAD_CLOSED"):
            disqualified(replace(make_lead(), status=status))
    with refusal("LEAD_CONVERTING"):
        disqualified(replace(make_lead(), conversion_id=new_id()))


def test_a_disqualified_lead_is_not_disqualified_twice() -> None:
    with refusal("LEAD_CLOSED"):
        disqualified(disqualified(make_lead()).lead)


def test_the_lost_stage_assigns_to_nobody() -> None:
    ownership = {DISQUALIFIED.id: StageOwnership(DISQUALIFIED.id, "user", str(BOB), auto_assign=True)}
    configuration = configured(disqualification_reasons=REASONS, ownership=ownership)
    assert disqualified(make_lead(), configuration).lead.assigned_to is None
    owned = replace(make_lead(), assigned_to=ALICE)
    assert disqualified(owned, configuration).lead.assigned_to == ALICE


RESTRICTED = configured(
    disqualification_reasons=REASONS,
    stage_fields=(asked(DISQUALIFIED, "competitor"), asked(DISQUALIFIED, "estimatedValue", "number", required=False)),
    visibility={
        NEW.id: FieldVisibility(
            NEW.id, hidden=frozenset({"estimatedValue"}), read_only=frozenset({"stageFieldValues.competitor"})
        )
    },
)


def test_what_the_leads_stage_hides_or_keeps_as_it_is_cannot_come_along() -> None:
    lead = make_lead(RESTRICTED)
    for values, field in (
        ({"competitor": "Acme", "estimatedValue": 1}, "stageFieldValues.estimatedValue"),
        ({"competitor": "Acme"}, "stageFieldValues.competitor"),
    ):
        with refusal("FIELD_NOT_EDITABLE", ErrorKind.FORBIDDEN) as refused:
            disqualified(lead, RESTRICTED, **values)
        assert field in {each.field for each in refused.value.violations}
    admin = Situation(RESTRICTED, Actor(ALICE, is_admin=True), LATER)
    assert disqualified(lead, situation=admin, competitor="Acme", estimatedValue=1).lead.stage_id == DISQUALIFIED.id


def test_another_stage_of_the_pipeline_says_nothing_of_it() -> None:
    lead = changing.change_stage(make_lead(), CONTACTED.id, {}, by_person(NOW)).lead
    assert disqualified(lead, RESTRICTED, competitor="Acme").lead.stage_field_values == {"competitor": "Acme"}
