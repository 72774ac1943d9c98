"""Scores: the sum of the points of the rules that match, explained (spec: scoring)."""

from dataclasses import dataclass
from datetime import datetime

from leads_service.domain.conditions import matches
from leads_service.domain.configuration import Configuration
from leads_service.domain.facts import facts_of
from leads_service.domain.lead import Lead, ScorePart


@dataclass(frozen=True, slots=True)
class Score:
    """A lead's score, what it is made of, and whether it qualifies."""

    points: int
    breakdown: tuple[ScorePart, ...]
    qualified: bool


def score(lead: Lead, configuration: Configuration, now: datetime) -> Score:
    """The lead's score at ``now``, clamped to 0 and the highest score."""
    fact = facts_of(lead, configuration)
    parts = tuple(
        ScorePart(rule.id, rule.name, rule.points)
        for rule in configuration.scoring_rules
        if matches(rule.condition, fact(rule.condition.field), now)
    )
    points = max(0, min(configuration.settings.max_score, sum(part.points for part in parts)))
    return Score(points, parts, points >= configuration.threshold)
