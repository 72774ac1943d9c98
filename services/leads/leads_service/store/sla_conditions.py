"""What of the SLA status changes by itself, in SQL: the same rules as ``domain.sla``, which the tests compare."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from leads_service.store.tables import LEADS


def is_pending() -> sa.ColumnElement[bool]:
    """Under an SLA, unanswered, and not paused."""
    return sa.and_(
        LEADS.c.first_response_at.is_(None), LEADS.c.sla_paused_at.is_(None), LEADS.c.sla_deadline.is_not(None)
    )


def lies_ahead(statuses: Sequence[str], now: datetime) -> sa.ColumnElement[bool]:
    """Of pending leads, those before their deadline in one of these statuses, on_track or at_risk."""
    conditions = [LEADS.c.sla_deadline > now]
    if "on_track" not in statuses:
        conditions.append(LEADS.c.sla_at_risk_at <= now)
    elif "at_risk" not in statuses:
        conditions.append(LEADS.c.sla_at_risk_at > now)
    return sa.and_(*conditions)
