"""Putting the stages of a pipeline into another order."""

from collections.abc import Sequence
from uuid import UUID

from kit.db.database import Writing
from settings_service.domain.entries import Stage
from settings_service.domain.refusal import refuse
from settings_service.domain.settling import put_in_order
from settings_service.domain.stage_order import faults_of_ids, faults_of_order, pipeline_of
from settings_service.store.entries import stages_of, stages_with
from settings_service.store.singles import advance_revision, lock_configuration
from settings_service.usecases.entry_lists import STAGES
from settings_service.usecases.lists import require_staying, save_settled


async def reorder_stages(tx: Writing, ids: Sequence[UUID]) -> list[Stage]:
    """Put all stages of one pipeline into this order; nothing happens where it is theirs already.

    Raises:
        LeadlineError: VALIDATION_FAILED naming what is wrong with the ids, RETIRING.
    """
    refuse(faults_of_ids(ids))
    await lock_configuration(tx)
    named = await stages_with(ids).all(tx)
    pipeline_id = pipeline_of(named)
    before = await stages_of(pipeline_id=pipeline_id).all(tx) if pipeline_id else []
    refuse(faults_of_order(ids, named, before))
    await require_staying(tx, [stage.pipeline_id for stage in before[:1]])
    after = put_in_order(before, ids)
    if after == before:
        return before
    await save_settled(tx, STAGES, before, after)
    await advance_revision(tx)
    return await stages_of(pipeline_id=pipeline_id).all(tx)
