"""Deletions of what records may use, as JSON."""

from typing import Any

from leadline.settings.v1 import retirement_pb2 as pb

from gateway.answers.json import given, instant, instant_given
from gateway.answers.settings import MODULES

_KINDS: dict[int, str] = {
    pb.RETIREMENT_KIND_PIPELINE: "pipeline",
    pb.RETIREMENT_KIND_STAGE: "stage",
    pb.RETIREMENT_KIND_PRIORITY: "priority",
    pb.RETIREMENT_KIND_SOURCE: "source",
    pb.RETIREMENT_KIND_DISQUALIFICATION_REASON: "disqualification_reason",
    pb.RETIREMENT_KIND_TEAM_ROLE: "team_role",
}
_STATES: dict[int, str] = {
    pb.RETIREMENT_STATE_RUNNING: "running",
    pb.RETIREMENT_STATE_COMPLETED: "completed",
    pb.RETIREMENT_STATE_FAILED: "failed",
}


def retirement(one: pb.Retirement) -> dict[str, Any]:
    """A deletion as it stands."""
    reason = given(one, "failure_reason")
    return {
        "id": one.id,
        "kind": _KINDS[one.kind],
        "entryId": one.entry_id,
        "name": one.name,
        "module": MODULES.get(one.module),
        "targetId": given(one, "target_id"),
        "targetName": given(one, "target_name"),
        "state": _STATES[one.state],
        "total": one.total,
        "moved": one.moved,
        "failureReason": reason.lower() if reason else None,
        "failureMessage": given(one, "failure_message"),
        "requestedBy": one.requested_by,
        "startedAt": instant(one.started_at),
        "endedAt": instant_given(one, "ended_at"),
    }
