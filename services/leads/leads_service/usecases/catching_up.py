"""Recording what came due of all leads as soon as one clock comes late: more is due then than clocks get through."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from kit.db.database import Database
from leads_service.domain import milestones
from leads_service.domain.lead import Lead
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.settling import Situation
from leads_service.usecases import sla

_LATE = timedelta(seconds=1)
# Much shorter than a clock waits for its answer.
_LONGEST_SECONDS = 2.0
_PAUSE_SECONDS = 1.0


class CatchingUp:
    """One call at a time does it, and then none for a second."""

    def __init__(self, database: Database, situation: Callable[[], Situation]) -> None:
        self._database = database
        self._situation = situation
        self._not_before = 0.0

    async def catch_up(self) -> None:
        """Record what is due, in transactions of a hundred leads. Their clocks will find it done."""
        began = time.monotonic()
        if began < self._not_before:
            return
        self._not_before = float("inf")
        try:
            while time.monotonic() < began + _LONGEST_SECONDS and await self._record_some():
                pass
        finally:
            self._not_before = time.monotonic() + _PAUSE_SECONDS

    async def _record_some(self) -> bool:
        """Whether there may be more."""
        async with self._database.transaction() as tx:
            return await sla.record_due(tx, self._situation()) == sla.LEADS_AT_ONCE


def came_late(outcome: Outcome, lead: Lead, kind: MilestoneKind, index: int, now: datetime) -> bool:
    """Whether a clock came noticeably later than its milestone, be it recorded by then or not."""
    at = milestones.instant_of(lead, kind, index)
    is_recorded = outcome in {Outcome.RECORDED, Outcome.ALREADY_RECORDED}
    return is_recorded and at is not None and now - at > _LATE
