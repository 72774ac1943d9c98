"""Lead settings as JSON."""

from typing import Any

import orjson
from leadline.settings.v1 import lists_pb2 as pb

from gateway.answers.json import instant

_MODULES: dict[int, str] = {pb.MODULE_LEADS: "leads", pb.MODULE_OPPORTUNITIES: "opportunities"}
_MOVEMENTS: dict[int, str] = {pb.MOVEMENT_FREE: "free", pb.MOVEMENT_SEQUENTIAL: "sequential"}


def pipeline(one: pb.Pipeline) -> dict[str, Any]:
    """A pipeline."""
    return {
        "id": one.id,
        "name": one.name,
        "module": _MODULES[one.module],
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


def _kept(one: pb.Pipeline | pb.Stage | pb.Priority | pb.Label) -> dict[str, Any]:
    return {"version": one.version, "createdAt": instant(one.created_at), "updatedAt": instant(one.updated_at)}
