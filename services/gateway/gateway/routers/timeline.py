"""`/leads/{id}/activities`, `/notes`, `/history` and `/stage-assignments`."""

from typing import Annotated

from fastapi import Query
from leadline.leads.v1 import timeline_service_pb2
from starlette.responses import Response

from gateway.answers import timeline
from gateway.answers.json import created, cursor_page
from gateway.clients import Services
from gateway.headers import IdempotencyKey
from gateway.operations import Operations
from gateway.schemas.base import CursorPage, CursorQuery, PathId
from gateway.schemas.timeline import Activity, HistoryEntry, NewActivity, NewNote, Note, StageAssignment

operations = Operations("Timeline", timeline_service_pb2.DESCRIPTOR.services_by_name["TimelineService"])

PageAsked = Annotated[CursorQuery, Query()]


@operations.add("GET", "/leads/{id}/activities", "ListActivities", answer=CursorPage[Activity])
async def list_activities(services: Services, lead_id: PathId, query: PageAsked) -> Response:
    """List what happened to a lead, newest first."""
    request = timeline_service_pb2.ListActivitiesRequest(lead_id=lead_id, **query.asked())
    answer = await services.call(services.timeline.ListActivities, request)
    items = [timeline.activity(each) for each in answer.activities]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("POST", "/leads/{id}/activities", "LogActivity", answer=Activity, status=201)
async def log_activity(
    services: Services, lead_id: PathId, body: NewActivity, idempotency_key: IdempotencyKey = None
) -> Response:
    """Log a call, e-mail, meeting or message.

    `Location` is the list: an activity has no path of its own.
    """
    request = timeline_service_pb2.LogActivityRequest(lead_id=lead_id, **body.values())
    answer = await services.call(services.timeline.LogActivity, request, key=idempotency_key)
    return created(timeline.activity(answer.activity), f"/leads/{lead_id}/activities")


@operations.add("GET", "/leads/{id}/notes", "ListNotes", answer=CursorPage[Note])
async def list_notes(services: Services, lead_id: PathId, query: PageAsked) -> Response:
    """List a lead's notes, newest first."""
    request = timeline_service_pb2.ListNotesRequest(lead_id=lead_id, **query.asked())
    answer = await services.call(services.timeline.ListNotes, request)
    items = [timeline.note(each) for each in answer.notes]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("POST", "/leads/{id}/notes", "AddNote", answer=Note, status=201)
async def add_note(
    services: Services, lead_id: PathId, body: NewNote, idempotency_key: IdempotencyKey = None
) -> Response:
    """Add a note to a lead.

    `Location` is the list: a note has no path of its own.
    """
    request = timeline_service_pb2.AddNoteRequest(lead_id=lead_id, content=body.content)
    answer = await services.call(services.timeline.AddNote, request, key=idempotency_key)
    return created(timeline.note(answer.note), f"/leads/{lead_id}/notes")


@operations.add("GET", "/leads/{id}/history", "ListHistory", answer=CursorPage[HistoryEntry])
async def list_history(services: Services, lead_id: PathId, query: PageAsked) -> Response:
    """List a lead's changed fields, newest first."""
    request = timeline_service_pb2.ListHistoryRequest(lead_id=lead_id, **query.asked())
    answer = await services.call(services.timeline.ListHistory, request)
    items = [timeline.history_entry(each) for each in answer.entries]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)


@operations.add("GET", "/leads/{id}/stage-assignments", "ListStageAssignments", answer=CursorPage[StageAssignment])
async def list_stage_assignments(services: Services, lead_id: PathId, query: PageAsked) -> Response:
    """List who held a lead at which stage, from when to when, newest first."""
    request = timeline_service_pb2.ListStageAssignmentsRequest(lead_id=lead_id, **query.asked())
    answer = await services.call(services.timeline.ListStageAssignments, request)
    items = [timeline.stage_assignment(each) for each in answer.assignments]
    return cursor_page(items, answer, page=query.number(), limit=query.limit)
