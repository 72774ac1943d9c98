"""The SLA summary: counts over all leads at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from kit.db.database import Reading
from leads_service.store.lead_counts import number
from leads_service.store.lead_filter import LeadFilter

_WITH_SLA = ("on_track", "at_risk", "breached", "met", "met_late", "paused")
_TOO_LATE = ("breached", "met_late")


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
    numbers = (number(_in_status(which, statuses), now) for statuses in (_WITH_SLA, ["at_risk"], _TOO_LATE))
    return SlaCounts(*map(int, (await connection.execute(sa.select(*numbers))).one()))


def _in_status(which: SummaryFilter, statuses: Sequence[str]) -> LeadFilter:
    return LeadFilter(
        owners=which.owners,
        unassigned=which.unassigned,
        pipeline_ids=which.pipeline_ids,
        created_from=which.created_from,
        created_to=which.created_to,
        sla_statuses=statuses,
    )
