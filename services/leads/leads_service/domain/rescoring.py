"""Scoring anew the leads that are there, after the rules have changed or with time (spec: scoring)."""

from dataclasses import replace

from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.scoring import Score, score
from leads_service.domain.settling import Situation, crossed, with_score

_TIME_BASED = "older_than_days"


def depends_on_time(configuration: Configuration) -> bool:
    """Whether a score may become another one although nobody changes anything."""
    return any(rule.condition.operator == _TIME_BASED for rule in configuration.scoring_rules)


def is_scored(lead: Lead) -> bool:
    """Whether the lead is scored at all: closed and deleted ones keep the score that they had."""
    return lead.status is LeadStatus.OPEN and lead.deleted_at is None


def rescored(lead: Lead, situation: Situation) -> Change | None:
    """The lead as the rules of now score it; nothing where it has that score, breakdown and qualification.

    What callers have read of it is stale then, so that its version rises. But nobody has changed the lead:
    ``updated_at`` stays, or a rule that looks at it would undo itself.
    """
    result = score(lead, situation.configuration, situation.now)
    if result == Score(lead.score, lead.score_breakdown, lead.qualified):
        return None
    after = with_score(lead, result, situation.configuration, version=lead.version + 1)
    return Change(after, activities=tuple(crossed(lead, after, situation)))


def looked_at(lead: Lead, situation: Situation) -> Change:
    """The lead, marked as scored by the rules of now."""
    return Change(replace(lead, score_revision=situation.configuration.scoring_revision))
