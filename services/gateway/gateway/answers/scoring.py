"""Scoring rules and rescoring as JSON."""

from typing import Any

from leadline.leads.v1 import scoring_service_pb2
from leadline.settings.v1 import lists_pb2

from gateway.answers.json import instant, instant_given, raw

_STATES: dict[int, str] = {
    scoring_service_pb2.RESCORE_STATE_NONE: "none",
    scoring_service_pb2.RESCORE_STATE_REQUESTED: "requested",
    scoring_service_pb2.RESCORE_STATE_RUNNING: "running",
    scoring_service_pb2.RESCORE_STATE_COMPLETED: "completed",
}


def rule(one: lists_pb2.ScoringRule) -> dict[str, Any]:
    """Points for the leads that a condition matches."""
    return {
        "id": one.id,
        "name": one.name,
        "category": one.category or None,
        "field": one.field,
        "operator": one.operator,
        "value": raw(one.value, "null"),
        "points": one.points,
        "isActive": one.is_active,
        "position": one.position,
        "version": one.version,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
    }


def rescore(one: scoring_service_pb2.Rescore) -> dict[str, Any]:
    """How far scoring all open leads anew is."""
    return {
        "state": _STATES[one.state],
        "processed": one.processed,
        "total": one.total,
        "changed": one.changed,
        "requestedAt": instant_given(one, "requested_at"),
        "startedAt": instant_given(one, "started_at"),
        "endedAt": instant_given(one, "ended_at"),
    }
