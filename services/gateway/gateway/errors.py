"""Errors as RFC 9457 problems. Every answer of the gateway that is not a success is made here."""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import orjson
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.answers.json import violation
from gateway.violations import violations_of
from kit.errors import ErrorKind, FieldViolation, LeadlineError, invalid

MEDIA_TYPE = "application/problem+json"
OUTCOME = "leadline.outcome"

_STATUSES: dict[ErrorKind, int] = {
    ErrorKind.INVALID: 422,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.REFUSED: 409,
    ErrorKind.STALE: 412,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNAVAILABLE: 503,
}
RETRY_AFTER_SECONDS = "2"
# What is over soon by itself, although the state forbids it now.
_SOON_OVER = {"IDEMPOTENCY_IN_PROGRESS", "LEAD_CONVERTING"}
_SOON_SECONDS = "1"
_LONGEST_CAUSE = 300
# Members of problems that are numbers in JSON; everything in an error's metadata is text.
_NUMBERS = ("count", "currentVersion", "limitBytes", "undoHours")
# What identifies a kind of problem; a URN, because it promises no page on any host.
_TYPE = "urn:leadline:problem:"


class HttpError(Exception):
    """A refusal that only HTTP knows: a body that cannot be read, a path that does not exist."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    violations: Sequence[FieldViolation] = (),
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that was refused or went wrong."""
    request.scope.setdefault(OUTCOME, {})["code"] = code
    content: dict[str, Any] = {
        "type": _TYPE + code,
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request.scope["raw_path"].decode("ascii"),
        "code": code,
    }
    if violations:
        content["errors"] = [violation(each) for each in violations]
    for name, value in (members or {}).items():
        content.setdefault(name, value)
    sent = {"cache-control": "no-store", **(headers or {})}
    return Response(orjson.dumps(content), status, sent, MEDIA_TYPE)


async def leadline_error(request: Request, error: LeadlineError) -> Response:
    """A refusal by a service, or by the gateway in the services' words."""
    return _refusal(request, error)


async def validation_error(request: Request, error: RequestValidationError) -> Response:
    """What FastAPI found wrong in path, query, headers or body."""
    return _refusal(request, invalid(*violations_of(error.errors())))


async def http_error(request: Request, error: HttpError) -> Response:
    """A body that cannot be read."""
    return problem(request, error.status, error.code, error.message, headers=error.headers)


async def routing_error(request: Request, error: HTTPException) -> Response:
    """A path that does not exist, or not with this method."""
    if error.status_code == 405:
        allowed = _methods_of(request)
        message = f"This path takes {allowed}."
        return problem(request, 405, "method_not_allowed", message, headers={"allow": allowed})
    if error.status_code == 404:
        return problem(request, 404, "path_not_found", "There is no such path.")
    return problem(request, error.status_code, "not_possible", "This cannot be done.")


def internal_error(request: Request) -> Response:
    """Our own fault: nothing of its inside is told."""
    return problem(request, 500, "internal", "Something went wrong on our side. The request id finds it in our logs.")


def _refusal(request: Request, error: LeadlineError) -> Response:
    headers: dict[str, str] = {}
    if error.kind is ErrorKind.UNAUTHENTICATED:
        known = "" if error.reason == "TOKEN_MISSING" else ', error="invalid_token"'
        headers["www-authenticate"] = f'Bearer realm="leadline"{known}'
    if error.reason in _SOON_OVER:
        headers["retry-after"] = _SOON_SECONDS
    if error.kind is ErrorKind.UNAVAILABLE:
        headers["retry-after"] = RETRY_AFTER_SECONDS
        request.scope.setdefault(OUTCOME, {})["cause"] = _cause(error)
    return problem(
        request,
        _STATUSES[error.kind],
        error.reason.lower(),
        error.message,
        violations=error.violations,
        members={name: _member(name, value) for name, value in error.metadata.items()},
        headers=headers,
    )


def _cause(error: LeadlineError) -> str | None:
    """What operators want to know of a part that is away. Callers are not told."""
    inner = error.__cause__
    return str(inner.details())[:_LONGEST_CAUSE] if isinstance(inner, grpc.aio.AioRpcError) else None


def _member(name: str, value: str) -> Any:
    if name == "duplicateIds":
        return [each for each in value.split(",") if each]
    if name in _NUMBERS and value.isdecimal():
        return int(value)
    return value.lower() if name == "cause" else value


def _methods_of(request: Request) -> str:
    path = request.scope["path"]
    routes = [route for route in request.app.routes if isinstance(route, APIRoute) and route.path_regex.match(path)]
    methods = {method for route in routes for method in route.methods or ()}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
