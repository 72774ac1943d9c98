"""Brings a changed lead into line: score, promise, history, and whether its clock must be told."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from kit.ids import new_id
from leads_service.domain import history, sla
from leads_service.domain.configuration import Configuration, SlaPolicy
from leads_service.domain.facts import facts_of
from leads_service.domain.lead import Activity, Actor, Change, HistoryEntry, Lead, LeadStatus, Origin
from leads_service.domain.pausing import paused_or_resumed, with_pauses_of
from leads_service.domain.scoring import Score, score

_SLA_CHOSEN_BY = ("priority", "source", "pipeline_id")
# What operators see of a clock's lead, so that the clock is told when it changes.
_SHOWN_BY_CLOCK = ("priority", "stage_id", "assigned_to")
# What is kept of a lead for its clock and its conversion is no part of what callers see and edit of it.
_INTERNAL = {
    "sla",
    "first_response_at",
    "clock_version",
    "clock_closed_by",
    "conversion_id",
    "closed_from_stage_id",
    "reopened_at",
    "score_revision",
}
_SHOWN = tuple(field.name for field in fields(Lead) if field.name not in _INTERNAL)


@dataclass(frozen=True, slots=True)
class Situation:
    """Under which configuration, by whom and when something happens."""

    configuration: Configuration
    actor: Actor
    now: datetime
    # How a person's change came.
    comes_by: Origin = Origin.SINGLE

    @property
    def origin(self) -> Origin:
        """How the change came."""
        return self.comes_by if self.actor.is_person else Origin.WORKFLOW

    def activity(self, lead: Lead, kind: str, title: str, **more: Any) -> Activity:
        """Something that happens now."""
        return Activity(
            id=new_id(),
            lead_id=lead.id,
            type=kind,
            title=title,
            performed_by=self.actor.user_id,
            **{"occurred_at": self.now, **more},
            created_at=self.now,
        )


def settle(before: Lead | None, after: Lead, activities: list[Activity], situation: Situation) -> Change:
    """Bring everything into line that depends on what changed, and keep its history.

    The version rises by one, and ``updated_at`` is now, if anything changed that callers see of the lead itself; a
    recorded milestone or first response alone does not make stale what they have read.
    """
    if before is not None and after == before:
        return Change(before, activities=tuple(activities), changed=False)
    shown = before is None or _differ(before, after, _SHOWN)
    if before is not None and shown:
        after = replace(after, version=before.version + 1, updated_at=situation.now)
    if shown and after.status is LeadStatus.OPEN and after.deleted_at is None:
        after, crossed = scored(before, after, situation)
        activities = activities + crossed
        after = _promised(before, after, situation)
    after = paused_or_resumed(replace(after, clock_closed_by=_closed_by(after)), situation.now)
    tell_clock = _must_tell_clock(before, after)
    if tell_clock:
        after = replace(after, clock_version=after.clock_version + 1)
    entries = _history(before, after, situation) if before else ()
    return Change(after, tuple(entries), tuple(activities), clock_changed=tell_clock)


def _history(before: Lead, after: Lead, situation: Situation) -> tuple[HistoryEntry, ...]:
    return history.entries(
        before, after, situation.configuration, by=situation.actor, at=situation.now, origin=situation.origin
    )


def _differ(before: Lead, after: Lead, attributes: tuple[str, ...]) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in attributes)


def scored(before: Lead | None, after: Lead, situation: Situation) -> tuple[Lead, list[Activity]]:
    """The lead with its score by the rules of now, and the activity where it crosses the threshold either way."""
    result = score(after, situation.configuration, situation.now)
    after = with_score(after, result, situation.configuration)
    return after, crossed(before, after, situation)


def with_score(lead: Lead, result: Score, configuration: Configuration, **more: Any) -> Lead:
    """The lead with a score by the configuration's rules, and whatever else changes."""
    return replace(
        lead,
        score=result.points,
        score_breakdown=result.breakdown,
        qualified=result.qualified,
        score_revision=configuration.scoring_revision,
        **more,
    )


def crossed(before: Lead | None, after: Lead, situation: Situation) -> list[Activity]:
    """The activity where a lead has crossed the threshold either way."""
    if after.qualified == (before.qualified if before else False):
        return []
    kind, title = ("qualified", "Qualified") if after.qualified else ("unqualified", "No longer qualified")
    return [situation.activity(after, kind, title, metadata={"score": after.score})]


def _promised(before: Lead | None, after: Lead, situation: Situation) -> Lead:
    """Choose the policy where that is due: at creation and reopening, and when it may differ while nobody has answered.

    A lead that no policy covers any more keeps the promise that it has; a reopened one has none to keep.
    """
    if before is not None and not _may_differ(before, after):
        return after
    settings = situation.configuration.settings
    policy = sla.choose_policy(facts_of(after, situation.configuration), settings, situation.now)
    if before is not None and policy is not None and _keeps_extension(before, after, policy):
        return after
    started_at = after.sla.started_at if after.sla else after.waits_since
    made = sla.promise(policy, after.priority, started_at, settings) if policy else None
    if policy is not None and made is not None and after.sla is not None:
        made = with_pauses_of(after.sla, made, policy)
    if made is None or (after.sla is not None and _same_promise(after.sla, made)):
        return after
    return replace(after, sla=sla.replaced(after.sla, made, situation.now))


def _keeps_extension(before: Lead, after: Lead, policy: SlaPolicy) -> bool:
    """Whether an operator has moved the deadline, and the choice comes to the same policy and window as before."""
    if after.sla is None or not after.sla.is_extended or policy.name != after.sla.policy:
        return False
    return policy.minutes_for(before.priority) == policy.minutes_for(after.priority)


def _may_differ(before: Lead, after: Lead) -> bool:
    waits = after.first_response_at is None
    return waits and (before.status is LeadStatus.DISQUALIFIED or _differ(before, after, _SLA_CHOSEN_BY))


def _same_promise(old: sla.Sla | None, new: sla.Sla | None) -> bool:
    if old is None or new is None:
        return old is new
    return _essence(old) == _essence(new)


def _essence(promise: sla.Sla) -> tuple[Any, ...]:
    return promise.policy, promise.at_risk_at, promise.deadline, promise.pausing, promise.paused_at


def _closed_by(lead: Lead) -> str:
    """Why the lead's clock has nothing more to wait for."""
    if lead.deleted_at is not None:
        return "deleted"
    if lead.status is not LeadStatus.OPEN:
        return str(lead.status)
    return "answered" if lead.first_response_at is not None else ""


def _must_tell_clock(before: Lead | None, after: Lead) -> bool:
    """Whether the clock does not know yet what it waits for, that it is over, or what operators see of the lead."""
    if after.sla is None:
        return False
    if before is None or before.sla is None:
        return not after.clock_closed_by
    if before.clock_closed_by and after.clock_closed_by:
        return False
    return (
        before.clock_closed_by != after.clock_closed_by
        or not _same_promise(before.sla, after.sla)
        or _differ(before, after, _SHOWN_BY_CLOCK)
    )
