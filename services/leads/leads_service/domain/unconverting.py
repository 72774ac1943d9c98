"""Undoing a conversion because somebody asks for it: within some hours, and the lead as it was (spec: conversion)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from kit.errors import refused
from leads_service.domain.lead import Change, Lead, LeadStatus
from leads_service.domain.placing import place_again
from leads_service.domain.settling import Situation, settle
from leads_service.domain.standing import Deed, converted_to, require


def reserve(lead: Lead, conversion_id: UUID, converted_at: datetime, situation: Situation) -> Change:
    """The lead, locked while its conversion is being undone.

    Raises:
        LeadlineError: LEAD_NOT_FOUND, LEAD_CONVERTING, LEAD_NOT_CONVERTED, UNDO_TIME_OVER.
    """
    require(lead, Deed.UNCONVERT)
    hours = situation.configuration.settings.conversion_undo_hours
    if situation.now >= converted_at + timedelta(hours=hours):
        message = f"A conversion is undone within {hours} hours; this one is longer ago."
        raise refused("UNDO_TIME_OVER", message, metadata={"undoHours": str(hours)})
    started = situation.activity(
        lead, "unconversion_started", "Undoing the conversion", metadata={"conversionId": str(conversion_id)}
    )
    return settle(lead, replace(lead, conversion_id=conversion_id), [started], situation)


def complete(lead: Lead, started_at: datetime, answered_at: datetime | None, situation: Situation) -> Change:
    """The lead, open again at the stage and with the clock that it had.

    A response that only the conversion gave, at ``started_at``, is taken back; ``answered_at`` is when a person first
    answered after that. The promise stays as it was: what passed meanwhile is recorded with its true time. Nothing is
    refused any more.
    """
    after = replace(
        lead,
        status=LeadStatus.OPEN,
        stage_id=place_again(lead, situation.configuration),
        closed_from_stage_id=None,
        conversion_id=None,
        converted_at=None,
        account_id=None,
        contact_id=None,
        opportunity_id=None,
        first_response_at=answered_at if lead.first_response_at == started_at else lead.first_response_at,
    )
    undone = situation.activity(after, "lead_unconverted", "The conversion was undone", metadata=converted_to(lead))
    return settle(lead, after, [undone], situation)


def fail(lead: Lead, reason: str, message: str, situation: Situation) -> Change:
    """The lead, still converted, and free again. ``reason`` is an ErrorReason without its prefix."""
    failed = situation.activity(
        lead,
        "unconversion_failed",
        "The conversion could not be undone",
        description=message or None,
        metadata={"reason": reason},
    )
    return settle(lead, replace(lead, conversion_id=None), [failed], situation)
