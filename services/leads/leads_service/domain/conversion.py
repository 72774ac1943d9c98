"""Converting a lead: what it needs, what is planned, and what becomes of the lead (spec: conversion)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, invalid, refused
from kit.ids import new_id
from leads_service.domain.configuration import OPPORTUNITIES, Configuration
from leads_service.domain.fields import violation
from leads_service.domain.free_mail import company_domain
from leads_service.domain.lead import Change, Lead, LeadStatus, value_of
from leads_service.domain.life_cycle import answered, require_not_converting
from leads_service.domain.settling import Situation, settle

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionRequest:
    """What the caller wants. An id wins over creating; the opportunity's pipeline and stage have defaults."""

    create_account: bool = True
    create_contact: bool = True
    create_opportunity: bool = True
    account_id: UUID | None = None
    contact_id: UUID | None = None
    opportunity_id: UUID | None = None
    opportunity_name: str | None = None
    opportunity_pipeline_id: UUID | None = None
    opportunity_stage_id: UUID | None = None
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a lead can be converted, and what keeps it from that."""

    required_fields: tuple[str, ...]
    missing_fields: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def can_convert(self) -> bool:
        """Whether nothing keeps it."""
        return not self.reasons


def readiness(lead: Lead, configuration: Configuration) -> Readiness:
    """What the settings ask of a lead before it is converted, and what it lacks."""
    settings = configuration.settings
    missing = tuple(name for name in settings.conversion_required_fields if value_of(lead, name) in (None, "", {}, []))
    reasons = []
    if lead.status is not LeadStatus.OPEN:
        reasons.append(f"The lead is {lead.status}.")
    if lead.conversion_id is not None:
        reasons.append("A conversion of this lead is running.")
    if missing:
        reasons.append(f"Fill in {', '.join(missing)}.")
    if settings.conversion_requires_qualified and not lead.qualified:
        reasons.append(f"The score is {lead.score}; a lead qualifies from {configuration.threshold}.")
    return Readiness(settings.conversion_required_fields, missing, tuple(reasons))


def require_convertible(lead: Lead, configuration: Configuration) -> None:
    """Refuse a lead that cannot be converted now.

    Raises:
        LeadlineError: LEAD_ALREADY_CONVERTED with the ids, LEAD_CONVERTING, LEAD_CLOSED, CONVERSION_NOT_ALLOWED.
    """
    if lead.status is LeadStatus.CONVERTED:
        ids = {"accountId": lead.account_id, "contactId": lead.contact_id, "opportunityId": lead.opportunity_id}
        raise refused(
            "LEAD_ALREADY_CONVERTED",
            "The lead has been converted already.",
            metadata={name: str(value) for name, value in ids.items() if value},
        )
    require_not_converting(lead)
    if lead.status is not LeadStatus.OPEN:
        raise refused(
            "LEAD_CLOSED", f"The lead is {lead.status}. Reopen it first.", metadata={"status": str(lead.status)}
        )
    ready = readiness(lead, configuration)
    if not ready.can_convert:
        missing = [FieldViolation(name, "REQUIRED", "Needed for a conversion.") for name in ready.missing_fields]
        raise refused("CONVERSION_NOT_ALLOWED", " ".join(ready.reasons), violations=missing)


def check_request(request: ConversionRequest, configuration: Configuration) -> tuple[UUID, UUID]:
    """The opportunity's pipeline and stage; the first stage of the default pipeline where none is given.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    wanted = (
        request.create_account or request.account_id,
        request.create_contact or request.contact_id,
        request.create_opportunity or request.opportunity_id,
    )
    if not any(wanted):
        message = "Create or link at least one of account, contact and opportunity."
        names = ("createAccount", "createContact", "createOpportunity")
        raise invalid(*(FieldViolation(name, "REQUIRED", message) for name in names))
    if request.opportunity_name and len(request.opportunity_name) > _LONGEST_NAME:
        raise violation("opportunityName", "TOO_LONG", f"Must have at most {_LONGEST_NAME} characters.")
    return _opportunity_place(request, configuration)


def _opportunity_place(request: ConversionRequest, configuration: Configuration) -> tuple[UUID, UUID]:
    stage = None
    if request.opportunity_stage_id is not None:
        stage = configuration.stage(request.opportunity_stage_id)
        if stage is None:
            raise violation("opportunityStageId", "NOT_CONFIGURED", "There is no stage of this id.")
    default = configuration.default_pipeline(OPPORTUNITIES).id
    pipeline_id = request.opportunity_pipeline_id or (stage.pipeline_id if stage else default)
    pipeline = configuration.pipeline(pipeline_id)
    if pipeline is None or pipeline.module != OPPORTUNITIES:
        field = "opportunityPipelineId" if request.opportunity_pipeline_id else "opportunityStageId"
        raise violation(field, "NOT_CONFIGURED", "Must be of a pipeline for opportunities.")
    if stage is None:
        stages = configuration.stages_of(pipeline_id)
        if not stages:
            raise violation("opportunityPipelineId", "WITHOUT_STAGES", "This pipeline has no stages.")
        return pipeline_id, stages[0].id
    if stage.pipeline_id != pipeline_id:
        raise violation("opportunityStageId", "OF_ANOTHER_PIPELINE", f"This stage does not belong to {pipeline.name}.")
    return pipeline_id, stage.id


def plan(
    lead: Lead, request: ConversionRequest, place: tuple[UUID, UUID], owner_id: UUID, configuration: Configuration
) -> dict[str, Any]:
    """What the conversion will make or link, as a JSON object. The ids of what it makes are fixed here."""
    made: dict[str, Any] = {"ownerId": str(owner_id)}
    if request.create_account or request.account_id:
        made["account"] = {
            **_target(request.account_id),
            "name": lead.company or lead.name,
            "emailDomain": company_domain(lead.email_domain) if lead.company else None,
            "phone": lead.phone if lead.company else None,
        }
    if request.create_contact or request.contact_id:
        made["contact"] = {
            **_target(request.contact_id),
            "firstName": lead.first_name,
            "lastName": lead.last_name,
            "email": lead.email,
            "phone": lead.phone,
            "phoneE164": lead.phone_e164,
            "title": lead.title,
        }
    if request.create_opportunity or request.opportunity_id:
        made["opportunity"] = {
            **_target(request.opportunity_id),
            "name": request.opportunity_name or lead.company or lead.name,
            "pipelineId": str(place[0]),
            "stageId": str(place[1]),
            "value": None if lead.estimated_value is None else str(lead.estimated_value),
            "currency": configuration.settings.currency,
            "description": lead.description,
        }
    return made


def _target(link_id: UUID | None) -> Mapping[str, str | None]:
    return {"linkId": str(link_id) if link_id else None, "newId": str(new_id())}


def reserve(lead: Lead, conversion_id: UUID, situation: Situation) -> Change:
    """The lead, locked for a conversion."""
    started = situation.activity(
        lead, "conversion_started", "Conversion started", metadata={"conversionId": str(conversion_id)}
    )
    return settle(lead, replace(lead, conversion_id=conversion_id), [started], situation)


def complete(
    lead: Lead,
    ids: Mapping[str, UUID | None],
    started_by: UUID,
    situation: Situation,
) -> Change:
    """The lead, converted: in its pipeline's won stage where there is one, with its first response given."""
    won = situation.configuration.won_stage(lead.pipeline_id)
    after = replace(
        lead,
        status=LeadStatus.CONVERTED,
        stage_id=won.id if won else lead.stage_id,
        conversion_id=None,
        converted_at=situation.now,
        account_id=ids["account_id"],
        contact_id=ids["contact_id"],
        opportunity_id=ids["opportunity_id"],
    )
    by_person = replace(situation, actor=replace(situation.actor, user_id=started_by))
    after, responses = answered(after, "closing", situation.now, by_person)
    made = {name.replace("_id", "Id"): str(value) for name, value in ids.items() if value}
    converted = by_person.activity(after, "lead_converted", "Converted", metadata=made)
    return settle(lead, after, [converted, *responses], by_person)


def fail(lead: Lead, reason: str, message: str, situation: Situation) -> Change:
    """The lead, free again after a conversion that was undone."""
    failed = situation.activity(
        lead,
        "conversion_failed",
        "The conversion failed and was undone",
        description=message or None,
        metadata={"reason": reason},
    )
    return settle(lead, replace(lead, conversion_id=None), [failed], situation)
