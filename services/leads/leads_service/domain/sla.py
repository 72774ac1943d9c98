"""The promise of a first response: which policy, which instants, which status (spec: SLA)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from leads_service.domain.business_clock import NeverOpensError, add_business_time
from leads_service.domain.conditions import matches
from leads_service.domain.configuration import Settings, SlaPolicy


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """A promise once made. Changing a policy does not move it."""

    policy: str
    started_at: datetime
    at_risk_at: datetime
    deadline: datetime
    escalations: tuple[Escalation, ...] = ()
    at_risk_recorded_at: datetime | None = None
    breach_recorded_at: datetime | None = None


def choose_policy(value_of: Callable[[str], Any], settings: Settings, now: datetime) -> SlaPolicy | None:
    """The first policy whose conditions all match, else the default."""
    for policy in settings.policies:
        if policy.match and all(matches(each, value_of(each.field), now) for each in policy.match):
            return policy
    return next((policy for policy in settings.policies if policy.is_default), None)


def promise(policy: SlaPolicy, priority: str, started_at: datetime, settings: Settings) -> Sla | None:
    """What the policy promises to a lead whose clock starts at ``started_at``.

    Nothing, where the policy has no window for the priority or its calendar never has so much business time:
    the lead then has no SLA, rather than not being taken.
    """
    minutes = policy.minutes_for(priority)
    if minutes is None:
        return None
    hours = policy.business_hours
    window = _minutes(minutes)
    at_risk_after = window * float(settings.at_risk_after_percent / 100)
    try:
        deadline = add_business_time(started_at, window, hours)
        return Sla(
            policy=policy.name,
            started_at=started_at,
            at_risk_at=add_business_time(started_at, at_risk_after, hours),
            deadline=deadline,
            escalations=tuple(
                Escalation(
                    rule.after_minutes,
                    add_business_time(deadline, _minutes(rule.after_minutes), hours),
                    rule.assign_to,
                )
                for rule in settings.escalations
            ),
        )
    except NeverOpensError:
        return None


def _minutes(minutes: Decimal) -> timedelta:
    return timedelta(microseconds=int(minutes * 60_000_000))


def status_at(sla: Sla | None, first_response_at: datetime | None, now: datetime) -> SlaStatus:
    """The status at ``now``. A deadline has passed when its instant has come."""
    if sla is None:
        return SlaStatus.NO_SLA
    if first_response_at is not None:
        return SlaStatus.MET if first_response_at < sla.deadline else SlaStatus.MET_LATE
    if now >= sla.deadline:
        return SlaStatus.BREACHED
    return SlaStatus.AT_RISK if now >= sla.at_risk_at else SlaStatus.ON_TRACK


def remaining_seconds(sla: Sla | None, first_response_at: datetime | None, now: datetime) -> int | None:
    """Whole seconds until the deadline, negative when overdue; None once answered or without SLA."""
    if sla is None or first_response_at is not None:
        return None
    return int((sla.deadline - now).total_seconds())


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
