"""Inputs, results and steps of converting and unconverting leads. Ids only: what is converted stays in the services."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class LeadConversionInput:
    """Which conversion to carry out. ``who`` is for operators' eyes."""

    lead_id: str
    conversion_id: str
    who: str
    # Whether it is completed or undone is decided where it is kept. Runs of the release before decide that themselves.
    leads_decide: bool = False


class ConversionState(StrEnum):
    """Where a conversion stands, as the leads service keeps it."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    # A completed one that somebody asked to undo, and one that was undone.
    UNCONVERTING = "unconverting"
    UNCONVERTED = "unconverted"
    # The leads service knows no such conversion.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LeadConversionResult:
    """How it ended.

    ``completed`` with the ids, or ``failed`` with the reason after everything was undone. A run that found its
    conversion no longer running did nothing and says only in which state it was.
    """

    state: ConversionState
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlanOutline:
    """Result of read-plan: the state, which of the three records are planned, linked or made, and what is copied."""

    state: ConversionState
    account: bool = False
    contact: bool = False
    opportunity: bool = False
    notes: bool = False
    documents: bool = False
    team: bool = False
    # Why it is being undone: the way forward is closed. An ErrorReason without its prefix.
    undone_because: str = ""


@dataclass(frozen=True, slots=True)
class ConversionRef:
    """Input of the steps that need nothing but the conversion."""

    conversion_id: str


@dataclass(frozen=True, slots=True)
class ConversionRecords:
    """Input of the ensuring steps and of complete-conversion: what has been ensured so far."""

    conversion_id: str
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None


@dataclass(frozen=True, slots=True)
class EnsuredRecord:
    """Result of an ensuring step: the record's id, and whether this conversion made it or linked it."""

    record_id: str
    made: bool


@dataclass(frozen=True, slots=True)
class CopyOrder:
    """Input of copy-notes, copy-documents and copy-team. Their result is how many there are."""

    conversion_id: str
    lead_id: str


@dataclass(frozen=True, slots=True)
class ConversionEnd:
    """Result of start-undoing: running if it is to be undone, or how it had ended before, with the ids if completed."""

    state: ConversionState
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_id: str | None = None


@dataclass(frozen=True, slots=True)
class FailConversion:
    """Input of start-undoing and fail-conversion: an ErrorReason without its prefix, and a message for people."""

    conversion_id: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class UnconversionInput:
    """Which conversion to undo. ``who`` is for operators' eyes."""

    lead_id: str
    conversion_id: str
    who: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a record from going. ``field``: accountId, contactId or opportunityId; ``reason``: CHANGED or USED."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordsUndone:
    """Result of undo-records: nothing where everything is undone, else what stands in the way; then nothing changed."""

    reason: str = ""
    message: str = ""
    obstacles: list[Obstacle] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FailUnconversion:
    """Input of fail-unconversion: the lead stays converted. As in ``FailConversion``."""

    conversion_id: str
    reason: str
    message: str
    obstacles: list[Obstacle] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class UnconversionResult:
    """How it ended: ``unconverted``, or ``completed`` with the reason why it stays converted.

    A run that found its conversion in another state did nothing and says which.
    """

    state: ConversionState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConversionsChecked:
    """How many conversions were unfinished for a while, and how many of them had no open run and were ordered anew."""

    unfinished: int = 0
    ordered: int = 0
