"""A real gRPC server whose methods answer what a test says, behind the guard that every service has."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from kit.context import request_id, workflow_id
from kit.errors import LeadlineError
from kit.rpc.guard import Context
from kit.rpc.server import RpcServer, Served
from kit.tokens import TokenVerifier
from tests.support import tokens

Answer = Message | LeadlineError | Callable[[Any], Message]
Add = Callable[[Any, grpc.aio.Server], None]


@dataclass(frozen=True)
class Call:
    """A call that came through the guard."""

    method: str
    request: Any
    request_id: str
    workflow_id: str
    idempotency_key: str


class Script:
    """What each method answers, and which calls came."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.calls: list[Call] = []

    def of(self, method: str) -> list[Any]:
        """The requests of one method."""
        return [call.request for call in self.calls if call.method == method]

    def __getattr__(self, method: str) -> Any:
        async def answer(request: Any, context: Context) -> Message:
            key = dict(context.invocation_metadata() or ()).get("idempotency-key", "")
            self.calls.append(Call(method, request, request_id.get(), workflow_id.get(), str(key)))
            said = self.answers[method]
            if isinstance(said, LeadlineError):
                raise said
            return said if isinstance(said, Message) else said(request)

        return answer


@asynccontextmanager
async def serving(script: Script, services: Sequence[tuple[Add, ServiceDescriptor]]) -> AsyncIterator[str]:
    """Serve the script as these services; the address."""

    async def ready() -> bool:
        return True

    served = [Served(script, add, descriptor) for add, descriptor in services]
    server = RpcServer("127.0.0.1:0", served=served, verifier=TokenVerifier(tokens.settings()), ready=ready)
    address = await server.start()
    try:
        yield address
    finally:
        await server.stop()
