"""The SLA summary: counts over all leads at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.store.lead_calendar import Calendar, calendar_of
from leads_service.store.lead_counts import number
from leads_service.store.lead_filter import LeadFilter

# All leads and the few without an SLA are counted sooner than the many with one.
_COUNTED = ((), ("no_sla",), ("at_risk",), ("breached", "met_late"))


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
    """Every lead with an SLA that is not deleted, once, all at one moment."""
    calendar = calendar_of(which.created_from, which.created_to)
    leads = _leads(which)
    said = {**leads.values(now), **calendar.values()}
    found = (await connection.execute(_counts(leads.shape, calendar.shape), said)).one()
    everything, without_sla, at_risk, breached = map(int, found)
    return SlaCounts(everything - without_sla, at_risk, breached)


@lru_cache(maxsize=128)
def _counts(leads: LeadFilter, calendar: Calendar) -> sa.Select[Any]:
    """The statement for filters of this shape."""
    each = (replace(leads, sla_statuses=statuses) for statuses in _COUNTED)
    numbers: list[sa.ColumnElement[Any]] = [number(which, calendar, by_facet=True) for which in each]
    return sa.select(*numbers)


def _leads(which: SummaryFilter) -> LeadFilter:
    return LeadFilter(
        owners=which.owners,
        unassigned=which.unassigned,
        pipeline_ids=which.pipeline_ids,
        created_from=which.created_from,
        created_to=which.created_to,
    )
