"""Notes and activities of a lead, and reading its timeline."""

from dataclasses import replace
from uuid import UUID

from kit.db.database import Reading, Writing
from kit.paging import Page, Span
from leads_service.domain import timeline as rules
from leads_service.domain import visibility
from leads_service.domain.lead import Activity, HistoryEntry, Note
from leads_service.domain.settling import Situation
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.domain.standing import lead_not_found
from leads_service.domain.timeline import LoggedActivity
from leads_service.store import leads, stage_assignments, timeline
from leads_service.usecases.saving import load_locked, save


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


async def list_activities(connection: Reading, lead_id: UUID, span: Span, situation: Situation) -> Page[Activity]:
    """A page of the lead's activities, without what its stage hides from whoever asks.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    hidden = await _hidden(connection, lead_id, situation)
    page = await timeline.list_activities(connection, lead_id, span, without=visibility.hidden_activities(hidden))
    return replace(page, records=[visibility.shown_activity(each, hidden) for each in page.records])


async def list_notes(connection: Reading, lead_id: UUID, span: Span) -> Page[Note]:
    """A page of the lead's notes.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    await _stage_of(connection, lead_id)
    return await timeline.list_notes(connection, lead_id, span)


async def list_history(connection: Reading, lead_id: UUID, span: Span, situation: Situation) -> Page[HistoryEntry]:
    """A page of the lead's history, without what its stage hides from whoever asks.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    hidden = await _hidden(connection, lead_id, situation)
    return await timeline.list_history(connection, lead_id, span, hidden=hidden)


async def list_stage_assignments(
    connection: Reading, lead_id: UUID, span: Span, situation: Situation
) -> Page[StageAssignment]:
    """A page of who held the lead at which stage. Where its stage hides the owner, nobody is said.

    Raises:
        LeadlineError: LEAD_NOT_FOUND.
    """
    hidden = await _hidden(connection, lead_id, situation)
    page = await stage_assignments.list_stage_assignments(connection, lead_id, span)
    return replace(page, records=[visibility.shown_stage_assignment(each, hidden) for each in page.records])


async def _hidden(connection: Reading, lead_id: UUID, situation: Situation) -> frozenset[str]:
    stage_id = await _stage_of(connection, lead_id)
    return visibility.hidden_from(situation.actor, stage_id, situation.configuration)


async def _stage_of(connection: Reading, lead_id: UUID) -> UUID:
    stage_id = await leads.stage_of(connection, lead_id)
    if stage_id is None:
        raise lead_not_found(lead_id)
    return stage_id
