"""SLA status in SQL, at one moment: the same rules as ``domain.sla``, which the tests compare."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from leads_service.store.tables import LEADS

_UNANSWERED = LEADS.c.first_response_at.is_(None)
_WITH_SLA = LEADS.c.sla_deadline.is_not(None)
# A clock stands still only while nobody has answered and its deadline had not come.
_PAUSED = LEADS.c.sla_paused_at.is_not(None)


def is_breached(now: datetime) -> sa.ColumnElement[bool]:
    """Unanswered past the deadline."""
    return sa.and_(_UNANSWERED, ~_PAUSED, LEADS.c.sla_deadline <= now)


def is_at_risk(now: datetime) -> sa.ColumnElement[bool]:
    """Unanswered, before the deadline, and late in the window."""
    return sa.and_(_UNANSWERED, ~_PAUSED, LEADS.c.sla_deadline > now, LEADS.c.sla_at_risk_at <= now)


def is_on_track(now: datetime) -> sa.ColumnElement[bool]:
    """Unanswered and early in the window."""
    return sa.and_(_UNANSWERED, ~_PAUSED, LEADS.c.sla_deadline > now, LEADS.c.sla_at_risk_at > now)


def is_met() -> sa.ColumnElement[bool]:
    """Answered before the deadline."""
    return LEADS.c.first_response_at < LEADS.c.sla_deadline


def is_met_late() -> sa.ColumnElement[bool]:
    """Answered at the deadline or after it."""
    return LEADS.c.first_response_at >= LEADS.c.sla_deadline


def has_sla() -> sa.ColumnElement[bool]:
    """Under an SLA at all."""
    return _WITH_SLA


def has_status(statuses: Sequence[str], now: datetime) -> sa.ColumnElement[bool]:
    """In one of the statuses by their API names."""
    conditions = {
        "no_sla": ~_WITH_SLA,
        "on_track": is_on_track(now),
        "at_risk": is_at_risk(now),
        "breached": is_breached(now),
        "met": is_met(),
        "met_late": is_met_late(),
        "paused": _PAUSED,
    }
    return sa.or_(*(conditions[status] for status in statuses))
