"""Brings a changed lead into line: score, promise, history, and whether its clock must be told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kit.ids import new_id
from leads_service.domain import history, sla
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import Activity, Actor, Change, Lead, LeadStatus, value_of
from leads_service.domain.scoring import score

_SLA_CHOSEN_BY = ("priority", "source", "pipeline_id")
# What operators see of a clock's lead, so that the clock is told when it changes.
_SHOWN_BY_CLOCK = ("priority", "stage_id", "assigned_to")


@dataclass(frozen=True, slots=True)
class Situation:
    """Under which configuration, by whom and when something happens."""

    configuration: Configuration
    actor: Actor
    now: datetime

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
    """Bring everything into line that depends on what changed, and keep its history."""
    if before is not None and after == before:
        return Change(before, activities=tuple(activities), changed=False)
    if after.status is LeadStatus.OPEN:
        after, crossed = _scored(before, after, situation)
        activities = activities + crossed
        after = _promised(before, after, situation)
    after = replace(after, clock_closed_by=_closed_by(after))
    if before is not None:
        after = replace(after, version=before.version + 1, updated_at=situation.now)
    tell_clock = _must_tell_clock(before, after)
    if tell_clock:
        after = replace(after, clock_version=after.clock_version + 1)
    entries = history.entries(before, after, situation.configuration, situation.actor, situation.now) if before else ()
    return Change(after, tuple(entries), tuple(activities), clock_changed=tell_clock)


def _scored(before: Lead | None, after: Lead, situation: Situation) -> tuple[Lead, list[Activity]]:
    result = score(after, situation.configuration, situation.now)
    after = replace(after, score=result.points, score_breakdown=result.breakdown, qualified=result.qualified)
    if result.qualified == (before.qualified if before else False):
        return after, []
    kind, title = ("qualified", "Qualified") if result.qualified else ("unqualified", "No longer qualified")
    return after, [situation.activity(after, kind, title, metadata={"score": result.points})]


def _promised(before: Lead | None, after: Lead, situation: Situation) -> Lead:
    """Choose the policy where that is due: at creation, and while there is no first response when it may differ."""
    settings = situation.configuration.settings
    if before is not None:
        same = all(getattr(before, name) == getattr(after, name) for name in _SLA_CHOSEN_BY)
        if same or after.first_response_at is not None:
            return after
    policy = sla.choose_policy(lambda name: value_of(after, name), settings, situation.now)
    if policy is None:
        return replace(after, sla=None)
    made = sla.promise(policy, after.priority, after.created_at, settings)
    if before is not None and _same_promise(before.sla, made):
        return after
    return replace(after, sla=made)


def _same_promise(old: sla.Sla | None, new: sla.Sla | None) -> bool:
    if old is None or new is None:
        return old is new
    return (old.policy, old.at_risk_at, old.deadline) == (new.policy, new.at_risk_at, new.deadline)


def _closed_by(lead: Lead) -> str:
    if lead.deleted_at is not None:
        return "deleted"
    if lead.status is not LeadStatus.OPEN:
        return str(lead.status)
    return "answered" if lead.first_response_at is not None else ""


def _must_tell_clock(before: Lead | None, after: Lead) -> bool:
    if before is None:
        return after.sla is not None
    if before.clock_closed_by and after.clock_closed_by:
        return False
    if before.sla is None and after.sla is None:
        return False
    if before.clock_closed_by != after.clock_closed_by:
        return True
    shown = any(getattr(before, name) != getattr(after, name) for name in _SHOWN_BY_CLOCK)
    return shown or not _same_promise(before.sla, after.sla)
