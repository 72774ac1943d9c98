"""TimelineService: activities, notes and history of a lead."""

from leadline.leads.v1 import timeline_service_pb2 as pb
from leadline.leads.v1 import timeline_service_pb2_grpc as pb_grpc

from kit import jsontext
from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import optional_instant, to_timestamp
from leads_service.domain.lead import Activity, HistoryEntry, Note
from leads_service.domain.stage_assignment import StageAssignment
from leads_service.domain.timeline import LoggedActivity
from leads_service.rpc.paging import asked_of_lead, cursor_after
from leads_service.rpc.situation import Parts, caller_id
from leads_service.usecases import timeline


class TimelineServicer(pb_grpc.TimelineServiceServicer):
    """Each method is one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def ListActivities(self, request: pb.ListActivitiesRequest, _context: Context) -> pb.ListActivitiesResponse:
        """A page of activities."""
        lead_id, name, span = asked_of_lead(request, "activities")
        async with self._parts.database.reading() as connection:
            page = await timeline.list_activities(connection, lead_id, span, self._parts.by_caller())
        shown = [_activity(each) for each in page.records]
        return pb.ListActivitiesResponse(activities=shown, total=page.total, next_cursor=cursor_after(page, name))

    async def LogActivity(self, request: pb.LogActivityRequest, context: Context) -> pb.LogActivityResponse:
        """Logs what a person did; repeated under the same idempotency key, the first answer."""
        key = key_of_call("LogActivity", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.LogActivityResponse, lambda tx: self._log(tx, request))

    async def _log(self, tx: Writing, request: pb.LogActivityRequest) -> pb.LogActivityResponse:
        logged = LoggedActivity(
            type=request.type,
            direction=request.direction,
            subject=request.subject,
            body=request.body,
            occurred_at=optional_instant(request, "occurred_at", "occurredAt"),
        )
        lead_id = parse_id(request.lead_id, "id")
        activity = await timeline.log_activity(tx, lead_id, logged, self._parts.by_caller())
        return pb.LogActivityResponse(activity=_activity(activity))

    async def ListNotes(self, request: pb.ListNotesRequest, _context: Context) -> pb.ListNotesResponse:
        """A page of notes."""
        lead_id, name, span = asked_of_lead(request, "notes")
        async with self._parts.database.reading() as connection:
            page = await timeline.list_notes(connection, lead_id, span)
        shown = [_note(each) for each in page.records]
        return pb.ListNotesResponse(notes=shown, total=page.total, next_cursor=cursor_after(page, name))

    async def AddNote(self, request: pb.AddNoteRequest, context: Context) -> pb.AddNoteResponse:
        """Adds a note; repeated under the same idempotency key, the first answer."""
        key = key_of_call("AddNote", request, context.invocation_metadata())
        return await self._parts.idempotency.once(key, pb.AddNoteResponse, lambda tx: self._add_note(tx, request))

    async def _add_note(self, tx: Writing, request: pb.AddNoteRequest) -> pb.AddNoteResponse:
        lead_id = parse_id(request.lead_id, "id")
        note = await timeline.add_note(tx, lead_id, request.content, caller_id(), self._parts.by_caller())
        return pb.AddNoteResponse(note=_note(note))

    async def ListHistory(self, request: pb.ListHistoryRequest, _context: Context) -> pb.ListHistoryResponse:
        """A page of history."""
        lead_id, name, span = asked_of_lead(request, "history")
        async with self._parts.database.reading() as connection:
            page = await timeline.list_history(connection, lead_id, span, self._parts.by_caller())
        shown = [_entry(each) for each in page.records]
        return pb.ListHistoryResponse(entries=shown, total=page.total, next_cursor=cursor_after(page, name))

    async def ListStageAssignments(
        self, request: pb.ListStageAssignmentsRequest, _context: Context
    ) -> pb.ListStageAssignmentsResponse:
        """A page of who held the lead at which stage."""
        lead_id, name, span = asked_of_lead(request, "stage assignments")
        async with self._parts.database.reading() as connection:
            page = await timeline.list_stage_assignments(connection, lead_id, span, self._parts.by_caller())
        shown = [_stage_assignment(each) for each in page.records]
        return pb.ListStageAssignmentsResponse(
            assignments=shown, total=page.total, next_cursor=cursor_after(page, name)
        )


def _activity(activity: Activity) -> pb.Activity:
    return pb.Activity(
        id=str(activity.id),
        lead_id=str(activity.lead_id),
        type=activity.type,
        title=activity.title,
        description=activity.description,
        metadata=jsontext.dumps(dict(activity.metadata)),
        performed_by=str(activity.performed_by) if activity.performed_by else None,
        direction=activity.direction,
        occurred_at=to_timestamp(activity.occurred_at),
        created_at=to_timestamp(activity.created_at),
    )


def _note(note: Note) -> pb.Note:
    return pb.Note(
        id=str(note.id),
        lead_id=str(note.lead_id),
        content=note.content,
        created_by=str(note.created_by),
        created_at=to_timestamp(note.created_at),
    )


def _entry(entry: HistoryEntry) -> pb.HistoryEntry:
    return pb.HistoryEntry(
        id=str(entry.id),
        lead_id=str(entry.lead_id),
        field=entry.field,
        old_value=jsontext.dumps(entry.old_value),
        new_value=jsontext.dumps(entry.new_value),
        old_label=entry.old_label,
        new_label=entry.new_label,
        changed_by=str(entry.changed_by) if entry.changed_by else None,
        changed_at=to_timestamp(entry.changed_at),
        change_id=str(entry.change_id),
        origin=entry.origin,
    )


def _stage_assignment(assignment: StageAssignment) -> pb.StageAssignment:
    return pb.StageAssignment(
        id=str(assignment.id),
        lead_id=str(assignment.lead_id),
        stage_id=str(assignment.stage_id),
        stage_name=assignment.stage_name,
        assigned_to=str(assignment.assigned_to) if assignment.assigned_to else None,
        started_at=to_timestamp(assignment.started_at),
        ended_at=to_timestamp(assignment.ended_at),
    )
