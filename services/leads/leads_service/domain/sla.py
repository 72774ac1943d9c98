"""The promise of a first response: which policy, which instants, which status (spec: SLA)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from leads_service.domain.business_calendar import BusinessHours
from leads_service.domain.business_clock import NeverOpensError, add_business_time
from leads_service.domain.conditions import matches
from leads_service.domain.configuration import Settings, SlaPolicy
from leads_service.domain.document_reader import Place
from leads_service.domain.json_values import instant_text
from leads_service.domain.settings_document import business_hours

_MICROSECONDS_OF_MINUTE = 60_000_000


class SlaStatus(StrEnum):
    """Where a lead stands with its promise."""

    NO_SLA = "no_sla"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    MET = "met"
    MET_LATE = "met_late"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Escalation:
    """What happens so many business minutes after the deadline, at that instant, and when it was carried out."""

    after_minutes: Decimal
    at: datetime
    assign_to: UUID | None = None
    escalated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pausing:
    """At which stages a promise stands still, by which calendar it counts, and what operators have done with it."""

    stage_ids: frozenset[UUID]
    # As in the settings document when it was promised; none: every hour counts.
    calendar: Mapping[str, Any] | None = None
    # An operator has it stand still, at whatever stage.
    held: bool = False
    # An operator has moved the deadline: it stays until another policy or window is chosen.
    extended: bool = False

    @property
    def hours(self) -> BusinessHours | None:
        """The calendar to count by."""
        return None if self.calendar is None else _hours(json.dumps(self.calendar))


@lru_cache(maxsize=256)
def _hours(calendar: str) -> BusinessHours:
    return business_hours(Place("businessHours", json.loads(calendar)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """A promise once made. Changing a policy does not move it.

    While ``paused_at`` is there it stands still: what lies behind that instant has not its time yet. It is there only
    while nobody has answered and the deadline lies behind it.
    """

    policy: str
    started_at: datetime
    at_risk_at: datetime
    deadline: datetime
    escalations: tuple[Escalation, ...] = ()
    at_risk_recorded_at: datetime | None = None
    breach_recorded_at: datetime | None = None
    pausing: Pausing | None = None
    paused_at: datetime | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = ()

    def is_fixed(self, instant: datetime) -> bool:
        """Whether an instant of this promise will come when it says."""
        return self.paused_at is None or instant <= self.paused_at

    @property
    def is_held(self) -> bool:
        """Whether an operator has it stand still."""
        return self.pausing is not None and self.pausing.held

    @property
    def is_extended(self) -> bool:
        """Whether an operator has moved its deadline."""
        return self.pausing is not None and self.pausing.extended


def promise_facts(promise: Sla) -> dict[str, Any]:
    """What an activity on its clock says of a promise."""
    return {"policy": promise.policy, "responseDeadline": instant_text(promise.deadline)}


def choose_policy(fact: Callable[[str], Any], settings: Settings, now: datetime) -> SlaPolicy | None:
    """The first policy whose conditions all match, else the default.

    The default without conditions stands for the leads that no other policy matches, wherever it is in the list.
    """
    for policy in settings.policies:
        chosen = policy.match or not policy.is_default
        if chosen and all(matches(each, fact(each.field), now) for each in policy.match):
            return policy
    return next((policy for policy in settings.policies if policy.is_default), None)


def promise(policy: SlaPolicy, priority: str, started_at: datetime, settings: Settings) -> Sla | None:
    """What the policy promises to a lead whose clock starts at ``started_at``.

    Nothing, where the policy has no window for the priority or its calendar has not so much business time within
    ten years: the lead then has no SLA, rather than not being taken.
    """
    minutes = policy.minutes_for(priority)
    if minutes is None:
        return None
    at_risk_after = minutes * settings.at_risk_after_percent / 100
    try:
        deadline = _after(started_at, minutes, policy)
        return Sla(
            policy=policy.name,
            started_at=started_at,
            at_risk_at=_after(started_at, at_risk_after, policy),
            deadline=deadline,
            escalations=tuple(
                Escalation(rule.after_minutes, _after(deadline, rule.after_minutes, policy), rule.assign_to)
                for rule in settings.escalations
            ),
            pausing=Pausing(policy.pause_at_stages, policy.calendar) if policy.pause_at_stages else None,
        )
    except NeverOpensError:
        return None


def _after(start: datetime, minutes: Decimal, policy: SlaPolicy) -> datetime:
    span = timedelta(microseconds=int(minutes * _MICROSECONDS_OF_MINUTE))
    return add_business_time(start, span, policy.business_hours)


def replaced(old: Sla | None, new: Sla, now: datetime) -> Sla:
    """The new promise in the place of the old one.

    What was recorded stays recorded where it is past under the new promise, too, so that it is not recorded twice;
    what lies ahead again will be recorded when it comes.
    """
    if old is None:
        return new
    return replace(
        new,
        at_risk_recorded_at=old.at_risk_recorded_at if new.at_risk_at <= now else None,
        breach_recorded_at=old.breach_recorded_at if new.deadline <= now else None,
        escalations=tuple(
            replace(each, escalated_at=old.escalations[place].escalated_at)
            if place < len(old.escalations) and each.at <= now
            else each
            for place, each in enumerate(new.escalations)
        ),
    )


def status_at(sla: Sla | None, first_response_at: datetime | None, now: datetime) -> SlaStatus:
    """The status at ``now``. A deadline has passed when its instant has come."""
    if sla is None:
        return SlaStatus.NO_SLA
    if first_response_at is not None:
        return SlaStatus.MET if first_response_at < sla.deadline else SlaStatus.MET_LATE
    if sla.paused_at is not None:
        return SlaStatus.PAUSED
    if now >= sla.deadline:
        return SlaStatus.BREACHED
    return SlaStatus.AT_RISK if now >= sla.at_risk_at else SlaStatus.ON_TRACK


def remaining_seconds(sla: Sla | None, first_response_at: datetime | None, now: datetime) -> int | None:
    """Whole seconds of real time until the deadline, rounded down, negative when overdue.

    None once answered or without SLA; what was left when it was paused, while it is.
    """
    if sla is None or first_response_at is not None:
        return None
    return (sla.deadline - (sla.paused_at or now)) // timedelta(seconds=1)


def time_remaining(seconds: int) -> str:
    """The time in words, without leading zero parts: ``2d 3h 5m``, ``1h 30m``, ``-1h 5m``; under a minute ``45s``."""
    minutes, rest = divmod(abs(seconds), 60)
    sign = "-" if seconds < 0 else ""
    if not minutes:
        return f"{sign}{rest}s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m")]
    while parts[0][0] == 0:
        parts.pop(0)
    return sign + " ".join(f"{number}{unit}" for number, unit in parts)
