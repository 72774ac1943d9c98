"""Imports as JSON."""

from typing import Any

from leadline.leads.v1 import import_service_pb2 as pb

from gateway.answers.json import instant, instant_given

_STATES: dict[int, str] = {
    pb.IMPORT_STATE_RUNNING: "running",
    pb.IMPORT_STATE_COMPLETED: "completed",
    pb.IMPORT_STATE_CANCELED: "canceled",
    pb.IMPORT_STATE_FAILED: "failed",
}
_POLICIES: dict[int, str] = {
    # What is not said is by default.
    pb.DUPLICATE_POLICY_UNSPECIFIED: "skip",
    pb.DUPLICATE_POLICY_SKIP: "skip",
    pb.DUPLICATE_POLICY_UPDATE: "update",
    pb.DUPLICATE_POLICY_CREATE: "create",
}


def lead_import(one: pb.Import) -> dict[str, Any]:
    """An import as it stands."""
    return {
        "id": one.id,
        "state": _STATES[one.state],
        "fileName": one.file_name,
        "sizeBytes": one.size_bytes,
        "options": _options(one.options),
        "columns": [{"name": each.name, "field": each.field or None} for each in one.columns],
        "processed": one.processed,
        "created": one.created,
        "updated": one.updated,
        "skipped": one.skipped,
        "refused": one.refused,
        "processedBytes": one.processed_bytes,
        "createdBy": one.created_by,
        "createdAt": instant(one.created_at),
        "endedAt": instant_given(one, "ended_at"),
        "failure": _failure(one),
    }


def _options(options: pb.ImportOptions) -> dict[str, Any]:
    return {
        "mapping": {column: field or None for column, field in sorted(options.mapping.items())},
        "restToCustomFields": options.rest_to_custom_fields,
        "defaults": dict(sorted(options.defaults.items())),
        "values": {field: dict(sorted(known.values.items())) for field, known in sorted(options.values.items())},
        "duplicates": _POLICIES[options.duplicates],
        "dryRun": options.dry_run,
    }


def _failure(one: pb.Import) -> dict[str, str] | None:
    if not one.failure_reason:
        return None
    return {"code": one.failure_reason.lower(), "message": one.failure_message}
