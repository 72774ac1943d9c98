"""Imports of leads from CSV files: what was asked for, and how far it is (spec: leads)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kit.errors import LeadlineError, not_found, refused


class ImportState(StrEnum):
    """Where an import stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELED = "canceled"
    FAILED = "failed"


class DuplicatePolicy(StrEnum):
    """What becomes of a row whose e-mail, else phone, a lead has already."""

    SKIP = "skip"
    UPDATE = "update"
    CREATE = "create"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How a file becomes leads, as the caller said it; fields by their REST names."""

    # Column to field; nothing leaves the column out.
    mapping: Mapping[str, str] = field(default_factory=dict)
    rest_to_custom_fields: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict)
    # By field, what stands in the file to what the field takes.
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    duplicates: DuplicatePolicy = DuplicatePolicy.SKIP
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """A column of the file, and the field that it goes to; nothing for none."""

    name: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of rows."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """How many they are in all."""
        return self.created + self.updated + self.skipped + self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import, and how far it is: rows that have been gone through, and how many bytes of the file they are."""

    id: UUID
    state: ImportState = ImportState.RUNNING
    file_name: str
    size_bytes: int
    object_key: str
    delimiter: str
    options: ImportOptions
    columns: Sequence[ImportColumn]
    processed: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    processed_bytes: int
    created_by: UUID
    by_admin: bool
    created_at: datetime
    ended_at: datetime | None = None
    failure_reason: str = ""
    failure_message: str = ""

    @property
    def is_running(self) -> bool:
        """Whether there are rows left to go through."""
        return self.state is ImportState.RUNNING


def import_not_found(import_id: object) -> LeadlineError:
    """There is no such import."""
    return not_found("IMPORT_NOT_FOUND", f"There is no import {import_id}.")


def advanced(current: Import, counts: Counts, processed_bytes: int) -> Import:
    """The import after more rows, up to this byte of the file."""
    return replace(
        current,
        processed=current.processed + counts.rows,
        created=current.created + counts.created,
        updated=current.updated + counts.updated,
        skipped=current.skipped + counts.skipped,
        refused=current.refused + counts.refused,
        processed_bytes=processed_bytes,
    )


def completed(current: Import, now: datetime) -> Import:
    """The import after its last row."""
    return replace(current, state=ImportState.COMPLETED, processed_bytes=current.size_bytes, ended_at=now)


def canceled(current: Import, now: datetime) -> Import:
    """The import, stopped where it is.

    Raises:
        LeadlineError: IMPORT_CLOSED.
    """
    if not current.is_running:
        message = f"The import has ended: it is {current.state}."
        raise refused("IMPORT_CLOSED", message, metadata={"state": current.state})
    return replace(current, state=ImportState.CANCELED, ended_at=now)


def ended(current: Import, state: ImportState, why: tuple[str, str], now: datetime) -> Import:
    """The import, ended before its time, ``why`` by reason and message; one that has ended stays as it is."""
    if not current.is_running:
        return current
    reason, message = why
    return replace(current, state=state, failure_reason=reason, failure_message=message, ended_at=now)
