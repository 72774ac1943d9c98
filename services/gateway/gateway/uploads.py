"""Uploads: multipart/form-data, read part by part as it comes, so that no file is ever held as a whole."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from gateway.errors import HttpError
from gateway.settings import GatewaySettings
from kit.errors import upload_too_large

_MEDIA_TYPE = b"multipart/form-data"
# What a body may have beside the file: boundaries, heads of parts, and short parts.
_AROUND_BYTES = 256 * 1024
_MOST_HEADERS = 8
_LONGEST_HEADER = 8 * 1024
_LONGEST_LENGTH = 18


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an upload. A file has a ``filename``; ``content_type`` is empty where nothing is said of it."""

    name: str
    filename: str | None
    content_type: str
    chunks: AsyncGenerator[bytes]


class Upload:
    """The body of a request in parts, in the order in which they were sent."""

    def __init__(self, request: Request, boundary: bytes, *, limit: int, seconds: float) -> None:
        self._body = request.stream()
        self._reader = _Reader(boundary)
        self._limit = limit
        self._seconds = seconds
        self._size = 0

    async def parts(self) -> AsyncGenerator[Part]:
        """Each part, whose chunks are there until the next part is asked for.

        Raises:
            HttpError: not_multipart, body_too_slow.
            LeadlineError: UPLOAD_TOO_LARGE.
        """
        while isinstance(head := await self._next(), _Head):
            chunks = self._chunks()
            yield Part(head.name, head.filename, head.content_type, chunks)
            async for _ in chunks:
                pass

    async def _chunks(self) -> AsyncGenerator[bytes]:
        while isinstance(event := await self._next(), bytearray):
            yield bytes(event)

    async def _next(self) -> "_Head | bytearray | None":
        """What comes next: the head of a part, some of its content, or the end of it or of everything."""
        while not self._reader.events:
            if self._reader.ended:
                return None
            self._reader.feed(await self._receive())
        return self._reader.events.popleft()

    async def _receive(self) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                chunk = await anext(self._body)
        except TimeoutError:
            message = f"Nothing of the body came for {self._seconds:g} s."
            raise HttpError(408, "body_too_slow", message, headers={"connection": "close"}) from None
        except StopAsyncIteration:
            raise _not_multipart("The body ends before its last part does.") from None
        self._size += len(chunk)
        if self._size > self._limit + _AROUND_BYTES:
            raise upload_too_large(self._limit)
        return chunk


def upload_within(limit_of: Callable[[GatewaySettings], int]) -> Callable[[Request], Awaitable[Upload]]:
    """What reads the upload of a request, whose file has at most so many bytes."""

    async def uploaded(request: Request) -> Upload:
        settings: GatewaySettings = request.app.state.settings
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary", b"")
        if kind != _MEDIA_TYPE or not boundary:
            raise HttpError(415, "unsupported_media_type", "Send the body as multipart/form-data with its boundary.")
        announced = request.headers.get("content-length", "0")
        limit = limit_of(settings)
        if announced.isdecimal() and int(announced[:_LONGEST_LENGTH]) > limit + _AROUND_BYTES:
            raise upload_too_large(limit)
        return Upload(request, boundary, limit=limit, seconds=settings.body_timeout_seconds)

    return uploaded


async def whole(part: Part, limit: int) -> bytes:
    """The content of a short part.

    Raises:
        HttpError: body_too_large.
    """
    content = bytearray()
    async for chunk in part.chunks:
        content += chunk
        if len(content) > limit:
            raise HttpError(413, "body_too_large", f"The part {part.name} may have at most {limit} bytes.")
    return bytes(content)


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    filename: str | None
    content_type: str


class _Reader:
    """Turns the bytes of a body into heads of parts, their contents, and None at the end of each."""

    def __init__(self, boundary: bytes) -> None:
        self.events: deque[_Head | bytearray | None] = deque()
        self.ended = False
        self._field = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        callbacks: Any = {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_head,
            "on_part_data": self._on_data,
            "on_part_end": lambda: self.events.append(None),
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(
                boundary, callbacks, max_header_count=_MOST_HEADERS, max_header_size=_LONGEST_HEADER
            )
        except FormParserError:
            raise _not_multipart("Its boundary is too long.") from None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            HttpError: not_multipart.
        """
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise _not_multipart("The body is no multipart/form-data of the boundary that its head names.") from None

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_head(self) -> None:
        self.events.append(_head_of(self._headers))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        # What may have been a boundary comes in pieces.
        if self.events and isinstance(last := self.events[-1], bytearray):
            last += data[start:end]
        else:
            self.events.append(bytearray(data[start:end]))

    def _on_end(self) -> None:
        self.ended = True


def _head_of(headers: dict[bytes, bytes]) -> _Head:
    kind, options = parse_options_header(headers.get(b"content-disposition", b"").decode("latin-1"))
    if kind != b"form-data" or b"name" not in options:
        raise _not_multipart("Each part needs a Content-Disposition of form-data with a name.")
    filename = options.get(b"filename")
    return _Head(
        name=_text(options[b"name"]),
        filename=None if filename is None else _text(filename),
        content_type=headers.get(b"content-type", b"").decode("latin-1").strip(),
    )


def _text(raw: bytes) -> str:
    # Browsers write a quotation mark in this way, and everything else as it is.
    return raw.decode("utf-8", "replace").replace("%22", '"')


def _not_multipart(message: str) -> HttpError:
    return HttpError(400, "not_multipart", message)
