"""Errors that a caller is told about. Pure, so that domain code can raise them; `kit.rpc.errors` sends them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class ErrorKind(Enum):
    """What sort of refusal it is. Each kind is one gRPC code and one HTTP status."""

    INVALID = "invalid"  # a value is wrong: INVALID_ARGUMENT, 422
    NOT_FOUND = "not_found"  # NOT_FOUND, 404
    REFUSED = "refused"  # the state forbids it: FAILED_PRECONDITION, 409
    STALE = "stale"  # changed since it was read: ABORTED, 412
    FORBIDDEN = "forbidden"  # PERMISSION_DENIED, 403
    UNAUTHENTICATED = "unauthenticated"  # UNAUTHENTICATED, 401
    TOO_LARGE = "too_large"  # more than may be sent: OUT_OF_RANGE, 413
    UNAVAILABLE = "unavailable"  # a part is down, try again: UNAVAILABLE, 503


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field at fault: its REST name (camelCase, dotted path), an UPPER_SNAKE reason, a sentence for people."""

    field: str
    reason: str
    message: str


class LeadlineError(Exception):
    """An expected refusal. ``reason`` is a value of ``leadline.common.v1.ErrorReason`` without its prefix."""

    def __init__(
        self,
        kind: ErrorKind,
        reason: str,
        message: str,
        *,
        violations: Sequence[FieldViolation] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.violations = tuple(violations)
        self.metadata = dict(metadata or {})


def invalid(*violations: FieldViolation, reason: str = "VALIDATION_FAILED") -> LeadlineError:
    """Refuse wrong values; the message names every field."""
    message = " ".join(f"{violation.field}: {violation.message}" for violation in violations)
    return LeadlineError(ErrorKind.INVALID, reason, message, violations=violations)


def invalid_field(field: str, reason: str, message: str) -> LeadlineError:
    """Refuse one wrong value."""
    return invalid(FieldViolation(field, reason, message))


def not_found(reason: str, message: str) -> LeadlineError:
    """Say that there is no such thing; soft-deleted counts."""
    return LeadlineError(ErrorKind.NOT_FOUND, reason, message)


def refused(
    reason: str,
    message: str,
    *,
    violations: Sequence[FieldViolation] = (),
    metadata: Mapping[str, str] | None = None,
) -> LeadlineError:
    """Say that the state of things forbids it."""
    return LeadlineError(ErrorKind.REFUSED, reason, message, violations=violations, metadata=metadata)


def stale(current_version: int) -> LeadlineError:
    """Say that the object changed since the caller read it."""
    return LeadlineError(
        ErrorKind.STALE,
        "VERSION_STALE",
        f"The object is at version {current_version} now. Read it again and repeat the change.",
        metadata={"currentVersion": str(current_version)},
    )


def forbidden(
    reason: str,
    message: str,
    *,
    violations: Sequence[FieldViolation] = (),
    metadata: Mapping[str, str] | None = None,
) -> LeadlineError:
    """Say that this caller may not."""
    return LeadlineError(ErrorKind.FORBIDDEN, reason, message, violations=violations, metadata=metadata)


def upload_too_large(limit: int) -> LeadlineError:
    """Refuse what is sent in parts and has more bytes than it may have."""
    message = f"It may have at most {limit} bytes."
    return LeadlineError(ErrorKind.TOO_LARGE, "UPLOAD_TOO_LARGE", message, metadata={"limitBytes": str(limit)})


def unauthenticated(reason: str, message: str) -> LeadlineError:
    """Say that no good token came with the call."""
    return LeadlineError(ErrorKind.UNAUTHENTICATED, reason, message)


def unavailable(message: str, *, reason: str = "PART_UNAVAILABLE") -> LeadlineError:
    """Say that a part is down and that the call may be repeated."""
    return LeadlineError(ErrorKind.UNAVAILABLE, reason, message)
