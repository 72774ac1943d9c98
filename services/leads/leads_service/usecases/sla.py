"""The SLA of a lead and of all leads, and recording what a clock says has come."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from kit.db.database import Reading, Writing
from leads_service.domain import milestones
from leads_service.domain.lead import Lead
from leads_service.domain.milestones import MilestoneKind, Outcome
from leads_service.domain.settling import Situation
from leads_service.store import sla_summary, unrecorded
from leads_service.store.sla_summary import SlaCounts, SummaryFilter
from leads_service.usecases.saving import load_locked, save, save_many, save_repaired

# Locked at once: few enough that nobody waits long for them.
LEADS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Checked:
    """On how many leads' clocks something was due, what was recorded, and how many clocks were ordered anew."""

    leads: int
    recorded: Counter[MilestoneKind]
    repaired: int


async def count_sla(connection: Reading, which: SummaryFilter, now: datetime) -> SlaCounts:
    """How many leads are under an SLA, and how they stand."""
    return await sla_summary.count(connection, which, now)


def compliance_rate(counts: SlaCounts) -> Decimal:
    """The part within the SLA in percent, one decimal, rounded half up; 100.0 where there is no lead (spec: SLA)."""
    if not counts.total:
        return Decimal("100.0")
    within = counts.total - counts.at_risk - counts.breached
    return (Decimal(100 * within) / counts.total).quantize(Decimal("0.1"), ROUND_HALF_UP)


async def record_milestone(
    tx: Writing, lead_id: UUID, kind: MilestoneKind, index: int, situation: Situation
) -> tuple[Outcome, Lead]:
    """Record what a clock says has come, once; whether it still counts is decided here, under the lead's lock.

    Raises:
        LeadlineError: LEAD_NOT_FOUND for a lead that never was; a deleted one's clock is closed.
    """
    lead = await load_locked(tx, lead_id, deleted=True)
    outcome, change = milestones.record(lead, kind, index, situation)
    return outcome, await save(tx, lead, change, situation)


async def record_due(tx: Writing, situation: Situation) -> int:
    """Record what clocks will find done, for up to a hundred leads; says for how many. Fewer: that was all of them."""
    found = await unrecorded.lock_due(tx, situation.now, LEADS_AT_ONCE)
    due = ((lead, milestones.record_due(lead, situation)[1]) for lead in found)
    changes = [(lead, change) for lead, change in due if change.changed]
    await save_many(tx, changes, situation)
    return len(changes)


async def check_breaches(tx: Writing, situation: Situation) -> Checked:
    """Record what clocks should have recorded by now and did not, for up to a hundred leads, and order their clocks.

    Leads that somebody else holds are left for the next time. Fewer than a hundred: that was all of them.
    """
    found = await unrecorded.lock_due(tx, situation.now, LEADS_AT_ONCE)
    due = [(lead, *milestones.record_due(lead, situation)) for lead in found]
    changes = [(lead, change) for lead, _, change in due if change.changed]
    repaired = await save_repaired(tx, changes, situation)
    return Checked(len(changes), Counter(kind for _, kinds, _ in due for kind in kinds), repaired)
