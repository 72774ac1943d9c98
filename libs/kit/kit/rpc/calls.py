"""Calling another service: with a token, the request id and a deadline, and its errors come back as ours."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine
from typing import Any, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kit.context import request_id, workflow_id
from kit.rpc.errors import error_from_call

Request = TypeVar("Request")
Response = TypeVar("Response")

_OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # Errors that name many fields travel in the trailers; beyond the usual 8 KiB the whole answer would be lost.
    ("grpc.max_metadata_size", 64 * 1024),
    # What comes in parts waits at the service until it is taken: left alone, gRPC holds some 20 MB of it here.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1024 * 1024),
)


def open_channel(address: str) -> grpc.aio.Channel:
    """A channel to a service; it connects at its first call, and again whenever that is needed."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)


def call_metadata(token: str, idempotency_key: str | None = None) -> tuple[tuple[str, str], ...]:
    """The metadata that every call carries."""
    metadata = [("authorization", f"Bearer {token}")]
    if current := request_id.get():
        metadata.append(("x-request-id", current))
    if workflow := workflow_id.get():
        metadata.append(("x-workflow-id", workflow))
    if idempotency_key:
        metadata.append(("idempotency-key", idempotency_key))
    return tuple(metadata)


async def call(
    method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
    request: Request,
    *,
    token: str,
    timeout: float,  # noqa: ASYNC109 - travels with the call as its deadline
    idempotency_key: str | None = None,
) -> Response:
    """Make a call that must end within ``timeout`` seconds.

    Raises:
        LeadlineError: what the service answered, or PART_UNAVAILABLE and DEADLINE_EXCEEDED.
        grpc.aio.AioRpcError: anything that no service of ours should answer.
    """
    try:
        return await method(request, timeout=timeout, metadata=call_metadata(token, idempotency_key))
    except grpc.aio.AioRpcError as error:
        known = error_from_call(error)
        if known is None:
            raise
        raise known from error


async def upload(
    method: grpc.aio.StreamUnaryMultiCallable[Request, Response],
    requests: AsyncIterable[Request],
    *,
    token: str,
    timeout: float,  # noqa: ASYNC109 - travels with the call as its deadline
    idempotency_key: str | None = None,
) -> Response:
    """Make a call whose request comes in parts; it must end within ``timeout`` seconds.

    Parts are taken as fast as the service takes them, and no more of them once it has answered. Whatever ``requests``
    raises goes through, and the service then sees no end of the request.

    Raises:
        LeadlineError: what the service answered, or PART_UNAVAILABLE and DEADLINE_EXCEEDED.
        grpc.aio.AioRpcError: anything that no service of ours should answer.
    """
    uploading = method(timeout=timeout, metadata=call_metadata(token, idempotency_key))
    said: list[grpc.aio.AioRpcError] = []
    uploading.add_done_callback(lambda _call: said.append(_at_once(_status_of(uploading))))
    try:
        await _send(uploading, requests)
        return await uploading
    except grpc.aio.AioRpcError as error:
        known = error_from_call(error) or next(filter(None, map(error_from_call, said)), None)
        if known is None:
            raise
        raise known from error
    finally:
        uploading.cancel()


async def _send(uploading: grpc.aio.StreamUnaryCall[Request, Response], requests: AsyncIterable[Request]) -> None:
    try:
        async for request in _with_end(requests):
            await uploading.write(request)
        await uploading.done_writing()
    except (grpc.aio.AioRpcError, grpc.aio.InternalError, asyncio.InvalidStateError):
        # It has been answered already: the answer says more.
        return


async def _status_of(uploading: grpc.aio.StreamUnaryCall[Request, Response]) -> grpc.aio.AioRpcError:
    """How a call has ended. gRPC forgets it where a part is still being sent, and fails, when the answer comes."""
    code, trailers = await uploading.code(), await uploading.trailing_metadata()
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, await uploading.details())


def _at_once(coroutine: Coroutine[Any, Any, Response]) -> Response:
    """What a coroutine answers that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as answered:
        return answered.value  # type: ignore[no-any-return]
    message = "there was something to wait for"
    raise RuntimeError(message)


async def _with_end(requests: AsyncIterable[Request]) -> AsyncGenerator[Request]:
    """The requests, and an empty one: without it, a service would take a request that breaks off for a whole one."""
    kind: type[Request] | None = None
    async for request in requests:
        kind = type(request)
        yield request
    if kind is not None:
        yield kind()


async def stream(
    method: grpc.aio.UnaryStreamMultiCallable[Request, Response],
    request: Request,
    *,
    token: str,
    timeout: float,  # noqa: ASYNC109 - travels with the call as its deadline
) -> AsyncGenerator[Response]:
    """Make a call that answers in parts, the last of them within ``timeout`` seconds.

    Parts come as fast as they are taken. Closing the generator ends the call.

    Raises:
        LeadlineError: what the service answered, maybe after some parts, or PART_UNAVAILABLE and DEADLINE_EXCEEDED.
        grpc.aio.AioRpcError: anything that no service of ours should answer.
    """
    answers = method(request, timeout=timeout, metadata=call_metadata(token))
    try:
        async for answer in answers:
            yield answer
    except grpc.aio.AioRpcError as error:
        known = error_from_call(error)
        if known is None:
            raise
        raise known from error
    finally:
        answers.cancel()


async def is_serving(channel: grpc.aio.Channel, service: str = "", *, timeout: float = 1.0) -> bool:  # noqa: ASYNC109
    """Whether the health service behind the channel says SERVING, within ``timeout`` seconds."""
    stub = health_pb2_grpc.HealthStub(channel)
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
