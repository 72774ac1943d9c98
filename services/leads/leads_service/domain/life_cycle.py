"""What can happen to a lead. Each function takes the lead as it is and answers the change, with all that goes along.

Everything ends in ``settle``, so that no path can forget score, promise, history or clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, invalid, refused, stale
from leads_service.domain import stage_gate
from leads_service.domain.configuration import Stage
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_fields
from leads_service.domain.first_response import answered
from leads_service.domain.lead import REST_NAMES, Activity, Change, Lead, LeadStatus
from leads_service.domain.placing import first_place, next_place
from leads_service.domain.settling import Situation, settle

# One of these says whom a lead is about.
_IDENTIFYING = ("last_name", "company", "email", "phone")
_PLACING = {"pipeline_id", "stage_id", "stage_field_values"}


def create(lead_id: UUID, given: Mapping[str, Any], created_by: UUID, situation: Situation) -> Change:
    """A new lead, placed in its stage, scored, and with its deadline promised.

    ``given`` holds what the caller wrote, by attribute of ``Lead``; ids and money may be text.

    Raises:
        LeadlineError: VALIDATION_FAILED naming all that is wrong, or STAGE_FIELDS_MISSING.
    """
    configuration = situation.configuration
    faults = Faults()
    fields = clean_fields(given, configuration, faults)
    faults.note(lambda: _require_identity(fields, unless=given.keys() - fields.keys()))
    stage = faults.finish(lambda: first_place(fields, configuration))
    fields.setdefault("priority", configuration.default_priority().name)
    lead = Lead(
        id=lead_id,
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        created_by=created_by,
        created_at=situation.now,
        updated_at=situation.now,
        **_but_place(fields),
    )
    lead = stage_gate.enter(lead, stage, fields.get("stage_field_values", {}), configuration)
    _require_identity(_identity(lead))
    created = situation.activity(lead, "lead_created", f"{lead.name} came in", metadata={"stage": stage.name})
    return settle(None, lead, [created], situation)


def update(lead: Lead, given: Mapping[str, Any], situation: Situation) -> Change:
    """The lead with the given fields changed; a new stage or pipeline passes the stage's gate.

    Raises:
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING, VALIDATION_FAILED naming all that is wrong,
            STAGE_FIELDS_MISSING, STAGE_MOVE_NOT_ALLOWED.
    """
    require_open(lead)
    configuration = situation.configuration
    faults = Faults()
    fields = _really_given(lead, clean_fields(given, configuration, faults))
    faults.note(lambda: _require_identity(_identity(lead) | fields, unless=given.keys() - fields.keys()))
    stage = faults.finish(lambda: next_place(lead, fields, configuration))
    after = replace(lead, **_but_place(fields))
    after, activities = _placed(lead, after, stage, fields.get("stage_field_values", {}), situation)
    _require_identity(_identity(after))
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
        LeadlineError: LEAD_CLOSED, LEAD_CONVERTING.
    """
    require_open(lead)
    deleted = situation.activity(lead, "lead_deleted", f"{lead.name} was deleted")
    return settle(lead, replace(lead, deleted_at=situation.now), [deleted], situation)


def happened(lead: Lead, activity: Activity, situation: Situation, *, answers: str | None = None) -> Change:
    """Something that happened around the lead; ``answers`` names what of it may be the first response.

    A closed lead takes it too. While a conversion runs, nothing comes in that it could no longer carry over.

    Raises:
        LeadlineError: LEAD_CONVERTING.
    """
    require_not_converting(lead)
    after, more = lead, [activity]
    if answers is not None:
        after, responses = answered(lead, answers, activity.occurred_at, situation)
        more += responses
    return settle(lead, after, more, situation)


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


def _require_identity(values: Mapping[str, Any], unless: Iterable[str] = ()) -> None:
    """Refuse a lead that says nothing of whom it is about, ``unless`` such a field is at fault itself."""
    if any(values.get(name) for name in _IDENTIFYING) or not set(_IDENTIFYING).isdisjoint(unless):
        return
    message = "Give at least one of lastName, company, email and phone."
    raise invalid(*(FieldViolation(REST_NAMES[name], "REQUIRED", message) for name in _IDENTIFYING))


def _identity(lead: Lead) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in _IDENTIFYING}


def _but_place(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _PLACING}


def _really_given(lead: Lead, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields without a phone number that stays as typed: its E.164 form stays, too, whatever the region is now."""
    if fields.get("phone") is not None and fields["phone"] == lead.phone:
        return {**fields, "phone_e164": lead.phone_e164}
    return fields


def _placed(
    before: Lead, after: Lead, stage: Stage, stage_values: Mapping[str, Any], situation: Situation
) -> tuple[Lead, list[Activity]]:
    """The lead in the stage, where it may have been before, with the values that came for it."""
    configuration = situation.configuration
    if stage.id == before.stage_id:
        return (stage_gate.enter(after, stage, stage_values, configuration) if stage_values else after), []
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
