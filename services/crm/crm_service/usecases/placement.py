"""Emptying stages that are being deleted, and undoing that. One step of a deletion happens at a time."""

from collections.abc import Sequence
from uuid import UUID

from crm_service.domain.placement import StageMove
from crm_service.domain.refusals import retirement_closed
from crm_service.store import placement
from crm_service.store.locks import lock_retirement
from kit.db.database import Reading, Writing


async def count_opportunities(connection: Reading, stage_ids: Sequence[UUID]) -> int:
    """How many opportunities are at these stages."""
    return await placement.count_at(connection, stage_ids)


async def move_opportunities(
    tx: Writing, retirement_id: UUID, moves: Sequence[StageMove], limit: int
) -> tuple[int, int]:
    """Move the next opportunities; answers how many these were and how many are left.

    Raises:
        LeadlineError: RETIREMENT_CLOSED once its moves are being undone.
    """
    await lock_retirement(tx, retirement_id)
    if await placement.is_undone(tx, retirement_id):
        raise retirement_closed()
    moved = await placement.move_next(tx, retirement_id, moves, limit)
    return moved, await placement.count_at(tx, [move.from_stage_id for move in moves])


async def restore_opportunities(tx: Writing, retirement_id: UUID, limit: int) -> int:
    """Move the next opportunities back, and keep further moves from happening; answers how many are left."""
    await lock_retirement(tx, retirement_id)
    await placement.mark_undone(tx, retirement_id)
    await placement.move_next_back(tx, retirement_id, limit)
    return await placement.count_moved(tx, retirement_id)
