"""The SLA of a lead, and of all of them."""

from typing import Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant, JsonObject, Money


class Escalation(Answer):
    """A step after a missed deadline."""

    after_minutes: Money
    at: Instant
    assign_to: Id | None
    escalated_at: Instant | None


class LeadSla(Answer):
    """The promise of a first response, as it is at the moment of the call."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "leadId": "018f4e6e-7f5a-7c3e-9d3b-2f1c5e8a9b10",
                    "slaPolicy": "Standard Response",
                    "responseDeadline": "2025-01-20T14:00:00Z",
                    "status": "at_risk",
                    "timeRemaining": "1h 30m",
                    "firstResponseAt": None,
                    "remainingSeconds": 5400,
                    "atRiskAt": "2025-01-20T12:24:00Z",
                    "breachedAt": None,
                    "escalations": [],
                }
            ]
        }
    )

    lead_id: Id
    sla_policy: str | None
    response_deadline: Instant | None
    status: Literal["no_sla", "on_track", "at_risk", "breached", "met", "met_late", "paused"]
    time_remaining: str | None
    first_response_at: Instant | None
    remaining_seconds: int | None
    at_risk_at: Instant | None
    breached_at: Instant | None
    escalations: list[Escalation]


class BreachCheck(Answer):
    """What clocks should have recorded and did not, and what was done about it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"checked": 2, "atRisk": 2, "breached": 1, "escalated": 0, "repaired": 2}]}
    )

    checked: int = Field(description="Leads on whose clock something was due and not recorded.")
    at_risk: int = Field(description="This and the next two: what was recorded of each kind.")
    breached: int
    escalated: int
    repaired: int = Field(description="Clocks that were ordered anew.")


class SlaSummary(Answer):
    """Every lead with an SLA that is not deleted, counted once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"total": 150, "withinSla": 130, "atRisk": 12, "breached": 8, "complianceRate": 86.7}]
        }
    )

    total: int
    within_sla: int
    at_risk: int
    breached: int
    compliance_rate: Money


class SlaTrial(Body):
    """A lead as far as its SLA policy is chosen by it, and perhaps other settings than those in force."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"createdAt": "2025-01-20T10:00:00Z", "priority": "high", "until": "2025-01-20T12:30:00Z"},
                {"createdAt": "2025-01-20T10:00:00Z", "sla": {"atRiskAfterPercent": 75}},
            ]
        }
    )

    created_at: Instant = Field(description="From the year 2000 up to the end of 2100.")
    priority: str | None = Field(None, description="The default priority where it is not given.")
    source: str | None = None
    pipeline_id: Id | None = Field(None, description="The default lead pipeline where it is not given.")
    until: Instant | None = Field(
        None,
        description="Until when business time is counted, at most ten years; now where it is not given.",
    )
    sla: JsonObject | None = Field(
        None,
        description="Changes to the section `sla` of the settings, merged into it as PUT does. They are not stored.",
    )


class SlaPreview(Answer):
    """What would be promised. Without a policy for such a lead all is null, and 0."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "policy": "Standard Response",
                    "atRiskAt": "2025-01-20T12:24:00Z",
                    "responseDeadline": "2025-01-20T14:00:00Z",
                    "elapsedBusinessSeconds": 9000,
                }
            ]
        }
    )

    policy: str | None
    at_risk_at: Instant | None
    response_deadline: Instant | None
    elapsed_business_seconds: int = Field(
        description="Whole seconds of the policy's business time from creation until `until`."
    )
