"""A lead's team as JSON."""

from typing import Any

from leadline.leads.v1 import team_service_pb2 as pb

from gateway.answers.json import instant


def member(one: pb.TeamMember) -> dict[str, Any]:
    """A user who works on the lead."""
    return {
        "userId": one.user_id,
        "role": one.role,
        "addedBy": one.added_by,
        "addedAt": instant(one.added_at),
        "leadId": one.lead_id,
    }
