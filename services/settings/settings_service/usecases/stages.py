"""What a stage asks for."""

from collections.abc import Sequence
from uuid import UUID

from kit.db.database import Reading
from settings_service.domain.entries import StageField
from settings_service.store import entries
from settings_service.usecases.entry_lists import STAGES
from settings_service.usecases.lists import get_entry


async def fields_of_stage(connection: Reading, stage_id: UUID) -> Sequence[StageField]:
    """What a stage asks for, by position.

    Raises:
        LeadlineError: STAGE_NOT_FOUND.
    """
    await get_entry(connection, STAGES, stage_id)
    return await entries.fields_of(stage_id).all(connection)
