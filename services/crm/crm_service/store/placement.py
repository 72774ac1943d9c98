"""Moving opportunities between stages in batches, and back. Each statement takes them in one order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crm_service.domain.placement import StageMove
from crm_service.store.tables import OPPORTUNITIES, OPPORTUNITY_MOVES, UNDONE_RETIREMENTS
from kit.db.database import Reading, Writing

_DEALS = OPPORTUNITIES.c
_MOVES = OPPORTUNITY_MOVES.c


async def count_at(connection: Reading, stage_ids: Sequence[UUID]) -> int:
    """How many opportunities are at these stages."""
    query = sa.select(sa.func.count()).select_from(OPPORTUNITIES).where(_DEALS.stage_id.in_(stage_ids))
    return int((await connection.execute(query)).scalar_one())


async def count_moved(connection: Reading, retirement_id: UUID) -> int:
    """How many of a deletion's moves are kept."""
    query = sa.select(sa.func.count()).select_from(OPPORTUNITY_MOVES).where(_MOVES.retirement_id == retirement_id)
    return int((await connection.execute(query)).scalar_one())


async def move_next(tx: Writing, retirement_id: UUID, moves: Sequence[StageMove], limit: int) -> int:
    """Move the next opportunities and keep where each was; says how many these are."""
    going = _targets(moves)
    following = (
        sa.select(_DEALS.id, _DEALS.pipeline_id, _DEALS.stage_id)
        .where(_DEALS.stage_id.in_([move.from_stage_id for move in moves]))
        .order_by(_DEALS.stage_id, _DEALS.id)
        .limit(limit)
        .with_for_update(key_share=True)
        .cte("following")
    )
    targets = sa.select(following, going.c.to_pipeline_id, going.c.to_stage_id).join(
        going, going.c.from_stage_id == following.c.stage_id
    )
    next_ = targets.cte("next")
    kept = insert(OPPORTUNITY_MOVES).from_select(
        ["retirement_id", "opportunity_id", "pipeline_id", "stage_id", "to_pipeline_id", "to_stage_id"],
        sa.select(sa.literal(retirement_id, sa.Uuid), next_),
    )
    # One that somebody has put back since: what counts is where it was last.
    again = {name: kept.excluded[name] for name in ("pipeline_id", "stage_id", "to_pipeline_id", "to_stage_id")}
    kept = kept.on_conflict_do_update(index_elements=["retirement_id", "opportunity_id"], set_=again)
    moved = _placed(next_.c.to_pipeline_id, next_.c.to_stage_id).where(_DEALS.id == next_.c.id).returning(_DEALS.id)
    number = sa.select(sa.func.count()).select_from(moved.cte("moved")).add_cte(kept.cte("kept"))
    return int((await tx.execute(number)).scalar_one())


async def move_next_back(tx: Writing, retirement_id: UUID, limit: int) -> None:
    """Move the next opportunities back that are still where the deletion put them, and forget all that were looked at.

    Nobody else deletes an opportunity between: its row is locked before that of its move.
    """
    still_there = sa.and_(_DEALS.pipeline_id == _MOVES.to_pipeline_id, _DEALS.stage_id == _MOVES.to_stage_id)
    next_ = (
        sa.select(_DEALS.id, _MOVES.pipeline_id, _MOVES.stage_id, still_there.label("still_there"))
        .join(OPPORTUNITIES, _DEALS.id == _MOVES.opportunity_id)
        .where(_MOVES.retirement_id == retirement_id)
        .order_by(_MOVES.opportunity_id)
        .limit(limit)
        .with_for_update(key_share=True, of=OPPORTUNITIES)
        .cte("next")
    )
    back = _placed(next_.c.pipeline_id, next_.c.stage_id).where(_DEALS.id == next_.c.id, next_.c.still_there)
    forget = sa.delete(OPPORTUNITY_MOVES).where(
        _MOVES.retirement_id == retirement_id, _MOVES.opportunity_id == next_.c.id
    )
    await tx.execute(forget.add_cte(back.cte("back")))


async def mark_undone(tx: Writing, retirement_id: UUID) -> None:
    """Close a deletion's moves for good."""
    statement = insert(UNDONE_RETIREMENTS).values(retirement_id=retirement_id)
    await tx.execute(statement.on_conflict_do_nothing(index_elements=["retirement_id"]))


async def is_undone(tx: Writing, retirement_id: UUID) -> bool:
    """Whether a deletion's moves are closed."""
    query = sa.select(sa.exists().where(UNDONE_RETIREMENTS.c.retirement_id == retirement_id))
    return bool((await tx.execute(query)).scalar_one())


def _targets(moves: Sequence[StageMove]) -> sa.Values:
    names = ("from_stage_id", "to_pipeline_id", "to_stage_id")
    columns = [sa.column(name, sa.Uuid) for name in names]
    return sa.values(*columns, name="going").data([tuple(getattr(move, name) for name in names) for move in moves])


def _placed(pipeline_id: sa.ColumnElement[Any], stage_id: sa.ColumnElement[Any]) -> sa.Update:
    return sa.update(OPPORTUNITIES).values(
        pipeline_id=pipeline_id,
        stage_id=stage_id,
        version=_DEALS.version + 1,
        updated_at=sa.func.clock_timestamp(),
    )
