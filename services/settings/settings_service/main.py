"""The settings service's commands, and the one place where it is put together."""

import asyncio
from pathlib import Path

import typer
from leadline.settings.v1 import configuration_service_pb2 as configuration
from leadline.settings.v1 import configuration_service_pb2_grpc as configuration_grpc
from leadline.settings.v1 import retirement_service_pb2 as retirement
from leadline.settings.v1 import retirement_service_pb2_grpc as retirement_grpc
from leadline.settings.v1 import settings_service_pb2 as settings_
from leadline.settings.v1 import settings_service_pb2_grpc as settings_grpc

from kit import process
from kit.config import DatabaseSettings, read_settings
from kit.db.database import Database
from kit.db.housekeeping import keep_house
from kit.db.idempotency import Idempotency
from kit.db.migrations import migrate as apply_migrations
from kit.db.waiting import Waiting
from kit.logs import configure_logs
from kit.rpc.server import RpcServer, Served
from kit.tokens import TokenVerifier
from settings_service.rpc.configuration_servicer import ConfigurationServicer
from settings_service.rpc.feed import ConfigurationFeed
from settings_service.rpc.retirement_servicer import RetirementServicer
from settings_service.rpc.settings_servicer import SettingsServicer
from settings_service.settings import SettingsServiceSettings
from settings_service.store.retirements import ENDED_CHANNEL
from settings_service.store.singles import read_revision
from settings_service.store.tables import IDEMPOTENCY_KEYS

MIGRATIONS = Path(__file__).parent / "migrations"

app = typer.Typer(no_args_is_help=True, help="Owns the configuration: pipelines, stages, lists, SLA policies.")


class SettingsService:
    """One replica of the service."""

    def __init__(self, settings: SettingsServiceSettings) -> None:
        url = settings.database_url.get_secret_value()
        self._database = Database(url, pool_size=settings.database_pool_size, application="leadline settings")
        self._idempotency = Idempotency(self._database, IDEMPOTENCY_KEYS)
        self._waiting = Waiting(self._database, ENDED_CHANNEL)
        self._feed = ConfigurationFeed(self._database)
        self._beside: list[asyncio.Task[None]] = []
        self._server = RpcServer(
            settings.listen, served=self._served(), verifier=TokenVerifier(settings), ready=self._is_ready
        )

    async def start(self) -> str:
        """Serve, and answer the address."""
        address = await self._server.start()
        self._feed.start()
        self._beside = [asyncio.create_task(each) for each in (self._waiting.run(), keep_house(self._idempotency))]
        return address

    async def stop(self) -> None:
        """End the streams, let the other calls end, let go of the database."""
        await self._feed.close()
        await self._server.stop()
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._database.close()

    def _served(self) -> list[Served]:
        return [
            Served(
                SettingsServicer(self._database, self._idempotency, self._waiting),
                settings_grpc.add_SettingsServiceServicer_to_server,
                settings_.DESCRIPTOR.services_by_name["SettingsService"],
            ),
            Served(
                RetirementServicer(self._database),
                retirement_grpc.add_RetirementServiceServicer_to_server,
                retirement.DESCRIPTOR.services_by_name["RetirementService"],
            ),
            Served(
                ConfigurationServicer(self._feed),
                configuration_grpc.add_ConfigurationServiceServicer_to_server,
                configuration.DESCRIPTOR.services_by_name["ConfigurationService"],
            ),
        ]

    async def _is_ready(self) -> bool:
        """Whether the database answers and has been migrated."""
        async with self._database.reading() as connection:
            return (await read_revision(connection)).revision > 0


@app.command()
def serve() -> None:
    """Serve gRPC on LEADLINE_LISTEN until asked to end."""
    settings = read_settings(SettingsServiceSettings)
    configure_logs("settings", settings.log_level)

    async def run(stop: asyncio.Event) -> None:
        service = SettingsService(settings)
        await service.start()
        await stop.wait()
        await service.stop()

    try:
        process.run(run)
    except OSError as error:
        raise SystemExit(str(error)) from None


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision; a new one gets the first configuration."""
    settings = read_settings(DatabaseSettings)
    configure_logs("settings-migrate", settings.log_level)
    apply_migrations(MIGRATIONS, settings.database_url.get_secret_value())
