"""Downloads: what a service answers in parts goes on to the caller as it comes, as fast as the caller takes it."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.middleware import HEAD_ONLY

CSV = "text/csv; charset=utf-8"

Answered = TypeVar("Answered")


async def download(
    answers: AsyncGenerator[Answered],
    content_of: Callable[[Answered], bytes],
    media_type: str,
    filename: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """200 with the contents, of which the first is there by now: what goes wrong before it is answered as a problem.

    What goes wrong later breaks the connection, so that no half of a file looks whole. A caller that leaves ends the
    call behind it.

    Raises:
        LeadlineError: what the service answered instead of a first part.
    """
    try:
        first = await anext(answers, None)
    except BaseException:
        await answers.aclose()
        raise
    own = {"cache-control": "no-store", "content-disposition": attachment(filename)}
    content = _contents(first, answers, content_of)
    return _Download(answers, content, headers={**own, **(headers or {})}, media_type=media_type)


def attachment(filename: str) -> str:
    """The Content-Disposition of a file to be kept under this name, which may have any characters."""
    plain = re.sub(r"[^ !#$&-\[\]-~]", "_", filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


class _Download(StreamingResponse):
    def __init__(self, answers: AsyncGenerator[Any], content: AsyncGenerator[bytes], **more: Any) -> None:
        super().__init__(content, **more)
        self._answers = answers
        self._is_whole = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; however that ends, the call behind it ends with it."""
        async with aclosing(self._answers):
            if HEAD_ONLY in scope:
                self.body_iterator = _nothing()
            await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        """Send all of it."""
        await super().stream_response(send)
        self._is_whole = True

    async def listen_for_disconnect(self, receive: Receive) -> None:
        """Wait until the caller leaves, or has everything.

        Raises:
            ClientDisconnect: it left before.
        """
        await super().listen_for_disconnect(receive)
        if not self._is_whole:
            raise ClientDisconnect


async def _contents(
    first: Answered | None, rest: AsyncGenerator[Answered], content_of: Callable[[Answered], bytes]
) -> AsyncGenerator[bytes]:
    if first is not None:
        yield content_of(first)
    async for answer in rest:
        yield content_of(answer)


async def _nothing() -> AsyncGenerator[bytes]:
    return
    yield b""
