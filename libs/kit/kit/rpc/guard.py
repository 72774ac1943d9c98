"""What every served call passes: request id, token, access rule, deadline, error mapping, one log line."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc

from kit.context import request_id, set_principal, workflow_id
from kit.errors import ErrorKind, LeadlineError, invalid_field, unauthenticated, unavailable
from kit.ids import new_id
from kit.logs import get_logger
from kit.rpc.access import AccessRule
from kit.rpc.errors import code_of, trailers_of
from kit.tokens import TokenVerifier

log = get_logger(__name__)

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
# A caller that sets no deadline does not hold our connections for longer than this.
_LONGEST_CALL_SECONDS = 75.0
# What comes in parts may come slowly.
_LONGEST_UPLOAD_SECONDS = 15 * 60.0
_OPEN_SERVICES = ("/grpc.health.v1.", "/grpc.reflection.")
_SERVER_FAULTS = {ErrorKind.UNAVAILABLE}

# Generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


class Guard(grpc.aio.ServerInterceptor):
    """Guards the methods it knows a rule for; health and reflection are open, everything else is refused."""

    def __init__(self, verifier: TokenVerifier, rules: dict[str, AccessRule]) -> None:
        self._verifier = verifier
        self._rules = rules
        self._guarded: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Answer the guarded handler of the method, made once."""
        name = handler_call_details.method
        known = self._guarded.get(name)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None or name.startswith(_OPEN_SERVICES):
            return handler
        guarded = self._guard(name, handler)
        self._guarded[name] = guarded
        return guarded

    def _guard(self, name: str, handler: Handler) -> Handler:
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(name, handler.unary_unary),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        if handler.unary_stream is not None:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(name, handler.unary_stream),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        if handler.stream_unary is not None:
            return grpc.stream_unary_rpc_method_handler(
                self._upload(name, handler.stream_unary),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        message = f"{name} streams both ways, which nothing here guards"
        raise TypeError(message)

    def _unary(self, name: str, behaviour: Any) -> Any:
        return self._answering(name, behaviour, _LONGEST_CALL_SECONDS)

    def _upload(self, name: str, behaviour: Any) -> Any:
        def whole(requests: AsyncIterator[Any], context: Context) -> Any:
            return behaviour(_to_the_end(requests), context)

        return self._answering(name, whole, _LONGEST_UPLOAD_SECONDS)

    def _answering(self, name: str, behaviour: Any, seconds: float) -> Any:
        async def guarded(request: Any, context: Context) -> Any:
            started = time.perf_counter()
            try:
                await self._admit(name, context)
                async with asyncio.timeout(seconds):
                    answer = await behaviour(request, context)
            except asyncio.CancelledError:
                _log_call(name, "CANCELLED", started)
                raise
            except Exception as error:  # noqa: BLE001 - the edge: each error becomes a status
                await _refuse(name, context, error, started)
            else:
                _log_call(name, "OK", started)
                return answer

        return guarded

    def _stream(self, name: str, behaviour: Any) -> Any:
        async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
            started = time.perf_counter()
            try:
                await self._admit(name, context)
                async for answer in behaviour(request, context):
                    yield answer
            except asyncio.CancelledError:
                _log_call(name, "CANCELLED", started)
                raise
            except Exception as error:  # noqa: BLE001 - the edge: each error becomes a status
                await _refuse(name, context, error, started)
            _log_call(name, "OK", started)

        return guarded

    async def _admit(self, name: str, context: Context) -> None:
        metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
        given, workflow = metadata.get("x-request-id", ""), metadata.get("x-workflow-id", "")
        request_id.set(given if _REQUEST_ID.fullmatch(given) else str(new_id()))
        workflow_id.set(workflow if _REQUEST_ID.fullmatch(workflow) else "")
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("TOKEN_MISSING", "This needs a bearer token.")
        principal = await self._verifier.verify(token.strip())
        self._rules[name].check(principal)
        set_principal(principal)


async def _to_the_end(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The requests before the empty one that ends them. A call that breaks off ends just so, but without it."""
    async for request in requests:
        if not request.ByteSize():
            return
        yield request
    raise invalid_field("body", "CUT_OFF", "What comes in parts ends with an empty message.")


async def _refuse(name: str, context: Context, error: Exception, started: float) -> None:
    known = _known(error)
    if known is None:
        log.error("call failed", method=name, exc_info=error)
        known = LeadlineError(ErrorKind.UNAVAILABLE, "INTERNAL", "Something went wrong on our side.")
        await context.abort(grpc.StatusCode.INTERNAL, known.message, trailers_of(known))
    code = code_of(known)
    cause = repr(error.__cause__ or error) if known.kind in _SERVER_FAULTS else None
    _log_call(name, code.name, started, reason=known.reason, cause=cause)
    await context.abort(code, known.message, trailers_of(known))


def _known(error: Exception) -> LeadlineError | None:
    if isinstance(error, LeadlineError):
        return error
    if isinstance(error, TimeoutError):
        return unavailable("The call took too long.", reason="DEADLINE_EXCEEDED")
    return None


def _log_call(name: str, code: str, started: float, *, reason: str | None = None, cause: str | None = None) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    extra = {key: value for key, value in (("reason", reason), ("cause", cause)) if value}
    log.info("call", method=name, code=code, ms=milliseconds, **extra)
