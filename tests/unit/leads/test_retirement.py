"""Deleting what leads use: what is closed, where the leads go, and how they come back."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain import retirement as rules
from leads_service.domain.configuration import (
    LEADS,
    OPPORTUNITIES,
    Configuration,
    Pipeline,
    Retirement,
    Retiring,
    Stage,
    StageOwnership,
)
from leads_service.domain.lead import Change, Lead, LeadStatus
from tests.unit.leads.building import (
    BOB,
    CONFIGURATION,
    CONTACTED,
    CONVERTED,
    DEALS,
    DISQUALIFIED,
    FIRST,
    INTRODUCED,
    MINUTE,
    NEGOTIATION,
    NEW,
    NOW,
    PARTNERS,
    PROSPECTING,
    QUALIFIED,
    SALES,
    STEPS,
    THIRD,
    asked,
    by_leadline,
    configured,
    make_lead,
    types_of,
)
from tests.unit.leads.refusals import faults

LATER = NOW + MINUTE
TWIN = Pipeline(new_id(), "Twin", LEADS)
TWIN_STAGES = [
    Stage(new_id(), TWIN.id, name, place, is_won=name == "Sold", is_lost=name == "Dead")
    for place, name in enumerate(("Start", "CONTACTED", "Sold", "Dead"), start=1)
]
START, TWIN_CONTACTED, SOLD, DEAD = TWIN_STAGES
WITH_TWIN: dict[str, Any] = {
    "pipelines": (*CONFIGURATION.pipelines, TWIN),
    "stages": (*CONFIGURATION.stages, *TWIN_STAGES),
}


def of_stage(stage: Stage, target: Stage | None = None, module: str = LEADS) -> Retirement:
    return Retirement(
        id=new_id(),
        kind=Retiring.STAGE,
        entry_id=stage.id,
        name=stage.name,
        module=module,
        target_id=target.id if target else None,
        target_name=target.name if target else None,
    )


def of_pipeline(pipeline: Pipeline, target: Pipeline | None) -> Retirement:
    return Retirement(
        id=new_id(),
        kind=Retiring.PIPELINE,
        entry_id=pipeline.id,
        name=pipeline.name,
        module=pipeline.module,
        target_id=target.id if target else None,
        target_name=target.name if target else None,
    )


def of_name(kind: Retiring, name: str, target: str) -> Retirement:
    return Retirement(id=new_id(), kind=kind, entry_id=new_id(), name=name, target_id=new_id(), target_name=target)


def moved(lead: Lead, retirement: Retirement, **changes: Any) -> Change:
    return rules.moved(lead, retirement, by_leadline(LATER, told(retirement, **changes)))


def told(retirement: Retirement, **changes: Any) -> Configuration:
    return configured(retirements=(retirement,), **changes)


def in_stage(stage: Stage, **changes: Any) -> Lead:
    return replace(make_lead(), pipeline_id=stage.pipeline_id, stage_id=stage.id, **changes)


def test_a_lead_goes_to_the_target_with_its_history_and_by_nobody() -> None:
    lead = in_stage(CONTACTED, assigned_to=BOB)
    change = moved(lead, of_stage(CONTACTED, NEW))
    assert (change.lead.stage_id, change.lead.version, change.lead.updated_at) == (NEW.id, 2, LATER)
    (entry,) = change.history
    assert (entry.field, entry.old_label, entry.new_label, entry.changed_by) == ("stageId", "Contacted", "New", None)
    (activity,) = change.activities
    assert (activity.type, activity.metadata) == ("stage_changed", {"from": "Contacted", "to": "New"})
    assert change.lead.first_response_at is None
    assert change.clock_changed


def test_neither_movement_nor_assignment_applies() -> None:
    lead = in_stage(FIRST, assigned_to=BOB)
    owned = {THIRD.id: StageOwnership(THIRD.id, "user", str(new_id()), auto_assign=True)}
    change = moved(lead, of_stage(FIRST, THIRD), ownership=owned)
    assert (change.lead.stage_id, change.lead.assigned_to) == (THIRD.id, BOB)


def test_an_open_lead_passes_the_gate_and_others_do_not_need_to() -> None:
    lacking = {"stage_fields": (asked(NEW, "budget", "number"),)}
    retirement = of_stage(CONTACTED, NEW)
    with faults(("stageFieldValues.budget", "REQUIRED"), reason="STAGE_FIELDS_MISSING"):
        moved(in_stage(CONTACTED), retirement, **lacking)
    assert moved(in_stage(CONTACTED, stage_field_values={"budget": 5}), retirement, **lacking).lead.stage_id == NEW.id
    for closed in (
        in_stage(CONTACTED, deleted_at=NOW, clock_closed_by="deleted"),
        in_stage(CONTACTED, status=LeadStatus.CONVERTED, clock_closed_by="converted"),
        in_stage(CONTACTED, status=LeadStatus.DISQUALIFIED, clock_closed_by="disqualified"),
    ):
        change = moved(closed, retirement, **lacking)
        assert (change.lead.stage_id, change.clock_changed) == (NEW.id, False)


@pytest.mark.parametrize(
    ("stage", "status", "target"),
    [
        (CONTACTED, LeadStatus.OPEN, TWIN_CONTACTED),
        (QUALIFIED, LeadStatus.OPEN, START),
        (CONVERTED, LeadStatus.CONVERTED, SOLD),
        (CONTACTED, LeadStatus.CONVERTED, SOLD),
        (DISQUALIFIED, LeadStatus.DISQUALIFIED, DEAD),
        (CONTACTED, LeadStatus.DISQUALIFIED, DEAD),
    ],
)
def test_a_pipelines_leads_go_to_the_stage_that_stands_for_theirs(
    stage: Stage, status: LeadStatus, target: Stage
) -> None:
    change = moved(in_stage(stage, status=status), of_pipeline(SALES, TWIN), **WITH_TWIN)
    assert (change.lead.pipeline_id, change.lead.stage_id) == (TWIN.id, target.id)
    assert {entry.field for entry in change.history} == {"pipelineId", "stageId"}


def test_where_the_target_has_no_such_end_closed_leads_go_to_the_same_name_or_the_first_stage() -> None:
    for status in (LeadStatus.CONVERTED, LeadStatus.DISQUALIFIED):
        change = moved(in_stage(CONVERTED, status=status), of_pipeline(SALES, STEPS))
        assert change.lead.stage_id == FIRST.id


def test_a_stage_that_is_being_deleted_itself_takes_none() -> None:
    configuration = configured(**WITH_TWIN, retirements=(of_pipeline(SALES, TWIN), of_stage(TWIN_CONTACTED, START)))
    change = rules.moved(in_stage(CONTACTED), configuration.retirements[0], by_leadline(LATER, configuration))
    assert change.lead.stage_id == START.id


def test_a_target_without_stages_takes_none() -> None:
    empty = Pipeline(new_id(), "Empty", LEADS)
    with faults(("targetId", "WITHOUT_STAGES")):
        moved(make_lead(), of_pipeline(SALES, empty), pipelines=(*CONFIGURATION.pipelines, empty))


def test_names_are_replaced_by_the_targets() -> None:
    lead = make_lead(last_name="J", priority="high", source="website")
    disqualified = replace(lead, status=LeadStatus.DISQUALIFIED, disqualification_reason="no_budget")
    for kind, before, attribute, field in (
        (Retiring.PRIORITY, lead, "priority", "priority"),
        (Retiring.SOURCE, lead, "source", "source"),
        (Retiring.DISQUALIFICATION_REASON, disqualified, "disqualification_reason", "disqualificationReason"),
    ):
        change = moved(before, of_name(kind, str(getattr(before, attribute)), "low"))
        assert getattr(change.lead, attribute) == "low"
        assert [(entry.field, entry.new_value) for entry in change.history] == [(field, "low")]
        assert change.activities == ()


def test_what_is_closed_are_the_stages_by_id_and_everything_else_by_name() -> None:
    assert rules.closed_by(of_stage(NEW), CONFIGURATION) == [(Retiring.STAGE, str(NEW.id))]
    stages = [NEW, CONTACTED, QUALIFIED, CONVERTED, DISQUALIFIED]
    assert rules.closed_by(of_pipeline(SALES, STEPS), CONFIGURATION) == [
        (Retiring.STAGE, str(each.id)) for each in stages
    ]
    for kind in (Retiring.PRIORITY, Retiring.SOURCE, Retiring.DISQUALIFICATION_REASON, Retiring.TEAM_ROLE):
        assert rules.closed_by(of_name(kind, "old", "new"), CONFIGURATION) == [(kind, "old")]
    assert rules.closed_by(of_stage(Stage(new_id(), SALES.id, "Gone", 9)), CONFIGURATION) == []


def test_opportunities_go_to_the_stages_that_stand_for_theirs() -> None:
    retirement = of_stage(PROSPECTING, NEGOTIATION, OPPORTUNITIES)
    assert rules.of_opportunities(retirement)
    assert list(rules.opportunity_moves(retirement, told(retirement))) == [(PROSPECTING, NEGOTIATION)]
    ends = Pipeline(new_id(), "Ends", OPPORTUNITIES)
    introduced, won, lost = (
        Stage(new_id(), ends.id, "introduced", 1),
        Stage(new_id(), ends.id, "Paid", 2, is_won=True),
        Stage(new_id(), ends.id, "Gone", 3, is_lost=True),
    )
    signed = Stage(new_id(), PARTNERS.id, "Signed", 2, is_won=True)
    refused = Stage(new_id(), PARTNERS.id, "Refused", 3, is_lost=True)
    other = Stage(new_id(), PARTNERS.id, "Other", 4)
    configuration = configured(
        pipelines=(SALES, DEALS, PARTNERS, ends), stages=(INTRODUCED, signed, refused, other, introduced, won, lost)
    )
    moves = list(rules.opportunity_moves(of_pipeline(PARTNERS, ends), configuration))
    assert moves == [(INTRODUCED, introduced), (signed, won), (refused, lost), (other, introduced)]


def test_without_a_target_or_a_place_in_it_opportunities_go_nowhere() -> None:
    assert list(rules.opportunity_moves(of_pipeline(PARTNERS, None), CONFIGURATION)) == []
    empty = Pipeline(new_id(), "Empty", OPPORTUNITIES)
    configuration = configured(pipelines=(*CONFIGURATION.pipelines, empty))
    assert list(rules.opportunity_moves(of_pipeline(PARTNERS, empty), configuration)) == []


@given(
    st.sampled_from([NEW, CONTACTED, CONVERTED, DISQUALIFIED]),
    st.sampled_from(list(LeadStatus)),
    st.sampled_from([None, NOW]),
)
def test_what_was_moved_comes_back_as_it_was(stage: Stage, status: LeadStatus, deleted_at: datetime | None) -> None:
    lead = in_stage(stage, status=status, deleted_at=deleted_at)
    for retirement in (
        of_pipeline(SALES, TWIN),
        of_stage(stage, QUALIFIED),
        of_name(Retiring.PRIORITY, "medium", "low"),
    ):
        situation = by_leadline(LATER, told(retirement, **WITH_TWIN))
        after = rules.moved(lead, retirement, situation).lead
        change = rules.restored(after, rules.what_moved(lead, after), situation)
        assert change is not None
        back = change.lead
        for name in ("pipeline_id", "stage_id", "priority", "sla"):
            assert getattr(back, name) == getattr(lead, name)
        assert (back.version, bool(change.history)) == (3, True)
        assert {entry.changed_by for entry in change.history} == {None}


def test_what_somebody_has_changed_since_stays() -> None:
    lead, retirement = in_stage(CONTACTED), of_pipeline(SALES, TWIN)
    situation = by_leadline(LATER, told(retirement, **WITH_TWIN))
    after = rules.moved(lead, retirement, situation).lead
    elsewhere = replace(after, stage_id=SOLD.id)
    assert rules.restored(elsewhere, rules.what_moved(lead, after), situation) is None


def test_a_lead_comes_back_without_passing_the_gate_again() -> None:
    lead, retirement = in_stage(CONTACTED), of_stage(CONTACTED, NEW)
    situation = by_leadline(LATER, told(retirement, stage_fields=(asked(CONTACTED, "budget", "number"),)))
    after = rules.moved(lead, retirement, situation).lead
    change = rules.restored(after, rules.what_moved(lead, after), situation)
    assert change is not None
    assert (change.lead.stage_id, types_of(change)) == (CONTACTED.id, ["stage_changed"])


def test_changed_team_roles_are_told_for_each_user_and_leave_the_lead_as_it_is() -> None:
    lead = make_lead()
    change = rules.roles_changed(lead, [BOB], ("old", "new"), by_leadline(LATER))
    assert (change.lead, change.changed) == (lead, False)
    (activity,) = change.activities
    assert activity.metadata == {"userId": str(BOB), "from": "old", "to": "new"}
