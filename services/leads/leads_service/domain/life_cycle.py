"""What can happen to a lead. Each function takes the lead as it is and answers the change, with all that goes along.

Everything ends in ``settle``, so that no path can forget score, promise, history or clock. Where a lead may enter a
stage, the answer is a draft: its owner is still to be asked for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from kit.errors import FieldViolation, invalid, stale
from leads_service.domain import stage_gate
from leads_service.domain.configuration import Configuration, Stage, StageOwnership
from leads_service.domain.drafts import Draft
from leads_service.domain.faults import Faults
from leads_service.domain.fields import clean_fields
from leads_service.domain.first_response import answered
from leads_service.domain.lead import REST_NAMES, Activity, Change, Lead
from leads_service.domain.ownership import assigning
from leads_service.domain.placing import first_place, next_place
from leads_service.domain.retiring import require_nothing_retiring_entered
from leads_service.domain.settling import Situation, settle
from leads_service.domain.standing import Deed, require
from leads_service.domain.visibility import check_write, with_kept

# One of these says whom a lead is about.
_IDENTIFYING = ("last_name", "company", "email", "phone")
_PLACING = {"pipeline_id", "stage_id", "stage_field_values"}


def create(lead_id: UUID, given: Mapping[str, Any], created_by: UUID, situation: Situation) -> Draft:
    """A new lead, placed in its stage, to be scored and to have its deadline promised.

    ``given`` holds what the caller wrote, by attribute of ``Lead``; ids and money may be text.

    Raises:
        LeadlineError: VALIDATION_FAILED naming all that is wrong, STAGE_FIELDS_MISSING, FIELD_NOT_EDITABLE, RETIRING.
    """
    configuration = situation.configuration
    faults = Faults()
    fields = clean_fields(given, configuration, faults)
    faults.note(lambda: _require_identity(fields, unless=given.keys() - fields.keys()))
    stage = faults.finish(lambda: first_place(fields, configuration))
    check_write(given, None, stage.id, situation)
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
    asks = _asks(stage, given, configuration)
    values = fields.get("stage_field_values", {})
    lead = stage_gate.enter(lead, stage, values, configuration, will_be_owned=asks is not None)
    require_identity(lead)
    require_nothing_retiring_entered(None, lead, configuration)
    created = situation.activity(lead, "lead_created", "Lead created", metadata={"stage": stage.name})
    return Draft(None, lead, (created,), situation, asks)


def update(lead: Lead, given: Mapping[str, Any], situation: Situation, *, merging: bool = False) -> Draft:
    """The lead with the given fields changed; a new stage or pipeline passes the stage's gate.

    ``merging``: given custom fields join those that the lead has, and null takes one away.

    Raises:
        LeadlineError: FIELD_NOT_EDITABLE, LEAD_CLOSED, LEAD_CONVERTING, VALIDATION_FAILED naming all that is wrong,
            STAGE_FIELDS_MISSING, STAGE_MOVE_NOT_ALLOWED, RETIRING.
    """
    check_write(given, lead, lead.stage_id, situation)
    require(lead, Deed.CHANGE)
    configuration = situation.configuration
    given = with_kept(_merged(lead, given) if merging else given, lead, situation)
    faults = Faults()
    fields = _really_given(lead, clean_fields(_but_kept(lead, given), configuration, faults))
    faults.note(lambda: _require_identity(_identity(lead) | fields, unless=given.keys() - fields.keys()))
    stage = faults.finish(lambda: next_place(lead, fields, configuration))
    asks = _asks(stage, given, configuration) if stage.id != lead.stage_id else None
    after = replace(lead, **_but_place(fields))
    values = fields.get("stage_field_values", {})
    after, activities = _placed(lead, after, stage, values, situation, will_be_owned=asks is not None)
    require_identity(after)
    require_nothing_retiring_entered(lead, after, configuration)
    return Draft(lead, after, tuple(activities), situation, asks)


def change_stage(lead: Lead, stage_id: UUID, stage_values: Mapping[str, Any], situation: Situation) -> Draft:
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
    require(lead, Deed.CHANGE)
    deleted = situation.activity(lead, "lead_deleted", "Lead deleted")
    return settle(lead, replace(lead, deleted_at=situation.now), [deleted], situation)


def restore(lead: Lead, situation: Situation) -> Change:
    """The deleted lead, back as it was: at its stage, with the promise that it had.

    Raises:
        LeadlineError: LEAD_NOT_DELETED.
    """
    require(lead, Deed.RESTORE)
    restored = situation.activity(lead, "lead_restored", "Lead restored")
    return settle(lead, replace(lead, deleted_at=None), [restored], situation)


def happened(lead: Lead, activity: Activity, situation: Situation, *, answers: str | None = None) -> Change:
    """Something that happened around the lead; ``answers`` names what of it may be the first response.

    A closed lead takes it too. While a conversion runs, nothing comes in that it could no longer carry over.

    Raises:
        LeadlineError: LEAD_CONVERTING.
    """
    require(lead, Deed.ADD)
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


def require_identity(lead: Lead) -> None:
    """Refuse a lead that says nothing of whom it is about.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    _require_identity(_identity(lead))


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


def _merged(lead: Lead, given: Mapping[str, Any]) -> Mapping[str, Any]:
    changes = given.get("custom_fields")
    if not isinstance(changes, Mapping):
        return given
    merged = {**lead.custom_fields, **changes}
    return {
        **given,
        "custom_fields": {key: value for key, value in merged.items() if changes.get(key, ...) is not None},
    }


def _but_kept(lead: Lead, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given without a priority or source that the lead has: it keeps it, also when nobody can choose it now."""
    kept = ("priority", "source")
    return {name: value for name, value in given.items() if name not in kept or value != getattr(lead, name)}


def _asks(stage: Stage, given: Mapping[str, Any], configuration: Configuration) -> StageOwnership | None:
    """The ownership of a stage that is entered, if it is to give the lead an owner: a named owner wins."""
    if "assigned_to" in given or "assignedTo" in (given.get("stage_field_values") or {}):
        return None
    return assigning(stage.id, configuration)


def _placed(
    before: Lead,
    after: Lead,
    stage: Stage,
    stage_values: Mapping[str, Any],
    situation: Situation,
    *,
    will_be_owned: bool,
) -> tuple[Lead, list[Activity]]:
    """The lead in the stage, where it may have been before, with the values that came for it."""
    configuration = situation.configuration
    if stage.id == before.stage_id:
        return (stage_gate.enter(after, stage, stage_values, configuration) if stage_values else after), []
    old = configuration.stage(before.stage_id)
    stage_gate.check_movement(old, stage, configuration)
    after = stage_gate.enter(after, stage, stage_values, configuration, will_be_owned=will_be_owned)
    after, responses = answered(after, "stage_change", situation.now, situation)
    names = {"from": old.name if old else "", "to": stage.name}
    return after, [situation.activity(after, "stage_changed", f"Moved to {stage.name}", metadata=names), *responses]
