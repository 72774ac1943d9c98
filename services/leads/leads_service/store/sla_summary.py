"""The SLA summary: counts over all leads at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.store.lead_list import created_between, owned_by
from leads_service.store.sla_conditions import has_sla, is_at_risk, is_breached, is_met_late
from leads_service.store.tables import LEADS


@dataclass(frozen=True, slots=True)
class SlaCounts:
    """How many leads have an SLA, and how many of them are breached or at risk."""

    total: int
    at_risk: int
    breached: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryFilter:
    """Which leads are counted."""

    owners: Sequence[UUID] = ()
    unassigned: bool = False
    pipeline_ids: Sequence[UUID] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None


async def count(connection: Reading, which: SummaryFilter, now: datetime) -> SlaCounts:
    """Every lead with an SLA that is not deleted, once, in one pass."""
    conditions = [LEADS.c.deleted_at.is_(None), has_sla(), *created_between(which.created_from, which.created_to)]
    if which.owners or which.unassigned:
        conditions.append(owned_by(which.owners, unassigned=which.unassigned))
    if which.pipeline_ids:
        conditions.append(LEADS.c.pipeline_id.in_(which.pipeline_ids))
    query = sa.select(
        sa.func.count(),
        sa.func.count().filter(is_at_risk(now)),
        sa.func.count().filter(sa.or_(is_breached(now), is_met_late())),
    ).where(*conditions)
    return SlaCounts(*(await connection.execute(query)).one())
