"""The edge of every request: its id, its one line in the log, and an answer whatever happens."""

import re
import time
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import OUTCOME, internal_error
from kit.context import request_id
from kit.ids import new_id
from kit.logs import get_logger

log = get_logger(__name__)

# What the services accept as a request id: printable ASCII without space.
_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")
_SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_LONGEST_PATH = 200
_CLIENT_GONE = 499
# In the scope of a request whose answer's body nobody gets.
HEAD_ONLY = "leadline.head_only"


class Edge:
    """Pure ASGI, because it is on the way of every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id.set(_request_id(scope))
        # A HEAD is answered like its GET; the server leaves the body out.
        inner = {**scope, "method": "GET", HEAD_ONLY: True} if scope["method"] == "HEAD" else dict(scope)
        outcome: dict[str, Any] = inner.setdefault(OUTCOME, {})
        error = await self._serve(inner, receive, _with_headers(send, outcome))
        _log(scope, outcome, started, error)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> Exception | None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            scope[OUTCOME]["status"] = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the edge: whatever went wrong, the caller gets an answer
            if "status" not in scope[OUTCOME]:
                answer = internal_error(Request(scope))
                await answer(scope, receive, send)
            return error
        return None


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return str(new_id())


def _with_headers(send: Send, outcome: dict[str, Any]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            outcome["status"] = message["status"]
            own = (b"x-request-id", request_id.get().encode("ascii"))
            message["headers"] = [*message.get("headers", ()), own, *_SECURITY_HEADERS]
        await send(message)

    return sending


def _log(scope: Scope, outcome: dict[str, Any], started: float, error: Exception | None) -> None:
    line = {
        "method": scope["method"],
        "path": scope["path"][:_LONGEST_PATH],
        "ms": round((time.perf_counter() - started) * 1000, 1),
        **outcome,
    }
    if error is None:
        log.info("request", **line)
    else:
        log.error("request", **line, exc_info=error)
