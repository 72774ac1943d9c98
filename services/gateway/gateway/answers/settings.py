"""Lead settings as JSON."""

from typing import Any

import orjson
from leadline.settings.v1 import lists_pb2 as pb

from gateway.answers.json import given, instant

MODULES: dict[int, str] = {pb.MODULE_LEADS: "leads", pb.MODULE_OPPORTUNITIES: "opportunities"}
_MOVEMENTS: dict[int, str] = {pb.MOVEMENT_FREE: "free", pb.MOVEMENT_SEQUENTIAL: "sequential"}
_OWNER_TYPES: dict[int, str | None] = {
    pb.OWNER_TYPE_UNSPECIFIED: None,
    pb.OWNER_TYPE_USER: "user",
    pb.OWNER_TYPE_TEAM: "team",
    pb.OWNER_TYPE_ROLE: "role",
}
_STRATEGIES: dict[int, str] = {
    pb.ASSIGNMENT_STRATEGY_NONE: "none",
    pb.ASSIGNMENT_STRATEGY_ROUND_ROBIN: "round_robin",
    pb.ASSIGNMENT_STRATEGY_LEAST_LOADED: "least_loaded",
}
_ACCESSES: dict[int, str] = {
    pb.FIELD_ACCESS_HIDDEN: "hidden",
    pb.FIELD_ACCESS_READ_ONLY: "read_only",
    pb.FIELD_ACCESS_EDITABLE: "editable",
}


def pipeline(one: pb.Pipeline) -> dict[str, Any]:
    """A pipeline."""
    return {
        "id": one.id,
        "name": one.name,
        "module": MODULES[one.module],
        "isDefault": one.is_default,
        "movement": _MOVEMENTS[one.movement],
        **_kept(one),
    }


def stage(one: pb.Stage) -> dict[str, Any]:
    """A stage."""
    return {
        "id": one.id,
        "pipelineId": one.pipeline_id,
        "name": one.name,
        "position": one.position,
        "color": one.color,
        "probability": one.probability,
        "isWon": one.is_won,
        "isLost": one.is_lost,
        **_kept(one),
    }


def stage_field(one: pb.StageField) -> dict[str, Any]:
    """A value that a stage asks for."""
    return {
        "id": one.id,
        "stageId": one.stage_id,
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "required": one.required,
        "options": list(one.options),
        "position": one.position,
        **_kept(one),
    }


def ownership(one: pb.StageOwnership) -> dict[str, Any]:
    """Who owns the leads at a stage."""
    return {
        "stageId": one.stage_id,
        "ownerType": _OWNER_TYPES[one.owner_type],
        "ownerId": given(one, "owner_id"),
        "autoAssign": one.auto_assign,
        "strategy": _STRATEGIES[one.strategy],
        "memberIds": list(one.member_ids),
        "version": one.version,
        "updatedAt": instant(one.updated_at),
    }


def visibility(one: pb.FieldVisibility) -> dict[str, Any]:
    """What users see and change of the leads at a stage, by field name."""
    return {
        "stageId": one.stage_id,
        "fields": {name: _ACCESSES[one.fields[name]] for name in sorted(one.fields)},
        "version": one.version,
        "updatedAt": instant(one.updated_at),
    }


def priority(one: pb.Priority) -> dict[str, Any]:
    """A priority."""
    return {
        "id": one.id,
        "name": one.name,
        "label": one.label,
        "color": one.color,
        "position": one.position,
        "isDefault": one.is_default,
        **_kept(one),
    }


def label(one: pb.Label) -> dict[str, Any]:
    """An entry of a plain list."""
    return {"id": one.id, "name": one.name, "label": one.label, "isActive": one.is_active, **_kept(one)}


def threshold(one: pb.Threshold) -> dict[str, Any]:
    """The score from which a lead is qualified."""
    return {"threshold": one.threshold, "version": one.version, "updatedAt": instant(one.updated_at)}


def document(one: pb.SettingsDocument) -> bytes:
    """The settings document as it is, with its version and instant at the end."""
    end = orjson.dumps({"version": one.version, "updatedAt": instant(one.updated_at)})
    text = one.document.strip().encode()
    return end if text == b"{}" else text[:-1] + b"," + end[1:]


def _kept(one: pb.Pipeline | pb.Stage | pb.StageField | pb.Priority | pb.Label) -> dict[str, Any]:
    return {"version": one.version, "createdAt": instant(one.created_at), "updatedAt": instant(one.updated_at)}
