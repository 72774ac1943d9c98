"""What belongs to a stage: its fields, its ownership, and what is seen of the leads there."""

from leadline.settings.v1 import lists_pb2
from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import settings as answers
from gateway.answers.json import created, no_content, ok
from gateway.clients import Services
from gateway.headers import IdempotencyKey, IfMatch
from gateway.operations import Operations
from gateway.schemas.base import FieldPathId, PathId, StagePathId
from gateway.schemas.stage_settings import (
    FieldVisibility,
    NewStageField,
    OwnershipChanges,
    StageField,
    StageFieldChanges,
    StageOwnership,
    VisibilityChange,
)

operations = Operations("Stages", pb.DESCRIPTOR.services_by_name["SettingsService"])

_FIELDS = "/lead-settings/stages/{id}/fields"
_OWNERSHIP = "/lead-settings/stage-ownership/{stageId}"
_VISIBILITY = "/lead-settings/field-visibility/{stageId}"

_OWNER_TYPES: dict[str | None, lists_pb2.OwnerType.ValueType] = {
    None: lists_pb2.OWNER_TYPE_UNSPECIFIED,
    "user": lists_pb2.OWNER_TYPE_USER,
    "team": lists_pb2.OWNER_TYPE_TEAM,
    "role": lists_pb2.OWNER_TYPE_ROLE,
}
_STRATEGIES: dict[str, lists_pb2.AssignmentStrategy.ValueType] = {
    "none": lists_pb2.ASSIGNMENT_STRATEGY_NONE,
    "round_robin": lists_pb2.ASSIGNMENT_STRATEGY_ROUND_ROBIN,
    "least_loaded": lists_pb2.ASSIGNMENT_STRATEGY_LEAST_LOADED,
}
_ACCESSES: dict[str, lists_pb2.FieldAccess.ValueType] = {
    "hidden": lists_pb2.FIELD_ACCESS_HIDDEN,
    "read_only": lists_pb2.FIELD_ACCESS_READ_ONLY,
    "editable": lists_pb2.FIELD_ACCESS_EDITABLE,
}


@operations.add("GET", _FIELDS, "ListStageFields", answer=list[StageField])
async def list_stage_fields(services: Services, stage_id: PathId) -> Response:
    """List what a stage asks for, by position."""
    answer = await services.call(services.settings.ListStageFields, pb.ListStageFieldsRequest(stage_id=stage_id))
    return ok([answers.stage_field(each) for each in answer.fields])


@operations.add("POST", _FIELDS, "CreateStageField", answer=StageField, status=201)
async def create_stage_field(
    services: Services, stage_id: PathId, body: NewStageField, idempotency_key: IdempotencyKey = None
) -> Response:
    """Have a stage ask for a value.

    `Location` is where it can be changed; the list shows it.
    """
    request = pb.CreateStageFieldRequest(stage_id=stage_id, **body.values())
    made = (await services.call(services.settings.CreateStageField, request, key=idempotency_key)).field
    location = f"/lead-settings/stages/{stage_id}/fields/{made.id}"
    return created(answers.stage_field(made), location, version=made.version)


@operations.add("PUT", _FIELDS + "/{fieldId}", "UpdateStageField", answer=StageField)
async def update_stage_field(
    services: Services, stage_id: PathId, field_id: FieldPathId, body: StageFieldChanges, if_match: IfMatch = None
) -> Response:
    """Change what a stage asks for."""
    field = lists_pb2.StageField(id=field_id, stage_id=stage_id, **body.values())
    request = pb.UpdateStageFieldRequest(field=field, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdateStageField, request)).field
    return ok(answers.stage_field(changed), version=changed.version)


@operations.add("DELETE", _FIELDS + "/{fieldId}", "DeleteStageField", status=204)
async def delete_stage_field(
    services: Services, stage_id: PathId, field_id: FieldPathId, if_match: IfMatch = None
) -> Response:
    """Have a stage no longer ask for a value.

    The values that leads have stay with them.
    """
    request = pb.DeleteStageFieldRequest(stage_id=stage_id, field_id=field_id, expected_version=if_match)
    await services.call(services.settings.DeleteStageField, request)
    return no_content()


@operations.add("GET", _OWNERSHIP, "GetStageOwnership", answer=StageOwnership)
async def get_stage_ownership(services: Services, stage_id: StagePathId) -> Response:
    """Read who owns the leads at a stage."""
    request = pb.GetStageOwnershipRequest(stage_id=stage_id)
    found = (await services.call(services.settings.GetStageOwnership, request)).ownership
    return ok(answers.ownership(found), version=found.version)


@operations.add("PUT", _OWNERSHIP, "UpdateStageOwnership", answer=StageOwnership)
async def update_stage_ownership(
    services: Services, stage_id: StagePathId, body: OwnershipChanges, if_match: IfMatch = None
) -> Response:
    """Change who owns the leads at a stage."""
    ownership = lists_pb2.StageOwnership(
        stage_id=stage_id,
        owner_type=_OWNER_TYPES[body.owner_type],
        owner_id=body.owner_id,
        auto_assign=body.auto_assign,
        strategy=_STRATEGIES[body.strategy],
        member_ids=body.member_ids,
    )
    request = pb.UpdateStageOwnershipRequest(ownership=ownership, update_mask=body.mask(), expected_version=if_match)
    changed = (await services.call(services.settings.UpdateStageOwnership, request)).ownership
    return ok(answers.ownership(changed), version=changed.version)


@operations.add("GET", _VISIBILITY, "GetFieldVisibility", answer=FieldVisibility)
async def get_field_visibility(services: Services, stage_id: StagePathId) -> Response:
    """Read what users see and change of the leads at a stage."""
    request = pb.GetFieldVisibilityRequest(stage_id=stage_id)
    found = (await services.call(services.settings.GetFieldVisibility, request)).visibility
    return ok(answers.visibility(found), version=found.version)


@operations.add("PUT", _VISIBILITY, "UpdateFieldVisibility", answer=FieldVisibility)
async def update_field_visibility(
    services: Services, stage_id: StagePathId, body: VisibilityChange, if_match: IfMatch = None
) -> Response:
    """Set what users see and change of the leads at a stage.

    A field that is not named is editable.
    """
    request = pb.UpdateFieldVisibilityRequest(
        stage_id=stage_id,
        fields={name: _ACCESSES[access] for name, access in body.fields.items()},
        expected_version=if_match,
    )
    changed = (await services.call(services.settings.UpdateFieldVisibility, request)).visibility
    return ok(answers.visibility(changed), version=changed.version)
