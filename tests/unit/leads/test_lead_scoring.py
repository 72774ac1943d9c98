"""Scores: the clamped sum of the rules that match, explained, and crossing the threshold told."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from kit.ids import new_id
from leads_service.domain.conditions import OPERATORS, Condition
from leads_service.domain.configuration import Configuration, ScoringRule
from leads_service.domain.lead import Lead
from leads_service.domain.scoring import score
from tests.unit.leads import changing
from tests.unit.leads.building import NOW, by_person, configured, created, make_lead, types_of
from tests.unit.leads.naive_conditions import COMPARISONS, naively_matches


def rule(points: int, field: str = "lastName", operator: str = "is_not_empty", value: object = None) -> ScoringRule:
    return ScoringRule(new_id(), f"{field} {operator}", Condition(field, operator, value), points)


def scored_by(*rules: ScoringRule, threshold: int = 60, max_score: int = 100) -> Configuration:
    return configured(scoring_rules=rules, threshold=threshold, max_score=max_score)


IS_VIP = rule(70, "customFields.vip", "equals", value=True)

# Few values, in several spellings, so that rules match often.
TEXTS = st.sampled_from(["website", " Website", "straße", "STRASSE", "50", "50.0", "2025-01-17", ""])
NUMBERS = st.sampled_from([0, 50, 50.0, 0.1, -3, 10**30, Decimal("0.10"), Decimal("50.000000000000000000000000001")])
SINGLES = TEXTS | NUMBERS | st.none() | st.booleans()
VALUES = SINGLES | st.lists(SINGLES, max_size=3) | st.just({"a": 1})
# Around whole days, to the microsecond.
INSTANTS = st.builds(
    lambda days, beside: NOW - timedelta(days=days, microseconds=beside),
    st.sampled_from([-1, 0, 0.5, 1, 1.5, 2]),
    st.integers(-1, 1),
)
FIELDS = {
    "lastName": "last_name",
    "company": "company",
    "estimatedValue": "estimated_value",
    "createdAt": "created_at",
    "customFields.a": None,
    "customFields.a.b": None,
    "stageName": None,
    "nothing": None,
}


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    return replace(
        make_lead(),
        last_name=draw(TEXTS | st.none()),
        company=draw(TEXTS | st.none()),
        estimated_value=draw(st.sampled_from([None, Decimal("0.00"), Decimal("0.10"), Decimal("50.00")])),
        created_at=draw(INSTANTS),
        custom_fields=draw(st.dictionaries(st.sampled_from(["a", "a.b"]), VALUES)),
    )


def rules_of_any_kind() -> st.SearchStrategy[ScoringRule]:
    """Rules that make no sense, and more often ones that do."""
    points = st.integers(-60, 60)
    texts = st.sampled_from(["lastName", "company", "customFields.a", "customFields.a.b"])
    lists = st.lists(SINGLES, min_size=1, max_size=4)
    days = st.sampled_from([0, 1, "1", 0.5, "1.5", 2, "0.000000000000000000000000000001"])
    return st.one_of(
        st.builds(
            rule, points, st.sampled_from(list(FIELDS)), st.sampled_from([*sorted(OPERATORS), "sounds_like"]), VALUES
        ),
        st.builds(rule, points, texts, st.sampled_from(["equals", "contains", "starts_with"]), TEXTS),
        st.builds(rule, points, texts, st.sampled_from(["in", "not_in", "contains_any"]), lists),
        st.builds(rule, points, st.just("estimatedValue") | texts, st.sampled_from(sorted(COMPARISONS)), NUMBERS),
        st.builds(rule, points, st.just("createdAt") | texts, st.just("older_than_days"), days),
    )


def naive_value(lead: Lead, name: str) -> Any:
    if name == "stageName":
        return "New"
    if name.startswith("customFields."):
        return lead.custom_fields.get(name[len("customFields.") :])
    attribute = FIELDS[name]
    return getattr(lead, attribute) if attribute else None


@settings(max_examples=600, deadline=None)
@given(leads(), st.lists(rules_of_any_kind(), min_size=5, max_size=10), st.integers(1, 200), st.integers(0, 200))
def test_a_score_is_the_sum_by_a_naive_reading_for_any_rules_and_lead(
    lead: Lead, rules: list[ScoringRule], max_score: int, threshold: int
) -> None:
    result = score(lead, scored_by(*rules, threshold=threshold, max_score=max_score), NOW)
    expected = []
    for each in rules:
        condition = each.condition
        if naively_matches(condition.operator, naive_value(lead, condition.field), condition.value, NOW):
            expected.append((each.id, each.name, each.points))
            event(condition.operator)
    assert [(part.rule_id, part.name, part.points) for part in result.breakdown] == expected
    assert result.points == min(max(sum(points for _, _, points in expected), 0), max_score)
    assert result.qualified is (result.points >= threshold)


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
    up = changing.update(make_lead(), {"custom_fields": {"vip": True}}, situation)
    assert (up.lead.score, up.lead.qualified, types_of(up)) == (70, True, ["qualified"])
    still = changing.update(up.lead, {"title": "Founder"}, situation)
    assert (still.lead.score, types_of(still)) == (70, [])
    down = changing.update(up.lead, {"custom_fields": None}, situation)
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
