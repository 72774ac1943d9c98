"""Input, result and steps of the lead-conversion workflow. Ids only: what is converted stays in the services."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class LeadConversionInput:
    """Which conversion to carry out. ``who`` is for operators' eyes."""

    lead_id: str
    conversion_id: str
    who: str


class ConversionState(StrEnum):
    """Where a conversion stands, as the leads service keeps it."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
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
    """Result of read-plan: the state, and which of the three records are planned, linked or made."""

    state: ConversionState
    account: bool = False
    contact: bool = False
    opportunity: bool = False


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
class CopyNotes:
    """Input of copy-notes. Its result is the number of notes."""

    conversion_id: str
    lead_id: str


@dataclass(frozen=True, slots=True)
class FailConversion:
    """Input of fail-conversion. ``reason`` is an ErrorReason without its prefix; the message is for people."""

    conversion_id: str
    reason: str
    message: str
