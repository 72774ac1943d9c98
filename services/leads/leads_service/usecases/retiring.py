"""Deleting what leads use, on this service's side: closing it, counting who uses it, ending (spec: stages)."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.errors import LeadlineError, not_found, unavailable
from leadline_workflows.contracts.outbox import RETIREMENT
from leadline_workflows.contracts.retirement import RetirementInput, StageMove
from leads_service.domain import retirement as rules
from leads_service.domain.configuration import Configuration, Retirement, Retiring
from leads_service.store import entry_users, leads, retirements
from leads_service.store.retirements import KeptRetirement

_LONGEST_WAIT_SECONDS = 3.0
_LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Users:
    """Who uses an entry: records, and conversions that are running."""

    records: int
    conversions: int = 0


async def begin_new(tx: Writing, configuration: Configuration) -> None:
    """Close what is being deleted and order the workflows, of the deletions that are new here."""
    told = [each.id for each in configuration.retirements]
    await retirements.forget_ended(tx, but=told)
    known = await retirements.known(tx, told) if told else set()
    for retirement in configuration.retirements:
        if retirement.id not in known:
            await _begin(tx, retirement, configuration)


async def _begin(tx: Writing, retirement: Retirement, configuration: Configuration) -> None:
    order = asdict(_order(retirement, configuration))
    plan = {"order": order, "revision": configuration.revision}
    await retirements.add(tx, retirement.id, retirement.kind, plan)
    await retirements.close(tx, retirement.id, rules.closed_by(retirement, configuration))
    await leads.outbox.add(tx, key=retirement.entry_id, kind=RETIREMENT, payload=order)


def _order(retirement: Retirement, configuration: Configuration) -> RetirementInput:
    elsewhere = rules.of_opportunities(retirement)
    emptied = rules.stages_closed(retirement, configuration) if elsewhere else []
    moves = rules.opportunity_moves(retirement, configuration) if elsewhere else ()
    return RetirementInput(
        retirement_id=str(retirement.id),
        kind=str(retirement.kind),
        entry_id=str(retirement.entry_id),
        name=retirement.name,
        target_name=retirement.target_name or "",
        has_target=retirement.target_id is not None,
        stage_ids=[str(stage.id) for stage in emptied],
        moves=[StageMove(str(old.id), str(new.pipeline_id), str(new.id)) for old, new in moves],
    )


async def count_users(connection: Reading, retirement_id: UUID) -> Users:
    """Who uses the entry that is being deleted, once nobody writes any more who may not know of it.

    Raises:
        LeadlineError: RETIREMENT_NOT_FOUND; PART_UNAVAILABLE while somebody may.
    """
    retirement = found(await retirements.get(connection, retirement_id))
    await _wait_for_writers(connection, retirement)
    if retirement.stage_ids:
        return Users(0, await entry_users.count_planned(connection, retirement.stage_ids))
    if retirement.kind == Retiring.TEAM_ROLE:
        return Users(await entry_users.count_members(connection, retirement.name))
    return Users(await entry_users.count_leads(connection, retirement.kind, retirement.entry))


async def _wait_for_writers(connection: Reading, retirement: KeptRetirement) -> None:
    """Wait for moments; what takes longer is waited for by whoever asks again."""
    if await retirements.older_writer_is_there(connection, retirement):
        raise _not_yet()
    waited, there = 0.0, await retirements.writers(connection)
    while there:
        if waited >= _LONGEST_WAIT_SECONDS:
            raise _not_yet()
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        waited += _LOOK_EVERY_SECONDS
        # Whoever came meanwhile knows.
        there &= await retirements.writers(connection)


def _not_yet() -> LeadlineError:
    return unavailable("Somebody is still writing who may not know of this deletion. Try again soon.")


async def end(tx: Writing, retirement_id: UUID, revision: int | None, now: datetime) -> None:
    """Forget a deletion: ``revision`` is the first one without the entry, nothing where the entry stays.

    One that is over or was never heard of is left as it is, so that this can be repeated.
    """
    retirement = await retirements.lock(tx, retirement_id)
    if retirement is None or retirement.ended_at is not None:
        return
    if revision is None:
        await retirements.open_again(tx, retirement_id)
    else:
        await retirements.open_from(tx, retirement_id, revision)
    await retirements.end(tx, retirement_id, now)


def found(retirement: KeptRetirement | None) -> KeptRetirement:
    """The deletion, if there is one.

    Raises:
        LeadlineError: RETIREMENT_NOT_FOUND.
    """
    if retirement is None:
        raise not_found("RETIREMENT_NOT_FOUND", "There is no such deletion.")
    return retirement
