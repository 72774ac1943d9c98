"""Activities, notes, history and stage assignments as JSON."""

from typing import Any

from leadline.leads.v1 import timeline_service_pb2

from gateway.answers.json import given, instant, instant_given, raw


def activity(one: timeline_service_pb2.Activity) -> dict[str, Any]:
    """An activity."""
    return {
        "id": one.id,
        "leadId": one.lead_id,
        "type": one.type,
        "title": one.title,
        "description": given(one, "description"),
        "metadata": raw(one.metadata, "{}"),
        "performedBy": given(one, "performed_by"),
        "direction": given(one, "direction"),
        "occurredAt": instant(one.occurred_at),
        "createdAt": instant(one.created_at),
    }


def note(one: timeline_service_pb2.Note) -> dict[str, Any]:
    """A note."""
    return {
        "id": one.id,
        "leadId": one.lead_id,
        "content": one.content,
        "createdBy": one.created_by,
        "createdAt": instant(one.created_at),
    }


def history_entry(one: timeline_service_pb2.HistoryEntry) -> dict[str, Any]:
    """A changed field."""
    return {
        "id": one.id,
        "leadId": one.lead_id,
        "field": one.field,
        "oldValue": raw(one.old_value, "null"),
        "newValue": raw(one.new_value, "null"),
        "oldLabel": given(one, "old_label"),
        "newLabel": given(one, "new_label"),
        "changedBy": given(one, "changed_by"),
        "changedAt": instant(one.changed_at),
        "changeId": one.change_id,
        "origin": one.origin,
    }


def stage_assignment(one: timeline_service_pb2.StageAssignment) -> dict[str, Any]:
    """Who held a lead at a stage, from when to when."""
    return {
        "id": one.id,
        "leadId": one.lead_id,
        "stageId": one.stage_id,
        "stageName": one.stage_name,
        "assignedTo": given(one, "assigned_to"),
        "startedAt": instant(one.started_at),
        "endedAt": instant_given(one, "ended_at"),
    }
