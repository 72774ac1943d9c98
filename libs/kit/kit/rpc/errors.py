"""Leadline's errors on the wire: google.rpc.Status with ErrorInfo and BadRequest, both ways."""

import grpc
from google.rpc import error_details_pb2, status_pb2

from kit.errors import ErrorKind, FieldViolation, LeadlineError

DOMAIN = "leadline"
_DETAILS_KEY = "grpc-status-details-bin"

_CODES: dict[ErrorKind, grpc.StatusCode] = {
    ErrorKind.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorKind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorKind.REFUSED: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorKind.STALE: grpc.StatusCode.ABORTED,
    ErrorKind.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    ErrorKind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    ErrorKind.TOO_LARGE: grpc.StatusCode.OUT_OF_RANGE,
    ErrorKind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
_KINDS = {code: kind for kind, code in _CODES.items()}


def code_of(error: LeadlineError) -> grpc.StatusCode:
    """The gRPC code of an error."""
    return _CODES[error.kind]


def trailers_of(error: LeadlineError) -> tuple[tuple[str, bytes]]:
    """The trailing metadata that carries an error's reason and fields."""
    status = status_pb2.Status(code=code_of(error).value[0], message=error.message)
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    status.details.add().Pack(info)
    if error.violations:
        bad = error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(
                    field=violation.field, reason=violation.reason, description=violation.message
                )
                for violation in error.violations
            ]
        )
        status.details.add().Pack(bad)
    return ((_DETAILS_KEY, status.SerializeToString()),)


def error_from_call(error: grpc.aio.AioRpcError) -> LeadlineError | None:
    """The error that another service of Leadline answered, or that its being away amounts to.

    None for anything unexpected, which stays our own fault.
    """
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            return _from_status(error.code(), status_pb2.Status.FromString(value))
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return LeadlineError(
            ErrorKind.UNAVAILABLE, "PART_UNAVAILABLE", "A part of Leadline does not answer. Try again soon."
        )
    if error.code() in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}:
        return LeadlineError(
            ErrorKind.UNAVAILABLE,
            "DEADLINE_EXCEEDED",
            "The answer took too long. What was asked for may or may not have happened; look before repeating.",
        )
    return None


def _from_status(code: grpc.StatusCode, status: status_pb2.Status) -> LeadlineError | None:
    kind = _KINDS.get(code)
    if kind is None:
        return None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad)
    violations = [FieldViolation(each.field, each.reason, each.description) for each in bad.field_violations]
    return LeadlineError(kind, info.reason, status.message, violations=violations, metadata=dict(info.metadata))
