"""What counts as the first response to a lead (spec: SLA)."""

from dataclasses import replace
from datetime import datetime

from leads_service.domain.lead import Activity, Lead
from leads_service.domain.settling import Situation

# Converting or disqualifying; counts whatever the settings say.
CLOSING = "closing"


def answered(lead: Lead, by: str, at: datetime, situation: Situation) -> tuple[Lead, list[Activity]]:
    """The lead with its first response and the activity that says so, if this is it.

    It is one by a person, not before the clock started; ``by`` is ``activity`` (an outbound one), ``note`` or
    ``stage_change`` where the settings count them, or ``CLOSING``. It is never moved later; an earlier one that
    is told of afterwards moves it earlier.
    """
    if not _counts(lead, by, at, situation):
        return lead, []
    moved = lead.first_response_at is not None
    title = "First response turned out to be earlier" if moved else "First response given"
    said = situation.activity(lead, "first_response", title, occurred_at=at, metadata={"by": by})
    return replace(lead, first_response_at=at), [said]


def _counts(lead: Lead, by: str, at: datetime, situation: Situation) -> bool:
    counted = by == CLOSING or by in situation.configuration.settings.first_response_on
    started_at = lead.sla.started_at if lead.sla else lead.waits_since
    earlier = lead.first_response_at is None or at < lead.first_response_at
    return counted and situation.actor.is_person and at >= started_at and earlier
