"""Who is told of what came due on a lead's clock, and in which words (spec: SLA)."""

from kit.ids import new_id
from leads_service.domain.lead import Activity, Lead, Notification

_TITLES = {
    "sla_at_risk": "The first response to {name} is at risk",
    "sla_breached": "The first response to {name} is overdue",
    "sla_escalated": "Escalated: still no first response to {name}",
}


def notification_of(activity: Activity, before: Lead, after: Lead) -> Notification:
    """What goes out with a milestone's activity: to the lead's owner, and to who had it before if that changed."""
    owners = dict.fromkeys((after.assigned_to, before.assigned_to))
    return Notification(
        id=new_id(),
        type=activity.type,
        lead_id=after.id,
        lead_name=after.name,
        recipient_ids=tuple(owner for owner in owners if owner is not None),
        title=_TITLES[activity.type].format(name=after.name),
        metadata=activity.metadata,
        occurred_at=activity.occurred_at,
        created_at=activity.created_at,
    )
