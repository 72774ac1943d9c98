"""What of the SLA status changes by itself, in SQL: the same rules as ``domain.sla``, which the tests compare."""

from collections.abc import Sequence
from functools import lru_cache

import sqlalchemy as sa

from leads_service.store.tables import LEADS

_NOW = sa.bindparam("now", type_=LEADS.c.sla_deadline.type)
_NEVER = sa.literal_column("timestamptz 'infinity'", LEADS.c.sla_deadline.type)


@lru_cache(maxsize=64)
def pending_ahead(columns: frozenset[str]) -> sa.CTE:
    """The leads under an SLA, unanswered and not paused, whose deadline is later than ``:now``: few at any moment.

    They are looked up by that alone: a planner that does not know yet what else is asked for takes an owner's leads, or
    those of a year, for fewer than they are. What lies between two bounds it takes for few. ``columns`` are what is
    asked of them beside that; without any, an index has all of it.
    """
    leads, names = LEADS.c, sorted(columns)
    pending = (leads.first_response_at.is_(None), leads.sla_paused_at.is_(None), leads.sla_deadline.is_not(None))
    query = sa.select(leads.id, leads.sla_at_risk_at, *(leads[name] for name in names))
    query = query.where(leads.deleted_at.is_(None), *pending, leads.sla_deadline > _NOW, leads.sla_deadline < _NEVER)
    return query.cte("_".join(("pending_ahead", *names))).prefix_with("MATERIALIZED")


def in_status_ahead(table: sa.FromClause, statuses: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Of leads whose deadline lies ahead, those in one of these statuses, on_track or at_risk, at ``:now``."""
    if "on_track" not in statuses:
        return [table.c.sla_at_risk_at <= _NOW]
    return [] if "at_risk" in statuses else [table.c.sla_at_risk_at > _NOW]
