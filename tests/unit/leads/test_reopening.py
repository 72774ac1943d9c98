"""Reopening: where the lead goes, what it has to have, and how its clock starts anew."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from kit.errors import ErrorKind
from kit.ids import new_id
from leads_service.domain import disqualifying, life_cycle, reopening, retirement, timeline
from leads_service.domain.configuration import Configuration, FieldVisibility, Stage, StageOwnership
from leads_service.domain.disqualifying import Disqualification
from leads_service.domain.drafts import Draft
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.milestones import MilestoneKind, record
from leads_service.domain.reopening import Reopening
from leads_service.domain.sla import SlaStatus, status_at
from tests.unit.leads import changing
from tests.unit.leads.building import (
    ALICE,
    BOB,
    CONTACTED,
    DISQUALIFIED,
    FIRST,
    HOUR,
    MINUTE,
    NEW,
    NOW,
    QUALIFIED,
    SALES,
    SECOND,
    STANDARD,
    STEPS,
    THIRD,
    asked,
    by_admin,
    by_leadline,
    by_person,
    configured,
    make_lead,
    retiring,
    types_of,
)
from tests.unit.leads.refusals import faults, refusal

CLOSED_AT, LATER = NOW + HOUR, NOW + 30 * HOUR
REASONS: Any = ("no_budget",)
CONFIGURATION = configured(disqualification_reasons=REASONS)


def disqualified(lead: Lead | None = None, configuration: Configuration = CONFIGURATION) -> Lead:
    wanted = Disqualification(reason="no_budget", notes="Next year", stage_values={})
    return disqualifying.disqualify(lead or make_lead(), wanted, by_person(CLOSED_AT, configuration)).lead


def draft_of(
    lead: Lead, configuration: Configuration = CONFIGURATION, stage: Stage | None = None, **more: Any
) -> Draft:
    wanted = Reopening(stage_id=stage.id if stage else None, stage_values=more)
    return reopening.reopen(lead, wanted, by_person(LATER, configuration))


def reopened(
    lead: Lead, configuration: Configuration = CONFIGURATION, stage: Stage | None = None, **more: Any
) -> Change:
    return draft_of(lead, configuration, stage, **more).settled()


def at(stage: Stage) -> Lead:
    return changing.change_stage(make_lead(), stage.id, {}, by_leadline(NOW)).lead


def test_a_reopened_lead_is_where_it_was_with_a_promise_from_now_on() -> None:
    before = disqualified(at(CONTACTED))
    change = reopened(before)
    after = change.lead
    assert after == replace(
        before,
        status=LeadStatus.OPEN,
        stage_id=CONTACTED.id,
        disqualified_at=None,
        disqualification_reason=None,
        disqualification_notes=None,
        closed_from_stage_id=None,
        reopened_at=LATER,
        first_response_at=None,
        sla=after.sla,
        clock_closed_by="",
        clock_version=before.clock_version + 1,
        version=before.version + 1,
        updated_at=LATER,
    )
    assert change.clock_changed
    assert after.sla is not None
    assert (after.sla.started_at, after.sla.deadline) == (LATER, LATER + 4 * HOUR)
    assert after.sla.at_risk_at == LATER + 2.4 * HOUR
    assert status_at(after.sla, after.first_response_at, LATER) is SlaStatus.ON_TRACK


def test_the_activity_keeps_what_was_and_history_says_what_changed() -> None:
    change = reopened(disqualified(at(CONTACTED)))
    (told,) = change.activities
    assert (told.type, told.title, told.performed_by) == ("lead_reopened", "Reopened", ALICE)
    assert told.metadata == {
        "reason": "no_budget",
        "firstResponseAt": "2025-01-20T11:00:00Z",
        "responseDeadline": "2025-01-20T14:00:00Z",
    }
    assert {each.field: (each.old_value, each.new_value) for each in change.history} == {
        "status": ("disqualified", "open"),
        "stageId": (str(DISQUALIFIED.id), str(CONTACTED.id)),
        "disqualificationReason": ("no_budget", None),
        "disqualificationNotes": ("Next year", None),
    }


def test_what_was_recorded_and_paused_before_says_nothing_of_the_new_promise() -> None:
    pausing = configured(
        disqualification_reasons=REASONS, policies=(replace(STANDARD, pause_at_stages=frozenset({CONTACTED.id})),)
    )
    lead = make_lead(pausing)
    for kind in (MilestoneKind.AT_RISK, MilestoneKind.BREACHED):
        lead = record(lead, kind, 0, by_leadline(NOW + 9 * HOUR, pausing))[1].lead
    assert lead.sla is not None
    sla = replace(lead.sla, pauses=((NOW, NOW + MINUTE),))
    after = reopened(disqualified(replace(lead, sla=sla), pausing), pausing).lead
    assert after.sla is not None
    assert (after.sla.at_risk_recorded_at, after.sla.breach_recorded_at, after.sla.pauses) == (None, None, ())
    stands = reopened(disqualified(lead, pausing), pausing, CONTACTED).lead
    assert stands.sla is not None
    assert stands.sla.paused_at == LATER


def test_the_policy_is_chosen_again() -> None:
    hour = replace(STANDARD, name="Faster now", response_minutes={"*": STANDARD.response_minutes["*"] / 4})
    after = reopened(disqualified(), configured(disqualification_reasons=REASONS, policies=(hour,))).lead
    assert after.sla is not None
    assert (after.sla.policy, after.sla.deadline) == ("Faster now", LATER + HOUR)


def test_where_no_policy_covers_it_any_more_it_has_no_sla_and_a_later_promise_counts_from_the_reopening() -> None:
    nothing = configured(disqualification_reasons=REASONS, policies=())
    change = reopened(disqualified(), nothing)
    assert (change.lead.sla, change.clock_changed, change.lead.clock_closed_by) == (None, False, "")
    # What happened before is no answer to it.
    logged = timeline.log_activity(
        change.lead,
        timeline.LoggedActivity(type="call", direction="outbound", occurred_at=CLOSED_AT),
        by_person(LATER + MINUTE, nothing),
    )
    assert logged.lead.first_response_at is None
    promised = changing.update(change.lead, {"priority": "high"}, by_person(LATER + HOUR)).lead
    assert promised.sla is not None
    assert promised.sla.started_at == LATER


@pytest.mark.parametrize("was", [None, new_id(), DISQUALIFIED.id, FIRST.id])
def test_where_its_stage_is_gone_or_unknown_it_goes_to_the_first_one(was: UUID | None) -> None:
    lead = replace(disqualified(at(CONTACTED)), closed_from_stage_id=was)
    # It had been among the lost ones before, and is there again.
    expected = DISQUALIFIED.id if was == DISQUALIFIED.id else NEW.id
    assert reopened(lead).lead.stage_id == expected


def test_where_its_stage_is_being_deleted_it_goes_to_the_first_open_one_that_can_be_entered() -> None:
    lead = disqualified(at(CONTACTED))
    closed = configured(retirements=(retiring(CONTACTED), retiring(NEW)))
    assert reopened(lead, closed).lead.stage_id == QUALIFIED.id
    with refusal("RETIRING"):
        reopened(lead, configured(retirements=(retiring(SALES),)))
    with refusal("RETIRING"):
        reopened(lead, closed, CONTACTED)


def test_where_its_pipeline_was_deleted_it_goes_to_the_first_stage_of_the_one_that_it_was_moved_to() -> None:
    gone = replace(retiring(SALES), target_id=STEPS.id, target_name=STEPS.name)
    moved = retirement.moved(disqualified(at(CONTACTED)), gone, by_leadline(CLOSED_AT)).lead
    left = configured(pipelines=(STEPS,), stages=(FIRST, SECOND, THIRD))
    change = reopened(moved, left)
    assert (change.lead.pipeline_id, change.lead.stage_id) == (STEPS.id, FIRST.id)


def test_another_stage_may_be_said_but_only_one_of_its_pipeline() -> None:
    lead = disqualified(at(CONTACTED))
    assert reopened(lead, CONFIGURATION, QUALIFIED).lead.stage_id == QUALIFIED.id
    with faults(("stageId", "OF_ANOTHER_PIPELINE")):
        reopened(lead, CONFIGURATION, FIRST)
    with faults(("stageId", "NOT_CONFIGURED")):
        reopened(lead, CONFIGURATION, replace(NEW, id=new_id()))


def test_the_way_back_need_not_be_step_by_step() -> None:
    lead = make_lead(last_name="J", pipeline_id=STEPS.id)
    lead = disqualified(changing.change_stage(lead, SECOND.id, {}, by_leadline(NOW)).lead)
    there = replace(lead, stage_id=FIRST.id)
    assert reopened(there, CONFIGURATION, THIRD).lead.stage_id == THIRD.id


def test_the_stage_has_its_gate() -> None:
    asking = configured(stage_fields=(asked(NEW, "budget", "number"), asked(NEW, "estimatedValue", "number")))
    lead = disqualified()
    missing = (("stageFieldValues.budget", "REQUIRED"), ("stageFieldValues.estimatedValue", "REQUIRED"))
    with faults(*missing, reason="STAGE_FIELDS_MISSING"):
        reopened(lead, asking)
    with faults(("stageFieldValues.nothing", "UNKNOWN_FIELD"), ("stageFieldValues.budget", "WRONG_TYPE")):
        reopened(lead, asking, None, nothing=1, budget="much")
    after = reopened(lead, asking, None, budget=5, estimatedValue=7).lead
    assert (after.stage_field_values, str(after.estimated_value)) == ({"budget": 5}, "7.00")


def test_its_owner_stays_and_a_lead_without_one_is_given_one_by_the_stage() -> None:
    ownership = {NEW.id: StageOwnership(NEW.id, "user", str(BOB), auto_assign=True)}
    owned = configured(ownership=ownership, stage_fields=(asked(NEW, "assignedTo", required=True),))
    asks = draft_of(disqualified(), owned)
    assert asks.asks == ownership[NEW.id]
    change = asks.settled(BOB)
    assert (change.lead.assigned_to, types_of(change)) == (BOB, ["lead_reopened", "assigned"])
    assert draft_of(disqualified(replace(make_lead(), assigned_to=ALICE)), owned).asks is None
    named = draft_of(disqualified(), owned, None, assignedTo=str(ALICE))
    assert (named.asks, named.settled().lead.assigned_to) == (None, ALICE)


def test_what_is_being_deleted_cannot_come_along_but_may_stay() -> None:
    closed = configured(stage_fields=(asked(NEW, "priority", required=False),), retirements=(retiring("website"),))
    kept = disqualified(make_lead(last_name="J", source="website"))
    assert reopened(kept, closed).lead.source == "website"


def test_the_gate_cannot_take_the_last_name_away() -> None:
    configuration = configured(stage_fields=(asked(NEW, "lastName", required=False),))
    with faults(*((name, "REQUIRED") for name in ("lastName", "company", "email", "phone"))):
        reopened(disqualified(), configuration, None, lastName="")


def test_only_a_disqualified_lead_is_reopened() -> None:
    for status in (LeadStatus.OPEN, LeadStatus.CONVERTED):
        with refusal("LEAD_NOT_DISQUALIFIED") as refused:
            reopened(replace(make_lead(), status=status))
        assert refused.value.metadata == {"status": str(status)}
    with refusal("LEAD_CONVERTING"):
        reopened(replace(make_lead(), conversion_id=new_id()))
    with refusal("LEAD_NOT_FOUND", ErrorKind.NOT_FOUND):
        reopened(life_cycle.delete(make_lead(), by_person(NOW)).lead)
    with refusal("LEAD_NOT_DISQUALIFIED"):
        reopened(reopened(disqualified()).lead)


def test_what_the_stage_where_it_is_hides_or_keeps_cannot_come_along() -> None:
    rules = FieldVisibility(DISQUALIFIED.id, read_only=frozenset({"stageId", "stageFieldValues.budget"}))
    configuration = configured(stage_fields=(asked(NEW, "budget", "number"),), visibility={DISQUALIFIED.id: rules})
    lead = disqualified()
    for stage, values, field in ((NEW, {}, "stageId"), (None, {"budget": 5}, "stageFieldValues.budget")):
        with refusal("FIELD_NOT_EDITABLE", ErrorKind.FORBIDDEN) as refused:
            reopened(lead, configuration, stage, **values)
        assert field in {each.field for each in refused.value.violations}
    wanted = Reopening(stage_id=NEW.id, stage_values={"budget": 5})
    assert reopening.reopen(lead, wanted, by_admin(LATER, configuration)).settled().lead.stage_id == NEW.id


def test_it_can_be_closed_and_opened_again_and_again() -> None:
    lead = make_lead()
    for number in range(1, 4):
        lead = reopened(disqualified(lead)).lead
        assert (lead.stage_id, lead.version, lead.clock_version) == (NEW.id, 1 + 2 * number, 1 + 2 * number)


def test_an_answer_after_the_reopening_is_a_first_response_again() -> None:
    after = reopened(disqualified()).lead
    noted = timeline.add_note(after, "Called again", ALICE, by_person(LATER + MINUTE))[1].lead
    answered_at: datetime | None = noted.first_response_at
    assert (answered_at, noted.clock_closed_by) == (LATER + MINUTE, "answered")
