"""A lead and what is written along with it: history and activities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from leads_service.domain.sla import Sla


class LeadStatus(StrEnum):
    """Where a lead stands."""

    OPEN = "open"
    CONVERTED = "converted"
    DISQUALIFIED = "disqualified"


class Origin(StrEnum):
    """How a change came: one lead's alone, with those of others, from a file, or where no person made it."""

    SINGLE = "single"
    BULK = "bulk"
    IMPORT = "import"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True)
class ScorePart:
    """The points that one rule gave."""

    rule_id: UUID
    name: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A person or company that may buy. Instants are UTC, ``estimated_value`` is in the configured currency."""

    id: UUID
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_e164: str | None = None
    company: str | None = None
    title: str | None = None
    source: str | None = None
    priority: str
    pipeline_id: UUID
    stage_id: UUID
    estimated_value: Decimal | None = None
    description: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    stage_field_values: Mapping[str, Any] = field(default_factory=dict)
    assigned_to: UUID | None = None
    status: LeadStatus = LeadStatus.OPEN
    score: int = 0
    score_breakdown: tuple[ScorePart, ...] = ()
    qualified: bool = False
    version: int = 1
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    # The conversion that is running; the lead is locked while it does.
    conversion_id: UUID | None = None
    converted_at: datetime | None = None
    contact_id: UUID | None = None
    account_id: UUID | None = None
    opportunity_id: UUID | None = None
    disqualified_at: datetime | None = None
    disqualification_reason: str | None = None
    disqualification_notes: str | None = None
    # Where a closed lead was before; nothing of an open one.
    closed_from_stage_id: UUID | None = None
    # When it was last opened again.
    reopened_at: datetime | None = None
    sla: Sla | None = None
    first_response_at: datetime | None = None
    clock_version: int = 0
    clock_closed_by: str = ""
    # The configuration's scoring revision under which the lead was last written.
    score_revision: int = 0

    @property
    def name(self) -> str:
        """What people call it: full name, else company, else e-mail, else phone."""
        full = " ".join(part for part in (self.first_name, self.last_name) if part)
        return full or self.company or self.email or self.phone or ""

    @property
    def waits_since(self) -> datetime:
        """Since when somebody is to answer it: from its creation, or from when it was opened again."""
        return self.reopened_at or self.created_at

    @property
    def email_domain(self) -> str | None:
        """The part of the e-mail address behind the @, in lower case."""
        return self.email.rpartition("@")[2].lower() if self.email else None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person, or Leadline itself (a clock, a workflow) without a user."""

    user_id: UUID | None
    # An administrator sees and changes what stages hide from others.
    is_admin: bool = False

    @property
    def is_person(self) -> bool:
        """Whether it is a person."""
        return self.user_id is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What happened, and when. ``performed_by`` is nobody where Leadline itself did it."""

    id: UUID
    lead_id: UUID
    type: str
    title: str
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    performed_by: UUID | None = None
    direction: str | None = None
    occurred_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote about a lead."""

    id: UUID
    lead_id: UUID
    content: str
    created_by: UUID
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """The change of one field, with the labels as they were then. Values are JSON values."""

    id: UUID
    lead_id: UUID
    field: str
    old_value: Any
    new_value: Any
    old_label: str | None = None
    new_label: str | None = None
    changed_by: UUID | None
    changed_at: datetime
    change_id: UUID
    origin: Origin = Origin.SINGLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What people should hear of, in English. ``number``, by which it is read, comes when others can see it."""

    id: UUID
    number: int | None = None
    # Of the activity that was written with it, as is its metadata.
    type: str
    lead_id: UUID
    lead_name: str
    recipient_ids: tuple[UUID, ...]
    title: str
    metadata: Mapping[str, Any]
    occurred_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A lead after something happened to it, and all that is written in the same transaction."""

    lead: Lead
    history: tuple[HistoryEntry, ...] = ()
    activities: tuple[Activity, ...] = ()
    changed: bool = True
    clock_changed: bool = False
    notifications: tuple[Notification, ...] = ()


# The fields that people know, by their REST names.
FIELDS: dict[str, str] = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "company": "company",
    "title": "title",
    "source": "source",
    "priority": "priority",
    "pipelineId": "pipeline_id",
    "stageId": "stage_id",
    "estimatedValue": "estimated_value",
    "description": "description",
    "customFields": "custom_fields",
    "stageFieldValues": "stage_field_values",
    "assignedTo": "assigned_to",
    "status": "status",
    "score": "score",
    "qualified": "qualified",
    "createdBy": "created_by",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
# Those that are JSON objects.
OBJECTS = {"customFields": "custom_fields", "stageFieldValues": "stage_field_values"}
REST_NAMES = {attribute: name for name, attribute in FIELDS.items()}
_CUSTOM = "customFields."


def value_of(lead: Lead, name: str) -> Any:
    """The value of a field by its REST name, or of ``customFields.<key>``; nothing for an unknown one."""
    return _reader(name)(lead)


# Names come from settings: few, and the same ones for every lead.
@lru_cache(maxsize=1024)
def _reader(name: str) -> Callable[[Lead], Any]:
    if name.startswith(_CUSTOM):
        key = name.removeprefix(_CUSTOM)
        return lambda lead: lead.custom_fields.get(key)
    attribute = FIELDS.get(name)
    return attrgetter(attribute) if attribute else lambda _lead: None
