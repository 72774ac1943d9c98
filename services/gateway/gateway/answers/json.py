"""What all answers are made of: instants, exact decimals, optional values, and the responses themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from kit.errors import FieldViolation

_MEDIA_TYPE = "application/json"


class CursorAnswer(Protocol):
    """A service's answer with a page that goes on by cursor."""

    total: int
    next_cursor: str


def instant(timestamp: Timestamp) -> str:
    """RFC 3339, UTC: to the second, and to the millisecond where there is a part of one."""
    text = datetime.fromtimestamp(timestamp.seconds, UTC).isoformat()[:19]
    milliseconds = timestamp.nanos // 1_000_000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def given(message: Message, field: str) -> Any:
    """The value of an optional field, or None."""
    return getattr(message, field) if message.HasField(field) else None


def instant_given(message: Message, field: str) -> str | None:
    """The instant in an optional field, or None."""
    return instant(getattr(message, field)) if message.HasField(field) else None


def decimal_given(message: Message, field: str) -> orjson.Fragment | None:
    """The decimal in an optional text field as a JSON number, digit by digit, or None."""
    return orjson.Fragment(getattr(message, field)) if message.HasField(field) else None


def raw(json_text: str, empty: str) -> orjson.Fragment:
    """JSON text as it is; ``empty`` where there is none."""
    return orjson.Fragment(json_text or empty)


def violation(one: FieldViolation) -> dict[str, Any]:
    """What is wrong with a field."""
    return {"field": one.field, "code": one.reason.lower(), "message": one.message}


def ok(value: Any, *, version: int | None = None) -> Response:
    """200 with the value, and its version as ETag."""
    return _answer(200, value, version, {})


def created(value: Any, location: str, *, version: int | None = None) -> Response:
    """201 with the whole object and where it is."""
    return _answer(201, value, version, {"location": location})


def accepted(value: Any, location: str) -> Response:
    """202 with how far it is, and where to look later."""
    return _answer(202, value, None, {"location": location})


def no_content() -> Response:
    """204."""
    return Response(status_code=204)


def cursor_page(
    items: Sequence[Any], answer: CursorAnswer, *, page: int | None, limit: int, with_total: bool = True
) -> Response:
    """A page of a list that goes on by cursor; its number is null where a cursor was followed."""
    meta = {
        "total": answer.total,
        "page": page,
        "limit": limit,
        "totalPages": pages(answer.total, limit),
        "nextCursor": answer.next_cursor or None,
    }
    if not with_total:
        del meta["total"], meta["totalPages"]
    return ok({"data": items, "meta": meta})


def pages(total: int, limit: int) -> int:
    """How many pages there are."""
    return -(-total // limit)


def _answer(status: int, value: Any, version: int | None, headers: dict[str, str]) -> Response:
    headers["cache-control"] = "no-store"
    if version is not None:
        headers["etag"] = f'"{version}"'
    content = value if isinstance(value, bytes) else orjson.dumps(value)
    return Response(content, status, headers, _MEDIA_TYPE)
