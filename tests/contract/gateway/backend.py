"""Real gRPC servers in place of the services, so that the gateway's own border can be looked at from both sides."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from leadline.crm.v1 import record_service_pb2, record_service_pb2_grpc
from leadline.leads.v1 import (
    conversion_service_pb2,
    conversion_service_pb2_grpc,
    lead_service_pb2,
    lead_service_pb2_grpc,
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
    ],
    "settings": [(settings_service_pb2, settings_service_pb2_grpc, "SettingsService")],
    "crm": [(record_service_pb2, record_service_pb2_grpc, "RecordService")],
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that arrived."""

    method: str
    request: Message
    metadata: dict[str, str]
    caller: str
    seconds_left: float


@dataclass(slots=True)
class Backend:
    """What arrived at the services, and what they are to answer."""

    calls: list[Call] = field(default_factory=list)
    answers: dict[str, Message | Exception] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    servers: list[RpcServer] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
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
        methods = {method.name: self._handler(method.name) for method in descriptor.methods}
        servicer = type(f"Recording{name}", (getattr(stubs, f"{name}Servicer"),), methods)()
        return Served(servicer, getattr(stubs, f"add_{name}Servicer_to_server"), descriptor)

    def _handler(self, method: str) -> Callable[..., Any]:
        async def handle(_servicer: object, request: Message, context: Context) -> Message:
            metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
            caller = str(current_principal().user_id)
            self.calls.append(Call(method, request, metadata, caller, context.time_remaining() or 0.0))
            await self.open.wait()
            self.finished.append(method)
            answer = self.answers[method]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return handle


async def _is_ready() -> bool:
    return True
