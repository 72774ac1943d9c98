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
from leads_service.domain.texts import one_line

_LONGEST_SUBJECT = 200
_LONGEST_TEXT = 20_000
# Clocks of callers run a little ahead of ours.
_AHEAD = timedelta(minutes=1)

INBOUND = "inbound"
OUTBOUND = "outbound"
NOTE_ADDED = "note_added"
# The titles of what has no subject.
_TITLES = {
    "call": {INBOUND: "Call received", OUTBOUND: "Call made"},
    "email": {INBOUND: "E-mail received", OUTBOUND: "E-mail sent"},
    "meeting": {INBOUND: "Meeting held", OUTBOUND: "Meeting held"},
    "message": {INBOUND: "Message received", OUTBOUND: "Message sent"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedActivity:
    """What a person did or got. No subject: the type's own title. No ``occurred_at``: now."""

    type: str
    direction: str
    subject: str | None = None
    body: str | None = None
    occurred_at: datetime | None = None


def log_activity(lead: Lead, logged: LoggedActivity, situation: Situation) -> Change:
    """The lead with an activity logged by a person, the first of the change; an outbound one may be its first response.

    A caller's clock may run up to a minute ahead: such an activity happened now.

    Raises:
        LeadlineError: LEAD_CONVERTING, VALIDATION_FAILED naming each field at fault.
    """
    faults = Faults()
    faults.note(lambda: _require_one_of("type", logged.type, tuple(_TITLES)))
    faults.note(lambda: _require_one_of("direction", logged.direction, (INBOUND, OUTBOUND)))
    subject = faults.note(lambda: one_line("subject", logged.subject or "", _LONGEST_SUBJECT))
    body = faults.note(lambda: clean_text("body", logged.body or "", longest=_LONGEST_TEXT, required=False))
    occurred_at = faults.finish(lambda: _occurred_at(logged, situation.now))
    activity = situation.activity(
        lead,
        logged.type,
        subject or _TITLES[logged.type][logged.direction],
        description=body or None,
        direction=logged.direction,
        occurred_at=occurred_at,
    )
    return happened(lead, activity, situation, answers="activity" if logged.direction == OUTBOUND else None)


def add_note(lead: Lead, content: str, created_by: UUID, situation: Situation) -> tuple[Note, Change]:
    """A note of 1 to 20,000 characters, which may be the lead's first response.

    Raises:
        LeadlineError: LEAD_CONVERTING, VALIDATION_FAILED.
    """
    text = clean_text("content", content, longest=_LONGEST_TEXT)
    note = Note(id=new_id(), lead_id=lead.id, content=text, created_by=created_by, created_at=situation.now)
    added = situation.activity(lead, NOTE_ADDED, "Note added", metadata={"noteId": str(note.id)})
    return note, happened(lead, added, situation, answers="note")


def _require_one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise violation(field, "NOT_ALLOWED", f"Use one of {', '.join(allowed)}.")


def _occurred_at(logged: LoggedActivity, now: datetime) -> datetime:
    if logged.occurred_at is None:
        return now
    if logged.occurred_at > now + _AHEAD:
        raise violation("occurredAt", "OUT_OF_RANGE", "Must not be in the future.")
    return min(logged.occurred_at, now)
