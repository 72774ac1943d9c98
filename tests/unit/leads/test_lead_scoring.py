"""Scores: the clamped sum of the rules that match, explained, and crossing the threshold told."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain import life_cycle
from leads_service.domain.conditions import Condition
from leads_service.domain.configuration import Configuration, ScoringRule
from leads_service.domain.scoring import score
from tests.unit.leads.building import NOW, by_person, configured, created, make_lead, types_of


def rule(points: int, field: str = "lastName", operator: str = "is_not_empty", value: object = None) -> ScoringRule:
    return ScoringRule(new_id(), f"{field} {operator}", Condition(field, operator, value), points)


def scored_by(*rules: ScoringRule, threshold: int = 60, max_score: int = 100) -> Configuration:
    return configured(scoring_rules=rules, threshold=threshold, max_score=max_score)


IS_VIP = rule(70, "customFields.vip", "equals", value=True)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-100, 100), st.booleans()), max_size=8), st.integers(1, 200), st.integers(0, 200))
def test_a_score_is_the_clamped_sum_of_what_matches(
    points: list[tuple[int, bool]], max_score: int, threshold: int
) -> None:
    rules = [rule(each, "lastName", "is_not_empty" if holds else "is_empty") for each, holds in points]
    configuration = scored_by(*rules, threshold=threshold, max_score=max_score)
    result = score(make_lead(), configuration, NOW)
    plain_sum = 0
    for each, holds in points:
        if holds:
            plain_sum += each
    assert result.points == min(max(plain_sum, 0), max_score)
    assert [part.points for part in result.breakdown] == [each for each, holds in points if holds]
    assert result.qualified is (result.points >= threshold)


def test_the_breakdown_names_the_rules() -> None:
    matching, other = rule(20), rule(30, "email")
    lead = make_lead(scored_by(matching, other))
    assert lead.score == 20
    assert [(part.rule_id, part.name, part.points) for part in lead.score_breakdown] == [
        (matching.id, matching.name, 20)
    ]


def test_without_rules_the_score_is_nought() -> None:
    lead = make_lead(scored_by())
    assert (lead.score, lead.qualified, lead.score_breakdown) == (0, False, ())


def test_a_change_scores_anew_and_crossing_the_threshold_is_an_activity_either_way() -> None:
    situation = by_person(NOW + timedelta(minutes=1), scored_by(IS_VIP))
    up = life_cycle.update(make_lead(), {"custom_fields": {"vip": True}}, situation)
    assert (up.lead.score, up.lead.qualified, types_of(up)) == (70, True, ["qualified"])
    still = life_cycle.update(up.lead, {"title": "Founder"}, situation)
    assert (still.lead.score, types_of(still)) == (70, [])
    down = life_cycle.update(up.lead, {"custom_fields": None}, situation)
    assert (down.lead.score, down.lead.qualified, types_of(down)) == (0, False, ["unqualified"])


def test_a_lead_that_comes_in_qualified_says_so() -> None:
    change = created({"last_name": "Johnson", "custom_fields": {"vip": True}}, scored_by(IS_VIP))
    assert types_of(change) == ["lead_created", "qualified"]


def test_rules_may_look_at_the_stage_and_at_age() -> None:
    rules = (rule(10, "stageName", "equals", "new"), rule(5, "createdAt", "older_than_days", 2))
    configuration = scored_by(*rules)
    lead = make_lead(configuration)
    assert lead.score == 10
    assert score(lead, configuration, NOW + timedelta(days=3)).points == 15
