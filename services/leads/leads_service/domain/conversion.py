"""Converting a lead: what it needs, what is planned, and what becomes of the lead (spec: conversion)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, invalid, refused
from kit.ids import new_id
from leads_service.domain import stage_gate
from leads_service.domain.configuration import OPPORTUNITIES, Configuration, Retiring
from leads_service.domain.drafts import Draft
from leads_service.domain.faults import Faults
from leads_service.domain.field_mapping import mapped, misfits
from leads_service.domain.fields import MOST_MONEY, clean_fields, violation
from leads_service.domain.first_response import CLOSING, answered
from leads_service.domain.free_mail import company_domain
from leads_service.domain.lead import Change, Lead, LeadStatus, value_of
from leads_service.domain.life_cycle import require_identity
from leads_service.domain.placing import default_stage, first_stage
from leads_service.domain.product_lines import ProductLine
from leads_service.domain.retiring import require_nothing_retiring_entered, require_open
from leads_service.domain.settling import Situation, settle
from leads_service.domain.standing import Deed, converted_to, require
from leads_service.domain.texts import one_line
from leads_service.domain.visibility import check_write, hidden_from, with_kept

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


def readiness(lead: Lead, configuration: Configuration, hidden: frozenset[str] = frozenset()) -> Readiness:
    """What settings and the pipeline's won stage ask of a lead before it is converted, and what it lacks.

    ``hidden`` are the fields whose values are not told.
    """
    required = configuration.settings.conversion_required_fields
    missing = (*_missing_fields(lead, configuration), *_missing_at_won_stage(lead, configuration))
    state = []
    if lead.status is not LeadStatus.OPEN:
        state.append(f"The lead is {lead.status}.")
    if lead.conversion_id is not None:
        state.append("A conversion of this lead is running, or being undone.")
    unfit = [f"{name} does not fit where it is to go." for name in misfits(lead, configuration)]
    return Readiness(required, missing, (*state, *_lacks(lead, missing, configuration, hidden), *unfit))


def _missing_fields(lead: Lead, configuration: Configuration) -> tuple[str, ...]:
    required = configuration.settings.conversion_required_fields
    return tuple(name for name in required if value_of(lead, name) in (None, "", {}, []))


def _missing_at_won_stage(lead: Lead, configuration: Configuration) -> tuple[str, ...]:
    won = configuration.won_stage(lead.pipeline_id)
    if won is None or won.id == lead.stage_id:
        return ()
    return tuple(stage_gate.value_path(field.name) for field in stage_gate.missing_fields(lead, won, configuration))


def _lacks(lead: Lead, missing: Sequence[str], configuration: Configuration, hidden: frozenset[str]) -> list[str]:
    reasons = [f"Fill in {', '.join(missing)}."] if missing else []
    if configuration.settings.conversion_requires_qualified and not lead.qualified:
        found = "The lead is not qualified" if "score" in hidden else f"The score is {lead.score}"
        reasons.append(f"{found}; a lead qualifies from {configuration.threshold}.")
    return reasons


def prepared(lead: Lead, stage_values: Mapping[str, Any], situation: Situation) -> Lead:
    """The lead with the values that came for its pipeline's won stage, ready to be reserved.

    Raises:
        LeadlineError: FIELD_NOT_EDITABLE, LEAD_ALREADY_CONVERTED with the ids, LEAD_CONVERTING, LEAD_CLOSED,
            VALIDATION_FAILED, RETIRING, CONVERSION_NOT_ALLOWED, STAGE_FIELDS_MISSING.
    """
    configuration = situation.configuration
    given = {"stage_field_values": stage_values}
    check_write(given, lead, lead.stage_id, situation)
    require(lead, Deed.CONVERT)
    values = clean_fields(with_kept(given, lead, situation), configuration)["stage_field_values"]
    won = configuration.won_stage(lead.pipeline_id)
    ready = stage_gate.with_values(lead, won.id if won else lead.stage_id, values, configuration)
    require_identity(ready)
    require_nothing_retiring_entered(lead, ready, configuration)
    _require_allowed(ready, configuration, hidden_from(situation.actor, lead.stage_id, configuration))
    if won is not None and won.id != lead.stage_id:
        stage_gate.require_nothing_missing(stage_gate.missing_fields(ready, won, configuration), won)
    return ready


def _require_allowed(lead: Lead, configuration: Configuration, hidden: frozenset[str]) -> None:
    """Refuse a lead that lacks what the settings ask for; what the won stage asks for has a refusal of its own."""
    missing = _missing_fields(lead, configuration)
    lacks = _lacks(lead, missing, configuration, hidden)
    if lacks:
        violations = [FieldViolation(name, "REQUIRED", "Needed for a conversion.") for name in missing]
        raise refused("CONVERSION_NOT_ALLOWED", " ".join(lacks), violations=violations)


def check_request(request: ConversionRequest, configuration: Configuration) -> tuple[UUID, UUID]:
    """The opportunity's pipeline and stage; the first stage of the default pipeline where none is given.

    Raises:
        LeadlineError: VALIDATION_FAILED naming each field at fault; RETIRING.
    """
    faults = Faults()
    faults.note(lambda: _require_something(request))
    faults.note(lambda: one_line("opportunityName", request.opportunity_name or "", _LONGEST_NAME))
    return faults.finish(lambda: _opportunity_place(request, configuration))


def _require_something(request: ConversionRequest) -> None:
    wanted = (
        request.create_account or request.account_id,
        request.create_contact or request.contact_id,
        request.create_opportunity or request.opportunity_id,
    )
    if not any(wanted):
        message = "Create or link at least one of account, contact and opportunity."
        names = ("createAccount", "createContact", "createOpportunity")
        raise invalid(*(FieldViolation(name, "REQUIRED", message) for name in names))


def _opportunity_place(request: ConversionRequest, configuration: Configuration) -> tuple[UUID, UUID]:
    stage = None
    if request.opportunity_stage_id is not None:
        stage = configuration.stage(request.opportunity_stage_id)
        if stage is None:
            raise violation("opportunityStageId", "NOT_CONFIGURED", "There is no stage of this id.")
    elif request.opportunity_pipeline_id is None:
        stage = default_stage(OPPORTUNITIES, configuration, "opportunityPipelineId")
    pipeline_id = request.opportunity_pipeline_id or (stage.pipeline_id if stage else None)
    pipeline = configuration.pipeline(pipeline_id) if pipeline_id else None
    if pipeline is None or pipeline.module != OPPORTUNITIES:
        field = "opportunityPipelineId" if request.opportunity_pipeline_id else "opportunityStageId"
        raise violation(field, "NOT_CONFIGURED", "Must be of a pipeline for opportunities.")
    if stage is None:
        stage = first_stage(pipeline, configuration, "opportunityPipelineId")
    if stage.pipeline_id != pipeline.id:
        raise violation("opportunityStageId", "OF_ANOTHER_PIPELINE", f"This stage does not belong to {pipeline.name}.")
    require_open(Retiring.STAGE, stage.id, configuration)
    return pipeline.id, stage.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around a lead and goes along with it."""

    lines: Sequence[ProductLine] = ()
    has_notes: bool = False
    has_documents: bool = False
    has_team: bool = False


def plan(  # noqa: PLR0917 - all that a conversion is made of
    lead: Lead,
    around: Surroundings,
    request: ConversionRequest,
    place: tuple[UUID, UUID],
    owner_id: UUID,
    configuration: Configuration,
) -> dict[str, Any]:
    """What the conversion will make or link, as a JSON object. The ids of what it makes are fixed here.

    Raises:
        LeadlineError: CONVERSION_NOT_ALLOWED naming the fields whose values do not fit where they are to go.
    """
    made: dict[str, Any] = {
        "ownerId": str(owner_id),
        "hasNotes": around.has_notes,
        "hasDocuments": around.has_documents,
        "hasTeam": around.has_team,
    }
    if request.create_account or request.account_id:
        made["account"] = {**_target(request.account_id), **_account(lead)}
    if request.create_contact or request.contact_id:
        made["contact"] = {**_target(request.contact_id), **_contact(lead)}
    if request.create_opportunity or request.opportunity_id:
        made["opportunity"] = {
            **_target(request.opportunity_id),
            "name": _short((request.opportunity_name or "").strip() or lead.company or lead.name),
            "pipelineId": str(place[0]),
            "stageId": str(place[1]),
            "value": _value(lead, around.lines),
            "currency": configuration.settings.currency,
            "description": lead.description,
            "lines": [_line(each) for each in around.lines],
        }
    return mapped(lead, made, configuration)


def _value(lead: Lead, lines: Sequence[ProductLine]) -> str | None:
    """What the lines come to, else what was estimated."""
    if lines:
        return str(_worth(lines))
    return None if lead.estimated_value is None else str(lead.estimated_value)


def _worth(lines: Sequence[ProductLine]) -> Decimal:
    worth = sum((line.total for line in lines), Decimal(0))
    if worth > MOST_MONEY:
        message = f"The products come to {worth}; an opportunity is worth at most {MOST_MONEY}."
        raise refused("CONVERSION_NOT_ALLOWED", message, violations=[FieldViolation("products", "TOO_MUCH", message)])
    return worth


def _line(line: ProductLine) -> dict[str, str]:
    return {
        "id": str(line.id),
        "productId": str(line.product_id),
        "productName": line.product_name,
        "quantity": str(line.quantity),
        "unitPrice": str(line.unit_price),
        "discount": str(line.discount),
    }


def _target(link_id: UUID | None) -> dict[str, str | None]:
    return {"linkId": str(link_id) if link_id else None, "newId": str(new_id())}


def _account(lead: Lead) -> dict[str, str | bool | None]:
    """Named by the company, else the person's full name, else the address or number that is known."""
    return {
        "name": _short(lead.company or lead.name),
        "emailDomain": company_domain(lead.email_domain),
        # Without a company it is the person's own number.
        "phone": lead.phone if lead.company else None,
        "isPerson": not lead.company,
        "personEmail": None if lead.company else lead.email,
    }


def _contact(lead: Lead) -> dict[str, str | None]:
    """The person; where nothing is known of one, the company's name stands in, so that no contact is nameless."""
    nobody = not any((lead.first_name, lead.last_name, lead.email, lead.phone))
    return {
        "firstName": lead.first_name,
        "lastName": lead.company if nobody else lead.last_name,
        "email": lead.email,
        "phone": lead.phone,
        "phoneE164": lead.phone_e164,
        "title": lead.title,
    }


def _short(name: str) -> str:
    return name[:_LONGEST_NAME].strip()


def reserve(lead: Lead, ready: Lead, conversion_id: UUID, situation: Situation) -> Change:
    """The lead, locked for a conversion; ``ready`` is it with the values that came along."""
    started = situation.activity(
        lead, "conversion_started", "Conversion started", metadata={"conversionId": str(conversion_id)}
    )
    return Draft(lead, replace(ready, conversion_id=conversion_id), (started,), situation).settled()


def complete(
    lead: Lead,
    ids: Mapping[str, UUID | None],
    started_by: UUID,
    situation: Situation,
    *,
    started_at: datetime | None = None,
) -> Change:
    """The lead, converted: in its pipeline's won stage where it can enter one, with its first response given.

    Nothing is refused any more. Where a won stage asks by now for what the lead has not, it stays out of that one.
    ``ids`` holds ``account_id``, ``contact_id`` and ``opportunity_id``, None for what the conversion has not. The
    response was given when a person asked for the conversion, at ``started_at``, however long the rest took.
    """
    after = replace(
        lead,
        status=LeadStatus.CONVERTED,
        stage_id=_won_stage_id(lead, situation.configuration),
        closed_from_stage_id=lead.stage_id,
        conversion_id=None,
        converted_at=situation.now,
        account_id=ids["account_id"],
        contact_id=ids["contact_id"],
        opportunity_id=ids["opportunity_id"],
    )
    by_person = replace(situation, actor=replace(situation.actor, user_id=started_by))
    after, responses = answered(after, CLOSING, started_at or situation.now, by_person)
    converted = by_person.activity(after, "lead_converted", "Converted", metadata=converted_to(after))
    return settle(lead, after, [converted, *responses], by_person)


def _won_stage_id(lead: Lead, configuration: Configuration) -> UUID:
    for stage in configuration.enterable_stages(lead.pipeline_id):
        if stage.is_won and not stage_gate.missing_fields(lead, stage, configuration):
            return stage.id
    return lead.stage_id


def fail(lead: Lead, reason: str, message: str, situation: Situation) -> Change:
    """The lead, free again after a conversion that was undone. ``reason`` is an ErrorReason without its prefix."""
    failed = situation.activity(
        lead,
        "conversion_failed",
        "The conversion failed and was undone",
        description=message or None,
        metadata={"reason": reason},
    )
    return settle(lead, replace(lead, conversion_id=None), [failed], situation)
