"""What lists show of a lead."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from leads_service.domain.lead import LeadStatus


class ShownLead(NamedTuple):
    """A lead without what lists leave out; made of a row in a fraction of the time that a whole lead takes."""

    status: LeadStatus
    id: UUID
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    company: str | None
    title: str | None
    source: str | None
    priority: str
    pipeline_id: UUID
    stage_id: UUID
    estimated_value: Decimal | None
    description: str | None
    custom_fields: Mapping[str, Any]
    stage_field_values: Mapping[str, Any]
    assigned_to: UUID | None
    score: int
    qualified: bool
    version: int
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    converted_at: datetime | None
    contact_id: UUID | None
    account_id: UUID | None
    opportunity_id: UUID | None
    disqualified_at: datetime | None
    disqualification_reason: str | None
    disqualification_notes: str | None
