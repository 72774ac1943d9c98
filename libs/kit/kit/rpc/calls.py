"""Calling another service: with a token, the request id and a deadline, and its errors come back as ours."""

from typing import TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kit.context import request_id
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
)


def open_channel(address: str) -> grpc.aio.Channel:
    """A channel to a service; it connects at its first call, and again whenever that is needed."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)


def call_metadata(token: str, idempotency_key: str | None = None) -> tuple[tuple[str, str], ...]:
    """The metadata that every call carries."""
    metadata = [("authorization", f"Bearer {token}")]
    if current := request_id.get():
        metadata.append(("x-request-id", current))
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


async def is_serving(channel: grpc.aio.Channel, service: str = "", *, timeout: float = 1.0) -> bool:  # noqa: ASYNC109
    """Whether the health service behind the channel says SERVING, within ``timeout`` seconds."""
    stub = health_pb2_grpc.HealthStub(channel)
    try:
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
