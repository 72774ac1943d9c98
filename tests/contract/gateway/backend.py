"""Real gRPC servers in place of the services, so that the gateway's own border can be looked at from both sides."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from leadline.crm.v1 import record_service_pb2, record_service_pb2_grpc
from leadline.leads.v1 import (
    conversion_service_pb2,
    conversion_service_pb2_grpc,
    document_service_pb2,
    document_service_pb2_grpc,
    import_service_pb2,
    import_service_pb2_grpc,
    lead_service_pb2,
    lead_service_pb2_grpc,
    product_line_service_pb2,
    product_line_service_pb2_grpc,
    scoring_service_pb2,
    scoring_service_pb2_grpc,
    sla_service_pb2,
    sla_service_pb2_grpc,
    team_service_pb2,
    team_service_pb2_grpc,
    timeline_service_pb2,
    timeline_service_pb2_grpc,
)
from leadline.settings.v1 import settings_service_pb2, settings_service_pb2_grpc

from kit.context import current_principal
from kit.rpc.guard import Context
from kit.rpc.server import RpcServer, Served
from kit.tokens import TokenVerifier
from tests.support import tokens

_SERVICES: dict[str, list[tuple[Any, Any, str]]] = {
    "leads": [
        (lead_service_pb2, lead_service_pb2_grpc, "LeadService"),
        (timeline_service_pb2, timeline_service_pb2_grpc, "TimelineService"),
        (sla_service_pb2, sla_service_pb2_grpc, "SlaService"),
        (conversion_service_pb2, conversion_service_pb2_grpc, "ConversionService"),
        (team_service_pb2, team_service_pb2_grpc, "TeamService"),
        (scoring_service_pb2, scoring_service_pb2_grpc, "ScoringService"),
        (product_line_service_pb2, product_line_service_pb2_grpc, "ProductLineService"),
        (document_service_pb2, document_service_pb2_grpc, "DocumentService"),
        (import_service_pb2, import_service_pb2_grpc, "ImportService"),
    ],
    "settings": [(settings_service_pb2, settings_service_pb2_grpc, "SettingsService")],
    "crm": [(record_service_pb2, record_service_pb2_grpc, "RecordService")],
}

METHODS = [
    method.name
    for modules in _SERVICES.values()
    for messages, _, name in modules
    for method in messages.DESCRIPTOR.services_by_name[name].methods
]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that arrived. ``sent`` has all its requests where it came in parts, as far as they came."""

    method: str
    request: Message
    metadata: dict[str, str]
    caller: str
    seconds_left: float
    sent: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Backend:
    """What arrived at the services, and what they are to answer: a list where the answer comes in parts."""

    calls: list[Call] = field(default_factory=list)
    answers: dict[str, Message | Exception | Sequence[Message | Exception]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    servers: list[RpcServer] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    # Uploads that have ended, whole or cut off.
    ended: list[str] = field(default_factory=list)
    # Calls are answered while this is set.
    open: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def call(self) -> Call:
        """The one call that arrived."""
        (only,) = self.calls
        return only

    def clear(self) -> None:
        """Forget what arrived and what was to be answered."""
        self.calls.clear()
        self.answers.clear()
        self.finished.clear()
        self.ended.clear()
        self.open.set()

    async def start(self) -> None:
        """Serve the three services, each on a free port."""
        for name, modules in _SERVICES.items():
            served = [self._served(*module) for module in modules]
            verifier = TokenVerifier(tokens.settings())
            server = RpcServer("127.0.0.1:0", served=served, verifier=verifier, ready=_is_ready)
            self.addresses[name] = await server.start()
            self.servers.append(server)

    async def stop(self) -> None:
        """End all servers."""
        for server in self.servers:
            await server.stop()

    def _served(self, messages: Any, stubs: Any, name: str) -> Served:
        descriptor: ServiceDescriptor = messages.DESCRIPTOR.services_by_name[name]
        methods = {method.name: self._handler(method) for method in descriptor.methods}
        servicer = type(f"Recording{name}", (getattr(stubs, f"{name}Servicer"),), methods)()
        return Served(servicer, getattr(stubs, f"add_{name}Servicer_to_server"), descriptor)

    def _handler(self, method: MethodDescriptor) -> Callable[..., Any]:
        name = method.name

        async def unary(_servicer: object, request: Message, context: Context) -> Message:
            self._arrived(name, request, context)
            return await self._answer(name)

        async def upload(_servicer: object, requests: AsyncIterator[Message], context: Context) -> Message:
            call = self._arrived(name, await anext(requests), context)
            try:
                if isinstance(self.answers[name], Exception):
                    return await self._answer(name)
                async for request in requests:
                    call.sent.append(request)
                return await self._answer(name)
            finally:
                self.ended.append(name)

        async def download(_servicer: object, request: Message, context: Context) -> AsyncIterator[Message]:
            self._arrived(name, request, context)
            try:
                for part in await self._parts(name):
                    if isinstance(part, Exception):
                        raise part
                    yield part
            finally:
                self.finished.append(name)

        return upload if method.client_streaming else download if method.server_streaming else unary

    def _arrived(self, method: str, request: Message, context: Context) -> Call:
        metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        caller = str(current_principal().user_id)
        call = Call(method, request, metadata, caller, context.time_remaining() or 0.0, [request])
        self.calls.append(call)
        return call

    async def _answer(self, method: str) -> Message:
        await self.open.wait()
        self.finished.append(method)
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, Message):
            raise TypeError(method)
        return answer

    async def _parts(self, method: str) -> Sequence[Message | Exception]:
        await self.open.wait()
        answer = self.answers[method]
        return [answer] if isinstance(answer, Message | Exception) else answer


async def _is_ready() -> bool:
    return True
