"""Where leads and opportunities go by default, and that nothing enters what is being deleted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain import conversion
from leads_service.domain.configuration import LEADS, Configuration, Pipeline, Priority, Retiring, Stage
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.lead import Change, Lead
from tests.unit.leads import changing
from tests.unit.leads.building import (
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
    SECOND,
    STEPS,
    THIRD,
    asked,
    by_person,
    configured,
    created,
    make_lead,
    retiring,
)
from tests.unit.leads.refusals import faults, refusal

LOW, MEDIUM, HIGH, CRITICAL = CONFIGURATION.priorities
OTHER = Pipeline(new_id(), "Other", LEADS)
OTHERS_STAGE = Stage(new_id(), OTHER.id, "Start", 1)

Entry = Stage | Pipeline | Priority | str


def retired(*entries: Entry, **changes: Any) -> Configuration:
    return configured(retirements=tuple(retiring(entry) for entry in entries), **changes)


def updated(lead: Lead, configuration: Configuration, **given_fields: Any) -> Change:
    return changing.update(lead, given_fields, by_person(NOW + MINUTE, configuration))


def test_a_new_lead_goes_past_stages_that_are_being_deleted() -> None:
    assert created(None, retired(NEW)).lead.stage_id == CONTACTED.id
    assert created({"last_name": "J", "pipeline_id": STEPS.id}, retired(FIRST, SECOND)).lead.stage_id == THIRD.id


def test_a_new_lead_goes_to_no_closing_stage_while_another_one_is_there() -> None:
    won_first = configured(stages=(replace(CONVERTED, position=0), *CONFIGURATION.stages))
    assert created(None, won_first).lead.stage_id == NEW.id
    assert created(None, retired(NEW, CONTACTED, QUALIFIED)).lead.stage_id == CONVERTED.id


@pytest.mark.parametrize("closed", [(SALES,), tuple(CONFIGURATION.stages_of(SALES.id))])
def test_while_the_default_pipeline_is_closed_leads_go_to_the_next_one(closed: tuple[Entry, ...]) -> None:
    assert created(None, retired(*closed)).lead.stage_id == FIRST.id
    more = {"pipelines": (OTHER, *CONFIGURATION.pipelines), "stages": (*CONFIGURATION.stages, OTHERS_STAGE)}
    assert created(None, retired(*closed, **more)).lead.stage_id == OTHERS_STAGE.id


def test_while_the_default_pipeline_has_no_stages_leads_go_to_the_next_one() -> None:
    stages = tuple(stage for stage in CONFIGURATION.stages if stage.pipeline_id != SALES.id)
    assert created(None, configured(stages=stages)).lead.stage_id == FIRST.id
    with faults(("pipelineId", "WITHOUT_STAGES")):
        created({"last_name": "J", "pipeline_id": SALES.id}, configured(stages=stages))


def test_where_no_pipeline_can_be_entered_the_default_one_says_why() -> None:
    with refusal("RETIRING"):
        created(None, retired(SALES, STEPS))
    without_leads = tuple(CONFIGURATION.stages_of(DEALS.id))
    with faults(("pipelineId", "WITHOUT_STAGES")):
        created(None, configured(stages=without_leads))


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        (CONTACTED, {"stage_id": CONTACTED.id}),
        (STEPS, {"pipeline_id": STEPS.id}),
        (STEPS, {"pipeline_id": STEPS.id, "stage_id": SECOND.id}),
        (HIGH, {"priority": "high"}),
        ("website", {"source": "website"}),
    ],
)
def test_nothing_names_what_is_being_deleted(entry: Entry, named: dict[str, Any]) -> None:
    configuration = retired(entry)
    attempts: tuple[Callable[[], Change], ...] = (
        lambda: created({"last_name": "J", **named}, configuration),
        lambda: updated(make_lead(), configuration, **named),
    )
    for attempt in attempts:
        with refusal("RETIRING") as refused:
            attempt()
        assert refused.value.metadata == {"retirementId": str(configuration.retirements[0].id)}


def test_what_a_stage_asks_for_is_not_asked_while_it_is_being_deleted() -> None:
    configuration = retired(CONTACTED, stage_fields=(asked(CONTACTED, "amount", "number"),))
    with refusal("RETIRING"):
        updated(make_lead(), configuration, stage_id=CONTACTED.id)


def test_a_pipeline_whose_stages_are_all_being_deleted_cannot_be_entered() -> None:
    with refusal("RETIRING"):
        updated(make_lead(), retired(FIRST, SECOND, THIRD), pipeline_id=STEPS.id)


def test_a_lead_that_is_there_already_can_be_changed_otherwise() -> None:
    lead = make_lead(last_name="J", source="website", priority="high")
    configuration = retired(NEW, SALES, HIGH, "website")
    given_again = {"stage_id": NEW.id, "pipeline_id": SALES.id, "priority": "high", "source": "website"}
    changed = updated(lead, configuration, title="Founder", **given_again).lead
    assert (changed.title, changed.stage_id, changed.source) == ("Founder", NEW.id, "website")
    assert updated(lead, configuration, priority=None).lead.priority == "medium"


def test_what_nobody_can_choose_any_more_may_be_given_again_by_whoever_has_it() -> None:
    lead = make_lead(last_name="J", source="website", priority="high")
    without = configured(sources=("referral",), priorities=(LOW, MEDIUM))
    assert updated(lead, without, source="website", priority="high", title="Founder").lead.title == "Founder"
    with faults(("source", "NOT_CONFIGURED"), ("priority", "NOT_CONFIGURED")):
        updated(make_lead(), without, source="website", priority="high")


def test_another_priority_stands_in_for_a_default_that_is_being_deleted() -> None:
    assert created(None, retired(MEDIUM)).lead.priority == "low"
    assert created(None, retired(MEDIUM, LOW)).lead.priority == "high"


def test_a_stage_that_is_being_deleted_is_no_step_of_a_sequential_pipeline() -> None:
    lead = make_lead(CONFIGURATION, last_name="J", pipeline_id=STEPS.id)
    assert updated(lead, retired(SECOND), stage_id=THIRD.id).lead.stage_id == THIRD.id


def test_what_only_the_database_knows_to_be_closed_is_closed() -> None:
    retirement_id = new_id()
    configuration = configured(closed={("stage", str(NEW.id)): retirement_id, ("source", "website"): retirement_id})
    assert created(None, configuration).lead.stage_id == CONTACTED.id
    with refusal("RETIRING") as refused:
        created({"last_name": "J", "source": "website"}, configuration)
    assert refused.value.metadata == {"retirementId": str(retirement_id)}


def test_entries_of_different_kinds_are_not_taken_for_each_other() -> None:
    configuration = configured(retirements=(retiring("website", Retiring.TEAM_ROLE),))
    assert created({"last_name": "J", "source": "website"}, configuration).lead.source == "website"
    assert configuration.retirement_of(Retiring.TEAM_ROLE, "website") == configuration.retirements[0].id
    assert configuration.retirement_of(Retiring.SOURCE, "website") is None


def placed(configuration: Configuration, **wanted: Any) -> tuple[UUID, UUID]:
    return conversion.check_request(ConversionRequest(**wanted), configuration)


def test_an_opportunity_goes_past_stages_that_are_being_deleted() -> None:
    assert placed(retired(PROSPECTING)) == (DEALS.id, NEGOTIATION.id)
    assert placed(retired(DEALS)) == (PARTNERS.id, INTRODUCED.id)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (PROSPECTING, {"opportunity_stage_id": PROSPECTING.id}),
        (PROSPECTING, {"opportunity_pipeline_id": DEALS.id, "opportunity_stage_id": PROSPECTING.id}),
        (DEALS, {"opportunity_pipeline_id": DEALS.id}),
        (DEALS, {"opportunity_stage_id": NEGOTIATION.id}),
    ],
)
def test_no_opportunity_is_put_into_what_is_being_deleted(entry: Entry, wanted: dict[str, UUID]) -> None:
    with refusal("RETIRING") as refused:
        placed(retired(entry), **wanted)
    assert "retirementId" in refused.value.metadata


every_stage = st.sampled_from([stage for stage in CONFIGURATION.stages if stage.pipeline_id in {SALES.id, STEPS.id}])


@settings(max_examples=150, deadline=None)
@given(st.sets(every_stage | st.sampled_from([SALES, STEPS])))
def test_a_lead_that_names_no_place_is_taken_as_long_as_any_stage_is_open(closed: set[Stage | Pipeline]) -> None:
    configuration = retired(*closed)
    ids = {entry.id for entry in closed}
    still_open = [
        stage
        for pipeline in (SALES, STEPS)
        for stage in CONFIGURATION.stages_of(pipeline.id)
        if stage.id not in ids and pipeline.id not in ids
    ]
    if not still_open:
        with refusal("RETIRING"):
            created(None, configuration)
        return
    lead = created(None, configuration).lead
    first = [stage for stage in still_open if stage.pipeline_id == still_open[0].pipeline_id]
    working = [stage for stage in first if stage not in {CONVERTED, DISQUALIFIED}]
    assert lead.stage_id == (working or first)[0].id
