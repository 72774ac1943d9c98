"""The services behind the gateway: one channel each, and the stubs that operations call through."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import grpc
from fastapi import Depends, Request
from google.protobuf.duration_pb2 import Duration
from leadline.crm.v1.record_service_pb2_grpc import RecordServiceStub
from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceStub
from leadline.leads.v1.document_service_pb2_grpc import DocumentServiceStub
from leadline.leads.v1.import_service_pb2_grpc import ImportServiceStub
from leadline.leads.v1.lead_service_pb2_grpc import LeadServiceStub
from leadline.leads.v1.product_line_service_pb2_grpc import ProductLineServiceStub
from leadline.leads.v1.scoring_service_pb2_grpc import ScoringServiceStub
from leadline.leads.v1.sla_service_pb2_grpc import SlaServiceStub
from leadline.leads.v1.team_service_pb2_grpc import TeamServiceStub
from leadline.leads.v1.timeline_service_pb2_grpc import TimelineServiceStub
from leadline.settings.v1.settings_service_pb2_grpc import SettingsServiceStub

from gateway.settings import GatewaySettings
from kit.context import current_principal
from kit.rpc.calls import call, open_channel, stream, upload

if TYPE_CHECKING:  # these types exist for the type checker only
    from leadline.crm.v1.record_service_pb2_grpc import RecordServiceAsyncStub
    from leadline.leads.v1.conversion_service_pb2_grpc import ConversionServiceAsyncStub
    from leadline.leads.v1.document_service_pb2_grpc import DocumentServiceAsyncStub
    from leadline.leads.v1.import_service_pb2_grpc import ImportServiceAsyncStub
    from leadline.leads.v1.lead_service_pb2_grpc import LeadServiceAsyncStub
    from leadline.leads.v1.product_line_service_pb2_grpc import ProductLineServiceAsyncStub
    from leadline.leads.v1.scoring_service_pb2_grpc import ScoringServiceAsyncStub
    from leadline.leads.v1.sla_service_pb2_grpc import SlaServiceAsyncStub
    from leadline.leads.v1.team_service_pb2_grpc import TeamServiceAsyncStub
    from leadline.leads.v1.timeline_service_pb2_grpc import TimelineServiceAsyncStub
    from leadline.settings.v1.settings_service_pb2_grpc import SettingsServiceAsyncStub

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


@dataclass(frozen=True, slots=True)
class Clients:
    """The stubs of all services, and how they are called."""

    leads: "LeadServiceAsyncStub"
    timeline: "TimelineServiceAsyncStub"
    sla: "SlaServiceAsyncStub"
    conversions: "ConversionServiceAsyncStub"
    team: "TeamServiceAsyncStub"
    documents: "DocumentServiceAsyncStub"
    imports: "ImportServiceAsyncStub"
    product_lines: "ProductLineServiceAsyncStub"
    scoring: "ScoringServiceAsyncStub"
    settings: "SettingsServiceAsyncStub"
    records: "RecordServiceAsyncStub"
    channels: dict[str, grpc.aio.Channel]
    call_seconds: float
    stream_seconds: float
    upload_seconds: float
    wait_seconds: float

    def longest_wait(self) -> Duration:
        """How long a call may wait for the end of what it begins: the ``max_wait`` of such calls."""
        wait = Duration()
        wait.FromMilliseconds(round(self.wait_seconds * 1000))
        return wait

    async def call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Asked, Answered],
        request: Asked,
        *,
        key: str | None = None,
        longer_by: float = 0.0,
    ) -> Answered:
        """Call a service in the name of the request's caller.

        Raises:
            LeadlineError: what the service answered, or that it is away.
        """
        token = current_principal().token
        seconds = self.call_seconds + longer_by
        return await call(method, request, token=token, timeout=seconds, idempotency_key=key)

    async def upload(
        self,
        method: grpc.aio.StreamUnaryMultiCallable[Asked, Answered],
        requests: AsyncGenerator[Asked],
        *,
        key: str | None = None,
    ) -> Answered:
        """Call a service with a request in parts, in the name of the request's caller. Closes ``requests``.

        Raises:
            LeadlineError: what the service answered, or that it is away.
        """
        token, seconds = current_principal().token, self.upload_seconds
        async with aclosing(requests):
            return await upload(method, requests, token=token, timeout=seconds, idempotency_key=key)

    def stream(
        self, method: grpc.aio.UnaryStreamMultiCallable[Asked, Answered], request: Asked
    ) -> AsyncGenerator[Answered]:
        """Call a service that answers in parts, in the name of the request's caller. Closing it ends the call.

        Raises:
            LeadlineError: what the service answered, or that it is away.
        """
        return stream(method, request, token=current_principal().token, timeout=self.stream_seconds)


@asynccontextmanager
async def open_clients(settings: GatewaySettings) -> AsyncIterator[Clients]:
    """Channels to all configured parts, open until the block ends. They connect when they are used."""
    addresses = {
        "leads": settings.leads_address,
        "settings": settings.settings_address,
        "crm": settings.crm_address,
        "relay": settings.relay_address,
        "worker": settings.worker_address,
        "temporal": settings.temporal_address,
    }
    async with AsyncExitStack() as opened:
        channels = {
            part: await opened.enter_async_context(open_channel(address))
            for part, address in addresses.items()
            if address is not None
        }
        leads = channels["leads"]
        yield Clients(
            leads=LeadServiceStub(leads),
            timeline=TimelineServiceStub(leads),
            sla=SlaServiceStub(leads),
            conversions=ConversionServiceStub(leads),
            team=TeamServiceStub(leads),
            documents=DocumentServiceStub(leads),
            imports=ImportServiceStub(leads),
            product_lines=ProductLineServiceStub(leads),
            scoring=ScoringServiceStub(leads),
            settings=SettingsServiceStub(channels["settings"]),
            records=RecordServiceStub(channels["crm"]),
            channels=channels,
            call_seconds=settings.call_timeout_seconds,
            stream_seconds=settings.stream_timeout_seconds,
            upload_seconds=settings.upload_timeout_seconds,
            wait_seconds=settings.convert_wait_seconds,
        )


async def _clients(request: Request) -> Clients:
    clients: Clients = request.app.state.clients
    return clients


Services = Annotated[Clients, Depends(_clients)]
