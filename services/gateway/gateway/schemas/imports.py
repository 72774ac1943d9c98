"""Imports of leads from CSV files: how the file is read, and how far it is."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from gateway.schemas.base import Answer, Body
from gateway.schemas.types import Id, Instant

DuplicatePolicy = Literal["skip", "update", "create"]

_OPTIONS: dict[str, Any] = {
    "mapping": {"Last Name": "lastName", "Mobile": "phone", "Size": "customFields.company_size", "LEADID": None},
    "restToCustomFields": False,
    "defaults": {"priority": "high"},
    "values": {"source": {"Employee Referral": "referral", "*": "other"}},
    "duplicates": "skip",
    "dryRun": False,
}


class ImportOptions(Body):
    """How a file becomes leads. Without it, columns go to the fields of their names."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OPTIONS]})

    mapping: dict[str, str | None] = Field(
        default_factory=dict,
        description="Column to field: a field of a new lead, or `customFields.<key>`; null leaves the column out. A "
        "column that is not named goes to the field of its name, whatever its case, spaces and underscores.",
    )
    rest_to_custom_fields: bool = Field(
        False, description="Columns that go to no field become custom fields under their own names."
    )
    defaults: dict[str, str] = Field(
        default_factory=dict, description="Field to value, for what a row says nothing of."
    )
    replacements: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        alias="values",
        description="By field, what stands in the file to what the field takes; `*` is for all that is not named.",
    )
    duplicates: DuplicatePolicy = Field(
        "skip",
        description="What becomes of a row whose e-mail, else phone, a lead has: it is left out, changes the newest "
        "such lead, or becomes a lead more.",
    )
    dry_run: bool = Field(False, description="Go through all rows and count, without changing any lead.")


class AppliedOptions(Answer):
    """How the file is read. Defaults are filled in."""

    mapping: dict[str, str | None]
    rest_to_custom_fields: bool
    defaults: dict[str, str]
    values: dict[str, dict[str, str]]
    duplicates: DuplicatePolicy
    dry_run: bool


class ImportColumn(Answer):
    """A column of the file."""

    name: str
    field: str | None = Field(description="Where it goes; null where it is left out.")


class ImportFailure(Answer):
    """Why an import could not go on."""

    code: str = Field(description="A problem code.")
    message: str


class Import(Answer):
    """An import, and how far it is: processed is created, updated, skipped and refused together."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "018f4e6e-0000-7000-8000-000000000021",
                    "state": "running",
                    "fileName": "leads.csv",
                    "sizeBytes": 512000,
                    "options": _OPTIONS,
                    "columns": [
                        {"name": "Last Name", "field": "lastName"},
                        {"name": "Mobile", "field": "phone"},
                        {"name": "Size", "field": "customFields.company_size"},
                        {"name": "LEADID", "field": None},
                    ],
                    "processed": 1200,
                    "created": 1100,
                    "updated": 0,
                    "skipped": 40,
                    "refused": 60,
                    "processedBytes": 174080,
                    "createdBy": "018f4e6e-0000-7000-8000-000000000001",
                    "createdAt": "2025-01-20T10:00:00Z",
                    "endedAt": None,
                    "failure": None,
                }
            ]
        }
    )

    id: Id
    state: Literal["running", "completed", "canceled", "failed"]
    file_name: str
    size_bytes: int
    options: AppliedOptions
    columns: list[ImportColumn]
    processed: int
    created: int
    updated: int
    skipped: int
    refused: int
    processed_bytes: int = Field(description="How far the file has been read.")
    created_by: Id
    created_at: Instant
    ended_at: Instant | None
    failure: ImportFailure | None
