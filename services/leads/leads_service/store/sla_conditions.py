"""What of the SLA status changes by itself, in SQL: the same rules as ``domain.sla``, which the tests compare."""

from collections.abc import Sequence

import sqlalchemy as sa

from leads_service.store.tables import LEAD_FACETS, LEADS

_NOW = sa.bindparam("now", type_=LEADS.c.sla_deadline.type)
_NEVER = sa.literal_column("timestamptz 'infinity'", LEADS.c.sla_deadline.type)
_PARTS = [column for column in LEADS.c if column.name in LEAD_FACETS.c and column.name not in {"facet", "leads"}]


def _pending_ahead() -> sa.CTE:
    """The leads under an SLA, unanswered and not paused, whose deadline is later than ``:now``: few at any moment.

    They are looked up by that alone: a planner that does not know yet what else is asked for takes an owner's leads, or
    those of a year, for fewer than they are. What lies between two bounds it takes for few.
    """
    leads = LEADS.c
    pending = (leads.first_response_at.is_(None), leads.sla_paused_at.is_(None), leads.sla_deadline.is_not(None))
    query = sa.select(leads.id, leads.created_at, leads.assigned_to, leads.sla_at_risk_at, *_PARTS)
    query = query.where(leads.deleted_at.is_(None), *pending, leads.sla_deadline > _NOW, leads.sla_deadline < _NEVER)
    return query.cte("pending_ahead").prefix_with("MATERIALIZED")


PENDING_AHEAD = _pending_ahead()


def in_status_ahead(statuses: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Of ``PENDING_AHEAD``, those in one of these statuses, on_track or at_risk, at ``:now``."""
    at_risk_at = PENDING_AHEAD.c.sla_at_risk_at
    if "on_track" not in statuses:
        return [at_risk_at <= _NOW]
    return [] if "at_risk" in statuses else [at_risk_at > _NOW]
