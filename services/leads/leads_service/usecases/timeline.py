"""Notes and activities of a lead, and reading its timeline."""

from uuid import UUID

from kit.db.database import Reading, Writing
from leads_service.domain import timeline as rules
from leads_service.domain.lead import Activity, HistoryEntry, Note
from leads_service.domain.settling import Situation
from leads_service.domain.timeline import LoggedActivity
from leads_service.store import leads, timeline
from leads_service.store.timeline import Page
from leads_service.usecases.saving import lead_not_found, load_locked, save


async def add_note(tx: Writing, lead_id: UUID, content: str, created_by: UUID, situation: Situation) -> Note:
    """Keep a note; it may be the lead's first response.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VALIDATION_FAILED.
    """
    lead = await load_locked(tx, lead_id)
    note, change = rules.add_note(lead, content, created_by, situation)
    await timeline.add_note(tx, note)
    await save(tx, lead, change, situation)
    return note


async def log_activity(tx: Writing, lead_id: UUID, logged: LoggedActivity, situation: Situation) -> Activity:
    """Keep what a person did; outbound, it may be the lead's first response.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, VALIDATION_FAILED.
    """
    lead = await load_locked(tx, lead_id)
    change = rules.log_activity(lead, logged, situation)
    await save(tx, lead, change, situation)
    return change.activities[0]


async def list_activities(connection: Reading, lead_id: UUID, limit: int, offset: int) -> Page[Activity]:
    """A page of the lead's activities.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    await _require(connection, lead_id)
    return await timeline.list_activities(connection, lead_id, limit, offset)


async def list_notes(connection: Reading, lead_id: UUID, limit: int, offset: int) -> Page[Note]:
    """A page of the lead's notes.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    await _require(connection, lead_id)
    return await timeline.list_notes(connection, lead_id, limit, offset)


async def list_history(connection: Reading, lead_id: UUID, limit: int, offset: int) -> Page[HistoryEntry]:
    """A page of the lead's history.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    await _require(connection, lead_id)
    return await timeline.list_history(connection, lead_id, limit, offset)


async def _require(connection: Reading, lead_id: UUID) -> None:
    if not await leads.exists(connection, lead_id):
        raise lead_not_found(lead_id)
