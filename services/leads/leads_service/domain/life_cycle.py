"""What can happen to a lead. Each function takes the lead as it is and answers the change, with all that goes along.

Everything ends in ``settle``, so that no path can forget score, promise, history or clock.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, invalid, refused, stale
from leads_service.domain import stage_gate
from leads_service.domain.configuration import LEADS, Configuration, Stage
from leads_service.domain.fields import clean_fields, violation
from leads_service.domain.lead import Activity, Change, Lead, LeadStatus
from leads_service.domain.settling import Situation, settle


def create(lead_id: UUID, given: Mapping[str, Any], created_by: UUID, situation: Situation) -> Change:
    """A new lead, placed in its stage, scored, and with its deadline promised.

    Raises:
        LeadlineError: VALIDATION_FAILED or STAGE_FIELDS_MISSING.
    """
    configuration = situation.configuration
    fields = clean_fields(given, configuration)
    _require_somebody(fields)
    stage = _stage_for(fields.pop("pipeline_id", None), fields.pop("stage_id", None), None, configuration)
    stage_values = fields.pop("stage_field_values", {})
    fields.setdefault("priority", configuration.default_priority().name)
    lead = Lead(
        id=lead_id,
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        created_by=created_by,
        created_at=situation.now,
        updated_at=situation.now,
        **fields,
    )
    lead = stage_gate.enter(lead, stage, stage_values, configuration)
    created = situation.activity(lead, "lead_created", f"{lead.name} came in", metadata={"stage": stage.name})
    return settle(None, lead, [created], situation)


def update(lead: Lead, given: Mapping[str, Any], situation: Situation) -> Change:
    """The lead with the given fields changed; a new stage or pipeline passes the stage's gate.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, VALIDATION_FAILED, STAGE_FIELDS_MISSING, STAGE_MOVE_NOT_ALLOWED.
    """
    require_open(lead)
    configuration = situation.configuration
    fields = clean_fields(given, configuration)
    for name in ("pipeline_id", "stage_id"):
        if name in fields and fields[name] is None:
            raise violation("pipelineId" if name == "pipeline_id" else "stageId", "REQUIRED", "Cannot be cleared.")
    stage = _stage_for(fields.pop("pipeline_id", None), fields.pop("stage_id", None), lead, configuration)
    stage_values = fields.pop("stage_field_values", {})
    after = replace(lead, **fields)
    _require_somebody({name: getattr(after, name) for name in ("last_name", "company", "email", "phone")})
    activities: list[Activity] = []
    if stage.id != lead.stage_id:
        after, activities = _move(lead, after, stage, stage_values, situation)
    elif stage_values:
        after = stage_gate.enter(after, stage, stage_values, configuration)
    if after.assigned_to != lead.assigned_to:
        activities.append(_assigned(after, situation))
    return settle(lead, after, activities, situation)


def change_stage(lead: Lead, stage_id: UUID, stage_values: Mapping[str, Any], situation: Situation) -> Change:
    """The lead in a stage of its pipeline.

    Raises:
        LeadlineError: as for ``update``.
    """
    return update(lead, {"stage_id": stage_id, "stage_field_values": stage_values}, situation)


def delete(lead: Lead, situation: Situation) -> Change:
    """The lead taken out of every answer.

    Raises:
        LeadlineError: LEAD_CONVERTING.
    """
    require_not_converting(lead)
    deleted = situation.activity(lead, "lead_deleted", f"{lead.name} was deleted")
    return settle(lead, replace(lead, deleted_at=situation.now), [deleted], situation)


def happened(lead: Lead, activity: Activity, situation: Situation, *, answers: str | None = None) -> Change:
    """Something that happened around the lead; ``answers`` names what of it may be the first response."""
    after, more = lead, [activity]
    if answers is not None:
        after, responses = answered(lead, answers, activity.occurred_at, situation)
        more += responses
    return settle(lead, after, more, situation)


def answered(lead: Lead, by: str, at: datetime, situation: Situation) -> tuple[Lead, list[Activity]]:
    """The lead with its first response, if this is it (spec: SLA).

    By a person and after creation; ``by`` is activity, note or stage_change where settings count them, or closing,
    which always counts. Never moved later; an earlier one that is told of afterwards moves it earlier.
    """
    counts = by == "closing" or by in situation.configuration.settings.first_response_on
    first = lead.first_response_at
    if not counts or not situation.actor.is_person or lead.deleted_at is not None:
        return lead, []
    at = max(at, lead.created_at)
    if first is not None and first <= at:
        return lead, []
    after = replace(lead, first_response_at=at)
    if first is not None:
        return after, []
    return after, [situation.activity(lead, "first_response", "First response", occurred_at=at, metadata={"by": by})]


def require_version(lead: Lead, expected: int | None) -> None:
    """Refuse a change to a lead that the caller has not seen as it is.

    Raises:
        LeadlineError: VERSION_STALE.
    """
    if expected is not None and expected != lead.version:
        raise stale(lead.version)


def require_not_converting(lead: Lead) -> None:
    """Refuse a change while a conversion runs.

    Raises:
        LeadlineError: LEAD_CONVERTING.
    """
    if lead.conversion_id is not None:
        raise refused(
            "LEAD_CONVERTING",
            "A conversion of this lead is running. Try again when it has ended.",
            metadata={"conversionId": str(lead.conversion_id)},
        )


def require_open(lead: Lead) -> None:
    """Refuse a change to a lead that is converted, disqualified or being converted.

    Raises:
        LeadlineError: LEAD_CLOSED or LEAD_CONVERTING.
    """
    require_not_converting(lead)
    if lead.status is not LeadStatus.OPEN:
        raise refused(
            "LEAD_CLOSED",
            f"The lead is {lead.status}: it takes notes, activities and documents only.",
            metadata={"status": str(lead.status)},
        )


def _require_somebody(fields: Mapping[str, Any]) -> None:
    if not any(fields.get(name) for name in ("last_name", "company", "email", "phone")):
        message = "Give at least one of lastName, company, email and phone."
        raise invalid(
            *(FieldViolation(name, "REQUIRED", message) for name in ("lastName", "company", "email", "phone"))
        )


def _stage_for(
    pipeline_id: UUID | None, stage_id: UUID | None, lead: Lead | None, configuration: Configuration
) -> Stage:
    """The stage that is meant: the given one, else where the lead is, else the first one of its pipeline."""
    if lead is not None:
        if stage_id is None and pipeline_id in {None, lead.pipeline_id}:
            return _known_stage(lead.stage_id, configuration, lead)
        pipeline_id = pipeline_id or lead.pipeline_id
    pipeline_id = pipeline_id or configuration.default_pipeline(LEADS).id
    pipeline = configuration.pipeline(pipeline_id)
    if pipeline is None or pipeline.module != LEADS:
        raise violation("pipelineId", "NOT_CONFIGURED", "There is no lead pipeline of this id.")
    stages = configuration.stages_of(pipeline_id)
    if stage_id is None:
        if not stages:
            raise violation("pipelineId", "WITHOUT_STAGES", "This pipeline has no stages.")
        return stages[0]
    stage = configuration.stage(stage_id)
    if stage is None:
        raise violation("stageId", "NOT_CONFIGURED", "There is no stage of this id.")
    if stage.pipeline_id != pipeline_id:
        raise violation("stageId", "OF_ANOTHER_PIPELINE", f"This stage does not belong to {pipeline.name}.")
    return stage


def _known_stage(stage_id: UUID, configuration: Configuration, lead: Lead) -> Stage:
    """The lead's own stage, also when it is gone from the configuration."""
    return configuration.stage(stage_id) or Stage(stage_id, lead.pipeline_id, "", 0)


def _move(
    before: Lead, after: Lead, stage: Stage, stage_values: Mapping[str, Any], situation: Situation
) -> tuple[Lead, list[Activity]]:
    configuration = situation.configuration
    old = configuration.stage(before.stage_id)
    stage_gate.check_movement(old, stage, configuration)
    after = stage_gate.enter(after, stage, stage_values, configuration)
    after, responses = answered(after, "stage_change", situation.now, situation)
    names = {"from": old.name if old else "", "to": stage.name}
    return after, [situation.activity(after, "stage_changed", f"Moved to {stage.name}", metadata=names), *responses]


def _assigned(after: Lead, situation: Situation) -> Activity:
    title = "Assigned" if after.assigned_to else "Assigned to nobody"
    owner = str(after.assigned_to) if after.assigned_to else None
    return situation.activity(after, "assigned", title, metadata={"assignedTo": owner})
