"""Comparing clocks with their workflows: asking for it, what it looks at, what it repairs, and its end."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.ids import new_id
from leadline_workflows.contracts.clock_check import CheckClocksInput
from leadline_workflows.contracts.outbox import CLOCK_CHECK
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation
from leads_service.store import clock_checks, clocks, leads
from leads_service.store.clock_checks import ClockCheck
from leads_service.usecases.saving import save_reordered

# Longer than an idempotency key is kept that leads to one.
_KEPT_FOR = timedelta(days=7)
_OVER = ClockCheck(is_over=True, repaired=0)


@dataclass(frozen=True, slots=True)
class Known:
    """The version of a clock that a run knows, 0 where there is no run, and that of the clock as it was listed."""

    by_run: int
    listed: int


async def begin_check(tx: Writing, situation: Situation) -> UUID:
    """Have all clocks compared with their leads; the id of what does so. One that is not begun yet will do."""
    if (asked := await clock_checks.not_begun(tx)) is not None:
        return asked
    check_id = new_id()
    await clock_checks.purge(tx, situation.now - _KEPT_FOR)
    await clock_checks.insert(tx, check_id, situation.now)
    order = asdict(CheckClocksInput(str(check_id)))
    await leads.outbox.add(tx, key=check_id, kind=CLOCK_CHECK, payload=order)
    return check_id


async def get_check(connection: Reading, check_id: UUID) -> ClockCheck:
    """How a comparison stands; one that is not known any more is over."""
    return await clock_checks.get(connection, check_id) or _OVER


async def end_check(tx: Writing, check_id: UUID, repaired: int, situation: Situation) -> None:
    """Tell whoever waits for the comparison what it came to; repeated, the first end counts."""
    await clock_checks.end(tx, check_id, repaired, situation.now)


async def running_clocks(connection: Reading, after: UUID | None, limit: int) -> list[Lead]:
    """The next leads by id whose clock runs, but for those whose order is still to be delivered."""
    return await clocks.running(connection, after, limit)


async def clocks_of(connection: Reading, lead_ids: Collection[UUID]) -> dict[UUID, Lead | None]:
    """The leads of these ids that are known, deleted ones too; nothing for one whose order is still to be delivered."""
    return await clocks.of_leads(connection, lead_ids)


async def repair_clocks(tx: Writing, wanted: Mapping[UUID, Known], situation: Situation) -> int:
    """Order these clocks anew, newer than any that a run knows; says how many.

    A clock that has changed since it was listed was ordered then, and needs nothing more.
    """
    found = await clocks.lock_unordered(tx, wanted.keys())
    changes = [(lead, _renewed(lead, wanted[lead.id])) for lead in found if _is_to_be_ordered(lead, wanted[lead.id])]
    await save_reordered(tx, changes, situation)
    return len(changes)


def _is_to_be_ordered(lead: Lead, known: Known) -> bool:
    """Whether it has a clock that should run, or a run that should hear that it is over."""
    is_heard = not lead.clock_closed_by or known.by_run > 0
    return lead.sla is not None and is_heard and lead.clock_version == known.listed


def _renewed(lead: Lead, known: Known) -> Change:
    version = max(lead.clock_version, known.by_run) + 1
    return Change(replace(lead, clock_version=version), clock_changed=True)
