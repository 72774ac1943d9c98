"""Imports between protos and the domain."""

from leadline.leads.v1 import import_service_pb2 as pb

from kit.errors import invalid_field
from kit.rpc.times import to_timestamp
from leads_service.domain.imports import DuplicatePolicy, Import, ImportOptions, ImportState

STATES = {
    ImportState.RUNNING: pb.IMPORT_STATE_RUNNING,
    ImportState.COMPLETED: pb.IMPORT_STATE_COMPLETED,
    ImportState.CANCELED: pb.IMPORT_STATE_CANCELED,
    ImportState.FAILED: pb.IMPORT_STATE_FAILED,
}
# How the workflow may end an import before its time.
_ENDS: dict[int, ImportState] = {STATES[state]: state for state in (ImportState.CANCELED, ImportState.FAILED)}
_POLICIES = {
    DuplicatePolicy.SKIP: pb.DUPLICATE_POLICY_SKIP,
    DuplicatePolicy.UPDATE: pb.DUPLICATE_POLICY_UPDATE,
    DuplicatePolicy.CREATE: pb.DUPLICATE_POLICY_CREATE,
}
_POLICY_OF: dict[int, DuplicatePolicy] = {
    pb.DUPLICATE_POLICY_UNSPECIFIED: DuplicatePolicy.SKIP,
    **{number: policy for policy, number in _POLICIES.items()},
}
_LARGEST_OPTIONS = 64 * 1024


def options_from_proto(options: pb.ImportOptions) -> ImportOptions:
    """What a caller asked for.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if options.ByteSize() > _LARGEST_OPTIONS:
        raise invalid_field("options", "TOO_LONG", f"Must have at most {_LARGEST_OPTIONS // 1024} KiB.")
    if options.duplicates not in _POLICY_OF:
        raise invalid_field("options.duplicates", "NOT_ALLOWED", f"Use one of {', '.join(DuplicatePolicy)}.")
    return ImportOptions(
        mapping=dict(options.mapping),
        rest_to_custom_fields=options.rest_to_custom_fields,
        defaults=dict(options.defaults),
        values={field: dict(table.values) for field, table in options.values.items()},
        duplicates=_POLICY_OF[options.duplicates],
        dry_run=options.dry_run,
    )


def end_from_proto(state: int) -> ImportState:
    """How an import is to end.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    if state not in _ENDS:
        raise invalid_field("state", "NOT_ALLOWED", f"Use one of {', '.join(_ENDS.values())}.")
    return _ENDS[state]


def import_to_proto(found: Import) -> pb.Import:
    """The import as callers see it."""
    return pb.Import(
        id=str(found.id),
        state=STATES[found.state],
        file_name=found.file_name,
        size_bytes=found.size_bytes,
        options=_options(found.options),
        columns=[pb.ImportColumn(name=column.name, field=column.field) for column in found.columns],
        processed=found.processed,
        created=found.created,
        updated=found.updated,
        skipped=found.skipped,
        refused=found.refused,
        processed_bytes=found.processed_bytes,
        created_by=str(found.created_by),
        created_at=to_timestamp(found.created_at),
        ended_at=to_timestamp(found.ended_at),
        failure_reason=found.failure_reason,
        failure_message=found.failure_message,
    )


def _options(options: ImportOptions) -> pb.ImportOptions:
    return pb.ImportOptions(
        mapping=options.mapping,
        rest_to_custom_fields=options.rest_to_custom_fields,
        defaults=options.defaults,
        values={field: pb.ValueMapping(values=table) for field, table in options.values.items()},
        duplicates=_POLICIES[options.duplicates],
        dry_run=options.dry_run,
    )
