"""Puts the leads service together: its gRPC server, its relay, its migrations."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import typer
from leadline.leads.v1 import (
    conversion_service_pb2,
    conversion_service_pb2_grpc,
    document_service_pb2,
    document_service_pb2_grpc,
    import_service_pb2,
    import_service_pb2_grpc,
    lead_service_pb2,
    lead_service_pb2_grpc,
    notification_service_pb2,
    notification_service_pb2_grpc,
    product_line_service_pb2,
    product_line_service_pb2_grpc,
    retirement_service_pb2,
    retirement_service_pb2_grpc,
    scoring_service_pb2,
    scoring_service_pb2_grpc,
    sla_service_pb2,
    sla_service_pb2_grpc,
    team_service_pb2,
    team_service_pb2_grpc,
    timeline_service_pb2,
    timeline_service_pb2_grpc,
)

from kit import process
from kit.clock import Clock, utc_now
from kit.config import DatabaseSettings, read_settings
from kit.db import migrations
from kit.db.database import Database, LongReads
from kit.db.housekeeping import keep_house
from kit.db.idempotency import Idempotency
from kit.db.waiting import Waiting
from kit.logs import configure_logs, get_logger
from kit.object_store import ObjectStore
from kit.rpc.calls import open_channel
from kit.rpc.server import RpcServer, Served, serve_until
from kit.tokens import ServiceToken, TokenVerifier
from leads_service.config_feed import ConfigurationFeed, ConfigurationHolder
from leads_service.domain.list_bounds import ListBounds
from leads_service.rpc.conversion_servicer import ConversionServicer
from leads_service.rpc.crm_client import CrmClient
from leads_service.rpc.document_servicer import DocumentServicer
from leads_service.rpc.import_servicer import ImportServicer
from leads_service.rpc.lead_servicer import LeadServicer
from leads_service.rpc.notification_servicer import NotificationServicer
from leads_service.rpc.product_line_servicer import ProductLineServicer
from leads_service.rpc.retirement_servicer import RetirementServicer
from leads_service.rpc.scoring_servicer import ScoringServicer
from leads_service.rpc.situation import Limits, Parts
from leads_service.rpc.sla_servicer import SlaServicer
from leads_service.rpc.team_servicer import TeamServicer
from leads_service.rpc.timeline_servicer import TimelineServicer
from leads_service.settings import LeadsSettings, RelaySettings
from leads_service.store.conversions import ENDED_CHANNEL
from leads_service.store.lead_list import Means
from leads_service.store.notifications import CHANNEL as NOTIFICATIONS_CHANNEL
from leads_service.store.tables import IDEMPOTENCY_KEYS
from leads_service.usecases.contents import keep_swept
from leads_service.usecases.counting import keep_counts
from leads_service.usecases.notifications import keep_recent
from leads_service.usecases.searching import keep_trigrams

MIGRATIONS = Path(__file__).parent / "migrations"
SERVICE_ID = UUID("0190c0de-0000-7000-8000-0000000001ea")
PERMISSIONS = ("configuration:watch", "conversion_records:match", "products:view")

app = typer.Typer(help="The leads service of Leadline.", no_args_is_help=True, add_completion=False)
log = get_logger(__name__)


@app.command()
def serve() -> None:
    """Serve gRPC until asked to end."""
    settings = read_settings(LeadsSettings)
    configure_logs("leads", settings.log_level)
    process.run(lambda stop: _serve(settings, stop))


@app.command()
def relay() -> None:
    """Start and signal workflows for what has been committed, until asked to end."""
    settings = read_settings(RelaySettings)
    configure_logs("relay", settings.log_level)
    # Temporal's client takes memory that a process which serves has no use for.
    from leads_service.relay_process import run_relay  # noqa: PLC0415

    process.run(lambda stop: run_relay(settings, stop))


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    settings = read_settings(DatabaseSettings)
    configure_logs("leads-migrate", settings.log_level)
    migrations.migrate(MIGRATIONS, settings.database_url.get_secret_value())


async def _serve(settings: LeadsSettings, stop: asyncio.Event) -> None:
    async with leads_server(settings) as server:
        await serve_until(server, stop)


@asynccontextmanager
async def leads_server(settings: LeadsSettings, clock: Clock = utc_now) -> AsyncIterator[RpcServer]:
    """The leads service with everything that it needs running beside it."""
    database = _database(settings, "leads")
    token = ServiceToken(settings, subject=SERVICE_ID, permissions=PERMISSIONS)
    holder, waiting = ConfigurationHolder(), Waiting(database, ENDED_CHANNEL)
    notified, ending = Waiting(database, NOTIFICATIONS_CHANNEL), asyncio.Event()
    idempotency = Idempotency(database, IDEMPOTENCY_KEYS)
    limits = Limits(settings.document_limit_bytes, settings.import_limit_bytes)
    lists = Means(ListBounds(settings.search_leads_max, settings.page_depth_max))
    objects = ObjectStore(settings.object_store_url)
    long_reads = LongReads(database.url, at_once=settings.lists_at_once, application="leadline lists")
    parts = Parts(database, idempotency, holder, clock, objects, limits, lists, long_reads)

    async def is_ready() -> bool:
        return holder.is_there and await database.is_reachable()

    async with open_channel(settings.settings_address) as settings_channel, open_channel(settings.crm_address) as crm:
        notifying = NotificationServicer(parts, notified, ending)
        served = _served(parts, CrmClient.on(crm, token), waiting, notifying)
        feed = ConfigurationFeed(holder, database, settings_channel, token, clock)
        sweeping = keep_swept(database, parts.objects, clock)
        keeping = (keep_house(idempotency), sweeping, keep_counts(database), keep_recent(database, clock))
        knowing = keep_trigrams(database, lists.trigrams)
        running = (feed.run(), waiting.run(), notified.run(), *keeping, knowing)
        beside = [asyncio.create_task(each) for each in running]
        try:
            verifier = TokenVerifier(settings)
            yield RpcServer(settings.listen, served=served, verifier=verifier, ready=is_ready, ending=ending)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await long_reads.close()
            await database.close()


def _served(parts: Parts, crm: CrmClient, waiting: Waiting, notifying: NotificationServicer) -> list[Served]:
    return [
        Served(
            LeadServicer(parts),
            lead_service_pb2_grpc.add_LeadServiceServicer_to_server,
            lead_service_pb2.DESCRIPTOR.services_by_name["LeadService"],
        ),
        Served(
            TimelineServicer(parts),
            timeline_service_pb2_grpc.add_TimelineServiceServicer_to_server,
            timeline_service_pb2.DESCRIPTOR.services_by_name["TimelineService"],
        ),
        Served(
            TeamServicer(parts),
            team_service_pb2_grpc.add_TeamServiceServicer_to_server,
            team_service_pb2.DESCRIPTOR.services_by_name["TeamService"],
        ),
        Served(
            ProductLineServicer(parts, crm),
            product_line_service_pb2_grpc.add_ProductLineServiceServicer_to_server,
            product_line_service_pb2.DESCRIPTOR.services_by_name["ProductLineService"],
        ),
        Served(
            DocumentServicer(parts),
            document_service_pb2_grpc.add_DocumentServiceServicer_to_server,
            document_service_pb2.DESCRIPTOR.services_by_name["DocumentService"],
        ),
        Served(
            SlaServicer(parts, waiting),
            sla_service_pb2_grpc.add_SlaServiceServicer_to_server,
            sla_service_pb2.DESCRIPTOR.services_by_name["SlaService"],
        ),
        Served(
            ConversionServicer(parts, crm, waiting),
            conversion_service_pb2_grpc.add_ConversionServiceServicer_to_server,
            conversion_service_pb2.DESCRIPTOR.services_by_name["ConversionService"],
        ),
        Served(
            ScoringServicer(parts),
            scoring_service_pb2_grpc.add_ScoringServiceServicer_to_server,
            scoring_service_pb2.DESCRIPTOR.services_by_name["ScoringService"],
        ),
        Served(
            ImportServicer(parts),
            import_service_pb2_grpc.add_ImportServiceServicer_to_server,
            import_service_pb2.DESCRIPTOR.services_by_name["ImportService"],
        ),
        Served(
            RetirementServicer(parts),
            retirement_service_pb2_grpc.add_RetirementServiceServicer_to_server,
            retirement_service_pb2.DESCRIPTOR.services_by_name["RetirementService"],
        ),
        Served(
            notifying,
            notification_service_pb2_grpc.add_NotificationServiceServicer_to_server,
            notification_service_pb2.DESCRIPTOR.services_by_name["NotificationService"],
        ),
    ]


def _database(settings: DatabaseSettings, application: str) -> Database:
    url = settings.database_url.get_secret_value()
    return Database(url, pool_size=settings.database_pool_size, application=f"leadline {application}")


if __name__ == "__main__":
    app()
