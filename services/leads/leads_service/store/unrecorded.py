"""Leads on whose clock something fell due and was not recorded: the same rules as ``domain.milestones``."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.database import Writing
from leads_service.domain.lead import Lead
from leads_service.store.rows import LEAD_COLUMNS, lead_from_row
from leads_service.store.tables import LEADS, TO_RECORD

_UNANSWERED = LEADS.c.first_response_at.is_(None)
_RUNS = LEADS.c.sla_paused_at.is_(None)


async def lock_due(tx: Writing, now: datetime, limit: int) -> list[Lead]:
    """Up to ``limit`` such leads, the longest due first, locked until the transaction ends.

    What somebody else holds is left out: it is waited for by nobody, and found again the next time.
    """
    return [lead_from_row(row) for row in (await tx.execute(due(now, limit))).mappings()]


def due(now: datetime, limit: int) -> sa.Select[Any]:
    """The query for such leads, by the index of what is still to be recorded."""
    return (
        sa.select(*LEAD_COLUMNS)
        .where(sa.text(TO_RECORD), LEADS.c.sla_at_risk_at <= now, _is_due(now))
        .order_by(LEADS.c.sla_at_risk_at, LEADS.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    lead = LEADS.c
    at_risk = sa.and_(
        lead.at_risk_recorded_at.is_(None),
        sa.or_(_UNANSWERED, lead.first_response_at >= lead.sla_at_risk_at),
        sa.or_(_RUNS, lead.sla_at_risk_at <= lead.sla_paused_at),
    )
    breached = sa.and_(
        lead.breach_recorded_at.is_(None),
        lead.sla_deadline <= now,
        sa.or_(_UNANSWERED, lead.first_response_at >= lead.sla_deadline),
        _RUNS,
    )
    return sa.or_(at_risk, breached, sa.and_(_UNANSWERED, _RUNS, lead.sla_deadline <= now, _has_escalation_due(now)))


def _has_escalation_due(now: datetime) -> sa.ColumnElement[bool]:
    step = sa.func.jsonb_array_elements(LEADS.c.sla_escalations).table_valued(sa.column("value", JSONB), name="step")
    at = sa.cast(step.c.value["at"].astext, sa.DateTime(timezone=True))
    return sa.exists(sa.select(1).select_from(step).where(step.c.value["escalatedAt"].astext.is_(None), at <= now))
