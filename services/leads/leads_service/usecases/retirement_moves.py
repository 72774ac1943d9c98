"""Moving what uses an entry that is being deleted, in batches, and moving it back should that fail (spec: stages)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kit.db.database import Writing
from kit.errors import LeadlineError, invalid, refused, unavailable
from leads_service.domain import retirement as rules
from leads_service.domain.configuration import Configuration, Retirement, Retiring
from leads_service.domain.lead import Change, Lead
from leads_service.domain.settling import Situation
from leads_service.store import closed_entries, entry_users, leads, retirements
from leads_service.store.entry_users import Member
from leads_service.store.retirements import KeptRetirement
from leads_service.usecases.retiring import found
from leads_service.usecases.saving import save_many

_MISSING = "STAGE_FIELDS_MISSING"
# So many leads are named that keep a deletion from being carried out.
_MOST_NAMED = 3

Changes = list[tuple[Lead, Change]]


@dataclass(frozen=True, slots=True)
class Step:
    """How many were moved, and how many are left."""

    moved: int
    left: int


async def move(tx: Writing, retirement_id: UUID, limit: int, situation: Situation) -> Step:
    """Move the next records to the target. Conversions that plan an opportunity there are waited for.

    Raises:
        LeadlineError: RETIREMENT_NOT_FOUND, RETIREMENT_CLOSED; IN_USE where there is no target;
            STAGE_FIELDS_MISSING naming leads; PART_UNAVAILABLE where this instance has not heard of the deletion.
    """
    kept = found(await retirements.lock(tx, retirement_id))
    retirement = _told(kept, situation.configuration)
    if kept.stage_ids:
        return Step(0, await entry_users.count_planned(tx, kept.stage_ids))
    if retirement.kind == Retiring.TEAM_ROLE:
        return await _move_members(tx, kept, retirement, limit, situation)
    return await _move_leads(tx, kept, retirement, limit, situation)


def _told(kept: KeptRetirement, configuration: Configuration) -> Retirement:
    """The deletion as the configuration tells of it, while it is to be carried out."""
    if kept.is_over:
        raise _closed()
    told = next((each for each in configuration.retirements if each.id == kept.id), None)
    if told is not None:
        return told
    if configuration.revision < kept.plan["revision"]:
        raise unavailable("This deletion has not arrived here yet. Try again soon.")
    raise _closed()


def _closed() -> LeadlineError:
    return refused("RETIREMENT_CLOSED", "This deletion is over, or what it had moved is being moved back.")


def _require_target(retirement: Retirement, count: int) -> str:
    if retirement.target_name is None:
        raise refused("IN_USE", "There are records that use this.", metadata={"count": str(count)})
    return retirement.target_name


async def _move_leads(
    tx: Writing, kept: KeptRetirement, retirement: Retirement, limit: int, situation: Situation
) -> Step:
    batch = await entry_users.lock_leads(tx, kept.kind, kept.entry, limit)
    if batch:
        _require_target(retirement, len(batch))
        changes = _moved(batch, retirement, situation)
        await save_many(tx, changes, situation)
        moves = {lead.id: rules.what_moved(lead, change.lead) for lead, change in changes}
        await retirements.keep_moves(tx, kept.id, moves)
    return Step(len(batch), await entry_users.count_leads_left(tx, kept.kind, kept.entry))


def _moved(batch: Sequence[Lead], retirement: Retirement, situation: Situation) -> Changes:
    """The leads with the target, or a refusal that names the first ones that cannot have it."""
    changes: Changes = []
    refusals = []
    for lead in batch:
        try:
            changes.append((lead, rules.moved(lead, retirement, situation)))
        except LeadlineError as error:
            if error.reason != _MISSING:
                raise
            refusals.append(rules.of_lead(lead, error))
    if refusals:
        raise invalid(*(each for refusal in refusals[:_MOST_NAMED] for each in refusal), reason=_MISSING)
    return changes


async def _move_members(
    tx: Writing, kept: KeptRetirement, retirement: Retirement, limit: int, situation: Situation
) -> Step:
    locked = await leads.lock_many(tx, await entry_users.leads_with_role(tx, kept.name, limit))
    members = await entry_users.members_with_role(tx, locked, kept.name)
    if members:
        target = _require_target(retirement, len(members))
        await closed_entries.require_open(tx, {Retiring.TEAM_ROLE: target}, situation.configuration.revision)
        changed = await _change_roles(tx, locked, members, (kept.name, target), situation)
        await retirements.keep_moves(tx, kept.id, {lead_id: _users(users) for lead_id, users in changed.items()})
    return Step(len(members), await entry_users.count_members(tx, kept.name))


async def _change_roles(
    tx: Writing, locked: Mapping[UUID, Lead], members: Sequence[Member], roles: tuple[str, str], situation: Situation
) -> dict[UUID, list[UUID]]:
    """Give the members who have the first role the second; answers whom, by lead."""
    users: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for lead_id, user_id in await entry_users.change_role(tx, members, *roles):
        users[lead_id].append(user_id)
    changes = [(locked[each], rules.roles_changed(locked[each], users[each], roles, situation)) for each in users]
    await save_many(tx, changes, situation)
    return dict(users)


def _users(users: Sequence[UUID]) -> dict[str, Any]:
    return {"users": [str(each) for each in users]}


async def restore(tx: Writing, retirement_id: UUID, limit: int, situation: Situation) -> int:
    """Move the next records back that are where the deletion put them, and answer how many are left.

    From the first time on nothing is moved any more.

    Raises:
        LeadlineError: RETIREMENT_NOT_FOUND, RETIREMENT_CLOSED.
    """
    kept = found(await retirements.lock(tx, retirement_id))
    if kept.ended_at is not None:
        raise _closed()
    await retirements.mark_restoring(tx, kept)
    moves = await retirements.next_moves(tx, retirement_id, limit)
    if moves:
        locked = await leads.lock_many(tx, moves)
        if kept.kind == Retiring.TEAM_ROLE:
            await _restore_members(tx, kept, locked, moves, situation)
        else:
            await _restore_leads(tx, locked, moves, situation)
        await retirements.forget_moves(tx, retirement_id, moves)
    return await retirements.count_moves(tx, retirement_id)


async def _restore_leads(
    tx: Writing, locked: Mapping[UUID, Lead], moves: Mapping[UUID, Any], situation: Situation
) -> None:
    changes = [(lead, rules.restored(lead, moves[lead_id], situation)) for lead_id, lead in locked.items()]
    await save_many(tx, [(lead, change) for lead, change in changes if change], situation, into_closed=True)


async def _restore_members(
    tx: Writing, kept: KeptRetirement, locked: Mapping[UUID, Lead], moves: Mapping[UUID, Any], situation: Situation
) -> None:
    members = [(lead_id, UUID(user)) for lead_id in locked for user in moves[lead_id]["users"]]
    await _change_roles(tx, locked, members, (kept.plan["order"]["target_name"], kept.name), situation)
