"""The crm service's commands, and the one place where it is put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
import typer
from leadline.crm.v1 import (
    conversion_record_service_pb2,
    conversion_record_service_pb2_grpc,
    placement_service_pb2,
    placement_service_pb2_grpc,
    record_service_pb2,
    record_service_pb2_grpc,
)

from crm_service.rpc.conversion_record_servicer import ConversionRecordServicer
from crm_service.rpc.placement_servicer import PlacementServicer
from crm_service.rpc.record_servicer import RecordServicer
from crm_service.settings import CrmSettings
from crm_service.store.tables import IDEMPOTENCY_KEYS, OPPORTUNITY_LINES
from kit import process
from kit.config import DatabaseSettings, read_settings
from kit.db import migrations
from kit.db.database import Database
from kit.db.housekeeping import keep_house
from kit.db.idempotency import Idempotency
from kit.logs import configure_logs
from kit.rpc.server import RpcServer, Served, serve_until
from kit.tokens import TokenVerifier

MIGRATIONS = Path(__file__).parent / "migrations"

app = typer.Typer(
    help="Owns accounts, contacts, opportunities and the product catalogue.", no_args_is_help=True, add_completion=False
)


@app.command()
def serve() -> None:
    """Serve gRPC on LEADLINE_LISTEN until asked to end."""
    settings = read_settings(CrmSettings)
    configure_logs("crm", settings.log_level)
    try:
        process.run(lambda stop: _serve(settings, stop))
    except OSError as error:
        raise SystemExit(str(error)) from None


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    settings = read_settings(DatabaseSettings)
    configure_logs("crm-migrate", settings.log_level)
    migrations.migrate(MIGRATIONS, settings.database_url.get_secret_value())


async def _serve(settings: CrmSettings, stop: asyncio.Event) -> None:
    async with crm_server(settings) as server:
        await serve_until(server, stop)


@asynccontextmanager
async def crm_server(settings: CrmSettings) -> AsyncIterator[RpcServer]:
    """One replica of the service, not yet started, with what runs beside it."""
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=settings.database_pool_size, application="leadline crm")
    idempotency = Idempotency(database, IDEMPOTENCY_KEYS)

    async def is_ready() -> bool:
        """Whether the database answers and has been migrated."""
        async with database.reading() as connection:
            await connection.execute(sa.select(OPPORTUNITY_LINES.c.id).limit(1))
        return True

    served = _served(database, idempotency)
    housekeeping = asyncio.create_task(keep_house(idempotency))
    try:
        yield RpcServer(settings.listen, served=served, verifier=TokenVerifier(settings), ready=is_ready)
    finally:
        housekeeping.cancel()
        await asyncio.gather(housekeeping, return_exceptions=True)
        await database.close()


def _served(database: Database, idempotency: Idempotency) -> list[Served]:
    return [
        Served(
            RecordServicer(database, idempotency),
            record_service_pb2_grpc.add_RecordServiceServicer_to_server,
            record_service_pb2.DESCRIPTOR.services_by_name["RecordService"],
        ),
        Served(
            ConversionRecordServicer(database),
            conversion_record_service_pb2_grpc.add_ConversionRecordServiceServicer_to_server,
            conversion_record_service_pb2.DESCRIPTOR.services_by_name["ConversionRecordService"],
        ),
        Served(
            PlacementServicer(database),
            placement_service_pb2_grpc.add_PlacementServiceServicer_to_server,
            placement_service_pb2.DESCRIPTOR.services_by_name["PlacementService"],
        ),
    ]
