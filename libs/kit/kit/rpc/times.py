"""Instants and waits between protos and Python; instants are aware, UTC."""

from datetime import UTC, datetime

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import invalid_field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_timestamp(instant: datetime | None) -> Timestamp | None:
    """The proto of an instant; nothing for nothing."""
    if instant is None:
        return None
    # A third of the time that Timestamp.FromDatetime takes: lists have very many.
    since = instant - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def wait_seconds(wait: Duration, longest: float) -> float:
    """How many seconds a caller wants to wait for the end of what it begins: its ``max_wait``.

    Raises:
        LeadlineError: VALIDATION_FAILED.
    """
    seconds = wait.seconds + wait.nanos / 1e9
    if not 0 <= seconds <= longest:
        raise invalid_field("maxWait", "OUT_OF_RANGE", f"Must be from 0 to {longest:.0f} seconds.")
    return seconds


def optional_instant(message: Message, proto_field: str, field: str) -> datetime | None:
    """The instant of a message's field, if it is there.

    Raises:
        LeadlineError: VALIDATION_FAILED naming ``field`` for one that no calendar has.
    """
    if not message.HasField(proto_field):
        return None
    try:
        return getattr(message, proto_field).ToDatetime(tzinfo=UTC)  # type: ignore[no-any-return]
    except (ValueError, OverflowError) as error:
        raise invalid_field(field, "OUT_OF_RANGE", "Must be an instant between the years 1 and 9999.") from error
