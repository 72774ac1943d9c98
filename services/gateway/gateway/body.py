"""Reading a JSON body: bounded in size, time and depth, exact in its numbers, and strict."""

import asyncio
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
from starlette.requests import Request

from gateway.errors import HttpError
from kit.errors import invalid_field

_DEEPEST = 64
_LONGEST_NUMBER = 64
_LARGEST_EXPONENT = 400
_LONGEST_INT = 18
# Escapes that PostgreSQL and UTF-8 cannot hold: NUL and halves of surrogate pairs.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")
_JSON_TYPE = re.compile(r'application/(?:[\w.-]+\+)?json\s*(?:;\s*charset="?utf-8"?\s*)?', re.IGNORECASE)


class Number:
    """A number of a body, as it was written. Short integers are plain ones. No dataclass: orjson would unfold it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def exact(self) -> Decimal:
        """Its exact value."""
        return Decimal(self.text)


class ParsedRequest(Request):
    """A request whose body has been read and parsed, so that FastAPI does neither again."""

    def __init__(self, request: Request, raw: bytes, value: dict[str, Any]) -> None:
        super().__init__(request.scope, request.receive)
        self._raw = raw
        self._value = value

    async def body(self) -> bytes:
        """The bytes that came."""
        return self._raw

    async def json(self) -> Any:
        """What they say."""
        return self._value


async def read_json(request: Request, *, limit: int, seconds: float, may_be_empty: bool) -> ParsedRequest:
    """The request with its JSON object, of at most ``limit`` bytes that come within ``seconds``.

    Raises:
        HttpError: not_json, body_too_large, body_too_slow or unsupported_media_type.
        LeadlineError: VALIDATION_FAILED.
    """
    content_type = request.headers.get("content-type")
    if content_type is not None and not _JSON_TYPE.fullmatch(content_type):
        raise _not_a_json_type()
    raw = await _read(request, limit, seconds)
    if may_be_empty and not raw:
        return ParsedRequest(request, b"{}", {})
    if content_type is None:
        raise _not_a_json_type()
    return ParsedRequest(request, raw, parse_object(raw))


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``.

    Raises:
        HttpError: not_json.
        LeadlineError: VALIDATION_FAILED for what JSON can say and Leadline cannot hold.
    """
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise HttpError(400, "not_json", "The body is not JSON in UTF-8, or a key in it stands twice.") from None
    if not isinstance(value, dict):
        raise invalid_field("body", "WRONG_TYPE", "Must be a JSON object.")
    if raw.count(b"{") + raw.count(b"[") > _DEEPEST or _SUSPECT.search(raw):
        _check(value)
    return value


def json_text(value: Any) -> str:
    """A value of a body as JSON text, with its numbers as they were written."""
    return orjson.dumps(value, default=_as_written).decode()


def _as_written(number: Number) -> orjson.Fragment:
    return orjson.Fragment(number.text)


def _not_a_json_type() -> HttpError:
    return HttpError(415, "unsupported_media_type", "Send the body as application/json in UTF-8.")


async def _read(request: Request, limit: int, seconds: float) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:_LONGEST_INT]) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
    except TimeoutError:
        message = f"The body took more than {seconds:g} s to come."
        raise HttpError(408, "body_too_slow", message, headers={"connection": "close"}) from None
    return b"".join(chunks)


def _too_large(limit: int) -> HttpError:
    # The connection stays: closed on a client that still sends, it would be reset before the answer is read.
    return HttpError(413, "body_too_large", f"The body may have at most {limit} bytes.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key stands twice"
        raise ValueError(message)
    return found


def _integer(text: str) -> int | Number:
    return int(text) if len(text) <= _LONGEST_INT else _number(text)


def _number(text: str) -> Number:
    _, _, exponent = text.lower().partition("e")
    if len(text) > _LONGEST_NUMBER or abs(int(exponent or 0)) > _LARGEST_EXPONENT or math.isinf(float(text)):
        raise invalid_field("body", "OUT_OF_RANGE", f"The number {text[:20]}… is too long or out of range.")
    return Number(text)


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_refuse_constant
)


def _check(value: dict[str, Any]) -> None:
    """Refuse what is nested too deeply, and texts with characters that cannot be held."""
    waiting: list[tuple[str, int, Any]] = [("", 1, value)]
    while waiting:
        path, depth, each = waiting.pop()
        if isinstance(each, str) and _UNHOLDABLE.search(each):
            raise invalid_field(path[:100], "WRONG_CHARACTER", "Must not have NUL or half of a surrogate pair in it.")
        if depth > _DEEPEST:
            raise invalid_field(path[:100], "TOO_DEEP", f"Must not be nested over {_DEEPEST} levels.")
        waiting.extend((name, depth + 1, inner) for name, inner in _inside(path, each))


def _inside(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if _UNHOLDABLE.search(key):
                raise invalid_field(
                    path[:100] or "body", "WRONG_CHARACTER", "A key in it has NUL or half of a surrogate pair."
                )
            yield (f"{path}.{key}" if path else key), inner
    elif isinstance(value, list):
        yield from ((f"{path}[{index}]", inner) for index, inner in enumerate(value))
