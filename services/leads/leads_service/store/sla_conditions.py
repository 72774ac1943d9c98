"""What of the SLA status changes by itself, in SQL: the same rules as ``domain.sla``, which the tests compare."""

from collections.abc import Sequence

import sqlalchemy as sa

from leads_service.store.tables import LEADS

_NOW = sa.bindparam("now", type_=LEADS.c.sla_deadline.type)


def is_pending() -> sa.ColumnElement[bool]:
    """Under an SLA, unanswered, and not paused."""
    return sa.and_(
        LEADS.c.first_response_at.is_(None), LEADS.c.sla_paused_at.is_(None), LEADS.c.sla_deadline.is_not(None)
    )


def lies_ahead(statuses: Sequence[str]) -> sa.ColumnElement[bool]:
    """Of pending leads, those before their deadline in one of these statuses, on_track or at_risk, at ``:now``."""
    conditions = [LEADS.c.sla_deadline > _NOW]
    if "on_track" not in statuses:
        conditions.append(LEADS.c.sla_at_risk_at <= _NOW)
    elif "at_risk" not in statuses:
        conditions.append(LEADS.c.sla_at_risk_at > _NOW)
    return sa.and_(*conditions)
