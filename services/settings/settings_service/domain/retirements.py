"""The deletion of an entry that records may use: what can be named for its records, and how it ends."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from kit.errors import LeadlineError, refused
from settings_service.domain.entries import Module

RetirementKind = Literal["pipeline", "stage", "priority", "source", "disqualification_reason", "team_role"]
RetirementState = Literal["running", "completed", "failed"]

LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """One deletion. ``name`` and ``target_name`` are as they were when it was asked for; times are UTC.

    ``total`` and ``moved`` count records as far as is known; ``revision`` is the configuration's first one without
    the entry.
    """

    id: UUID
    kind: RetirementKind
    entry_id: UUID
    name: str
    module: Module | None
    target_id: UUID | None
    target_name: str | None
    state: RetirementState
    total: int
    moved: int
    failure_reason: str | None
    failure_message: str | None
    revision: int | None
    requested_by: UUID
    started_at: datetime
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self.state != "running"


def require_not_failed(retirement: Retirement) -> Retirement:
    """Let a deletion pass that is completed or still running.

    Raises:
        LeadlineError: IN_USE, RETIREMENT_FAILED.
    """
    if retirement.state != "failed":
        return retirement
    if retirement.failure_reason == "IN_USE":
        sentence = retirement.failure_message or "Records use it. Name another entry that takes them."
        raise refused("IN_USE", sentence, metadata={"count": str(retirement.total)})
    metadata = {"cause": retirement.failure_reason or "", "retirementId": str(retirement.id)}
    sentence = f"{retirement.name} was not deleted. {retirement.failure_message or ''}".strip()
    raise refused("RETIREMENT_FAILED", sentence, metadata=metadata)


def retiring(retirement: Retirement) -> LeadlineError:
    """The refusal of what touches an entry that is being deleted, or that takes the records of one."""
    return refused(
        "RETIRING",
        f"The deletion of {retirement.name} is running.",
        metadata={"retirementId": str(retirement.id)},
    )
