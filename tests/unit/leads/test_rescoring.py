"""Scoring anew the leads that are there: what becomes of each, and of which not."""

from dataclasses import replace
from datetime import datetime, timedelta

from kit.ids import new_id
from leads_service.domain import rescoring
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import Configuration, ScoringRule
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.rescoring import depends_on_time, is_scored, looked_at
from tests.unit.leads.building import NOW, by_leadline, configured, make_lead, types_of

LATER = NOW + timedelta(days=40)


def by_rule(points: int, field: str = "lastName", operator: str = "equals", value: object = "johnson") -> Configuration:
    rule = ScoringRule(new_id(), "The rule", Condition(field, operator, value), points)
    return configured(scoring_rules=(rule,), scoring_revision=7)


def rescored(lead: Lead, configuration: Configuration, now: datetime = LATER) -> Change:
    change = rescoring.rescored(lead, by_leadline(now, configuration))
    assert change is not None
    return change


def is_right(lead: Lead, configuration: Configuration, now: datetime = LATER) -> bool:
    return rescoring.rescored(lead, by_leadline(now, configuration)) is None


def test_another_score_raises_the_version_and_tells_the_crossing_but_nobody_has_changed_the_lead() -> None:
    lead = make_lead()
    change = rescored(lead, by_rule(70))
    after = change.lead
    assert (after.score, after.qualified, after.version) == (70, True, lead.version + 1)
    assert [part.name for part in after.score_breakdown] == ["The rule"]
    assert (after.updated_at, after.score_revision) == (lead.updated_at, 7)
    assert (types_of(change), change.history, change.clock_changed) == (["qualified"], (), False)
    assert change.activities[0].performed_by is None
    back = rescored(after, by_rule(10))
    assert (back.lead.score, types_of(back)) == (10, ["unqualified"])


def test_the_same_points_by_another_rule_are_another_score() -> None:
    lead = rescored(make_lead(), by_rule(10)).lead
    assert rescored(lead, by_rule(10)).lead.version == lead.version + 1


def test_a_lead_whose_score_is_right_keeps_its_version_and_can_be_marked_as_looked_at() -> None:
    configuration = replace(by_rule(10), scoring_revision=8)
    lead = replace(rescored(make_lead(), configuration).lead, score_revision=7)
    assert is_right(lead, configuration)
    marked = looked_at(lead, by_leadline(LATER, configuration))
    assert (marked.lead, marked.activities) == (replace(lead, score_revision=8), ())


def test_a_rule_that_looks_at_the_last_change_does_not_undo_itself() -> None:
    configuration = by_rule(10, "updatedAt", "older_than_days", 30)
    after = rescored(make_lead(), configuration).lead
    assert after.score == 10
    assert is_right(after, configuration, LATER + timedelta(days=1))


def test_only_open_leads_that_are_there_are_scored() -> None:
    lead = make_lead()
    assert is_scored(lead)
    assert is_scored(replace(lead, conversion_id=new_id()))
    for other in (
        replace(lead, deleted_at=NOW),
        replace(lead, status=LeadStatus.CONVERTED),
        replace(lead, status=LeadStatus.DISQUALIFIED),
    ):
        assert not is_scored(other)


def test_scores_depend_on_time_where_a_rule_looks_at_age() -> None:
    assert not depends_on_time(by_rule(10))
    assert depends_on_time(by_rule(10, "createdAt", "older_than_days", 3))
