"""Input, result and steps of the lead-import workflow. The leads service keeps how far an import is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: result of both activities, of the workflow and of its query.

    ``state`` as the leads service names it: running, completed, canceled, failed. ``reason`` and ``message`` say why
    it failed: an ErrorReason without its prefix, and a sentence for people.
    """

    state: str = "running"
    processed: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    processed_bytes: int = 0
    size_bytes: int = 0
    dry_run: bool = False
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class LeadImportInput:
    """Which import to carry out. The file's name and the user who ordered it are for operators' eyes.

    ``progress`` is how far a run was that goes on as a new one; starters leave it empty.
    """

    import_id: str
    file_name: str
    by: str
    progress: ImportProgress | None = None


@dataclass(frozen=True, slots=True)
class ImportRef:
    """Input of import-batch."""

    import_id: str


@dataclass(frozen=True, slots=True)
class EndImport:
    """Input of end-import: ``state`` is canceled or failed. Its result says how the import has ended."""

    import_id: str
    state: str
    reason: str = ""
    message: str = ""
