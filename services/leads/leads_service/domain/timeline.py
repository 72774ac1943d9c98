"""What people add to a lead: notes, and the calls, e-mails, meetings and messages that they log."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kit.ids import new_id
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_text, violation
from leads_service.domain.lead import Change, Lead, Note
from leads_service.domain.life_cycle import happened
from leads_service.domain.settling import Situation

_LONGEST_SUBJECT = 200
_LONGEST_TEXT = 20_000
# Clocks of callers run a little ahead of ours.
_AHEAD = timedelta(minutes=1)

INBOUND = "inbound"
OUTBOUND = "outbound"
# The titles of what has no subject: inbound, outbound.
_TITLES = {
    "call": ("Call received", "Call made"),
    "email": ("E-mail received", "E-mail sent"),
    "meeting": ("Meeting held", "Meeting held"),
    "message": ("Message received", "Message sent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedActivity:
    """What a person did or got. No subject: the type's own title. No ``occurred_at``: now."""

    type: str
    direction: str
    subject: str = ""
    body: str = ""
    occurred_at: datetime | None = None


def log_activity(lead: Lead, logged: LoggedActivity, situation: Situation) -> Change:
    """The lead with an activity logged by a person, the first one of the change; an outbound one may answer it.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each field at fault.
    """
    faults = Faults()
    faults.note(lambda: _require_known(logged))
    subject = faults.note(lambda: clean_text("subject", logged.subject, longest=_LONGEST_SUBJECT, required=False))
    body = faults.note(lambda: clean_text("body", logged.body, longest=_LONGEST_TEXT, required=False))
    occurred_at = faults.note(lambda: _occurred_at(logged, situation.now))
    faults.refuse()
    activity = situation.activity(
        lead,
        logged.type,
        subject or _TITLES[logged.type][logged.direction == OUTBOUND],
        description=body or None,
        direction=logged.direction,
        occurred_at=occurred_at,
    )
    return happened(lead, activity, situation, answers="activity" if logged.direction == OUTBOUND else None)


def add_note(lead: Lead, content: str, created_by: UUID, situation: Situation) -> tuple[Note, Change]:
    """A note of 1 to 20,000 characters, which may be the lead's first response.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    text = clean_text("content", content, longest=_LONGEST_TEXT)
    note = Note(id=new_id(), lead_id=lead.id, content=text, created_by=created_by, created_at=situation.now)
    added = situation.activity(lead, "note_added", "Note added", metadata={"noteId": str(note.id)})
    return note, happened(lead, added, situation, answers="note")


def _require_known(logged: LoggedActivity) -> None:
    if logged.type not in _TITLES:
        raise violation("type", "NOT_ALLOWED", f"Use one of {', '.join(_TITLES)}.")
    if logged.direction not in {INBOUND, OUTBOUND}:
        raise violation("direction", "NOT_ALLOWED", f"Use one of {INBOUND}, {OUTBOUND}.")


def _occurred_at(logged: LoggedActivity, now: datetime) -> datetime:
    if logged.occurred_at is None:
        return now
    if logged.occurred_at > now + _AHEAD:
        raise violation("occurredAt", "OUT_OF_RANGE", "Must not be in the future.")
    return min(logged.occurred_at, now)
