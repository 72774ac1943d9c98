"""Leads between protos and the domain."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import lead_pb2 as pb

from kit import jsontext
from kit.errors import invalid_field
from kit.rpc.times import to_timestamp
from leads_service.domain.configuration import Configuration
from leads_service.domain.lead import OBJECTS, Actor, Lead, LeadStatus
from leads_service.domain.shown_lead import ShownLead
from leads_service.domain.visibility import hidden_from, without_hidden_keys
from leads_service.rpc.masks import as_it_is, require_known

STATUSES = {
    LeadStatus.OPEN: pb.LEAD_STATUS_OPEN,
    LeadStatus.CONVERTED: pb.LEAD_STATUS_CONVERTED,
    LeadStatus.DISQUALIFIED: pb.LEAD_STATUS_DISQUALIFIED,
}
_JSON_FIELDS = {attribute: name for name, attribute in OBJECTS.items()}
_FIELD_NAMES = frozenset(pb.LeadFields.DESCRIPTOR.fields_by_name)
# By REST name.
_PROTO_NAMES: dict[str, Any] = {field.json_name: field.name for field in pb.Lead.DESCRIPTOR.fields}


def given_fields(fields: pb.LeadFields, path: Callable[[str], str] = as_it_is) -> dict[str, Any]:
    """The fields that are there, by attribute of ``Lead``. ``path`` makes the caller's name of a field's REST name.

    Raises:
        LeadlineError: VALIDATION_FAILED for JSON that is no object.
    """
    return {descriptor.name: _value(descriptor.name, value, path) for descriptor, value in fields.ListFields()}


def masked_fields(fields: pb.LeadFields, mask: FieldMask, path: Callable[[str], str] = as_it_is) -> dict[str, Any]:
    """The fields that the mask names; one that is not there is cleared.

    Raises:
        LeadlineError: VALIDATION_FAILED for a name that is no field, or JSON that is no object.
    """
    require_known(mask, _FIELD_NAMES, path)
    given = given_fields(fields, path)
    return {name: given.get(name) for name in mask.paths}


def _value(name: str, value: str, path: Callable[[str], str]) -> Any:
    return json_object_of(value, path(_JSON_FIELDS[name])) if name in _JSON_FIELDS else value


def json_object_of(text: str, field: str) -> Mapping[str, Any]:
    """The object of JSON text; nothing is an empty one.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field``.
    """
    try:
        value = jsontext.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise invalid_field(field, "WRONG_TYPE", "Must be a JSON object.") from error
    if not isinstance(value, dict):
        raise invalid_field(field, "WRONG_TYPE", "Must be a JSON object.")
    return value


def lead_to_proto(lead: Lead | ShownLead, configuration: Configuration, viewer: Actor) -> pb.Lead:
    """The lead as the viewer sees it: what its stage hides is left out and named."""
    shown = _whole(lead, configuration)
    hidden = hidden_from(viewer, lead.stage_id, configuration)
    if hidden:
        _leave_out(shown, lead, hidden)
    return shown


def _leave_out(shown: pb.Lead, lead: Lead | ShownLead, hidden: frozenset[str]) -> None:
    for name in hidden & _PROTO_NAMES.keys():
        shown.ClearField(_PROTO_NAMES[name])
    for name, attribute in OBJECTS.items():
        setattr(shown, attribute, jsontext.dumps(without_hidden_keys(name, getattr(lead, attribute), hidden)))
    shown.hidden_fields.extend(sorted(hidden))


def _whole(lead: Lead | ShownLead, configuration: Configuration) -> pb.Lead:
    shown = pb.Lead(
        id=str(lead.id),
        first_name=lead.first_name,
        last_name=lead.last_name,
        email=lead.email,
        phone=lead.phone,
        phone_e164=lead.phone_e164,
        company=lead.company,
        title=lead.title,
        source=lead.source,
        priority=lead.priority,
        pipeline_id=str(lead.pipeline_id),
        stage_id=str(lead.stage_id),
        stage_name=configuration.stage_name(lead.stage_id),
        estimated_value=None if lead.estimated_value is None else str(lead.estimated_value),
        description=lead.description,
        custom_fields=_text_of(lead.custom_fields),
        stage_field_values=_text_of(lead.stage_field_values),
        assigned_to=_id(lead.assigned_to),
        status=STATUSES[lead.status],
        score=lead.score,
        qualified=lead.qualified,
        version=lead.version,
        created_by=str(lead.created_by),
        created_at=to_timestamp(lead.created_at),
        updated_at=to_timestamp(lead.updated_at),
        converted_at=to_timestamp(lead.converted_at),
        contact_id=_id(lead.contact_id),
        account_id=_id(lead.account_id),
        opportunity_id=_id(lead.opportunity_id),
        disqualified_at=to_timestamp(lead.disqualified_at),
        disqualification_reason=lead.disqualification_reason,
        disqualification_notes=lead.disqualification_notes,
    )
    if isinstance(lead, Lead):
        for part in lead.score_breakdown:
            shown.score_breakdown.add(rule_id=str(part.rule_id), name=part.name, points=part.points)
    return shown


def _text_of(value: Mapping[str, Any]) -> str:
    return jsontext.dumps(dict(value)) if value else "{}"


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
